"""What became of needs: seats, plans in force, results. They are known downstream; `enrolments` and `results` tell
them here, so that no import runs back."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from ..core.i18n import day as as_day


@dataclass(frozen=True)
class Outcomes:
    """
    Attributes:
        seats: need ids → need id → the class in which it has a seat; needs without one are left out.
        decided: ids of the rounds that have a plan in force.
    """

    seats: Callable[[Collection[int]], dict[int, str]]
    decided: Callable[[], set[int]]


@dataclass(frozen=True, slots=True)
class Failed:
    """A need whose person sat in this class and did not pass, recognised on `day`."""

    code: str
    day: date

    @property
    def text(self) -> str:
        """As a ground, in words."""
        return str(_("did not pass class %(code)s on %(day)s", code=self.code, day=as_day(self.day)))


_failed: list[Callable[[Collection[int] | None], dict[int, Failed]]] = [lambda need_ids: {}]
_ends: list[Callable[[Collection[int]], dict[int, str]]] = [lambda need_ids: {}]
_known = [Outcomes(seats=lambda need_ids: {}, decided=set)]


def tell(outcomes: Outcomes) -> None:
    """Let `outcomes` answer from now on."""
    _known[:] = [outcomes]


def seats(need_ids: Collection[int]) -> dict[int, str]:
    """Need id → the class in which it has a seat."""
    return _known[0].seats(need_ids) if need_ids else {}


def decided_rounds() -> set[int]:
    """Ids of the rounds that have a plan in force."""
    return _known[0].decided()


def tell_failed(read: Callable[[Collection[int] | None], dict[int, Failed]]) -> None:
    """Let `read` say which needs ended in a class that was not passed; None: of all needs."""
    _failed[:] = [read]


def tell_ends(read: Callable[[Collection[int]], dict[int, str]]) -> None:
    """Let `read` say in words what became of needs; those that nothing became of yet are left out."""
    _ends[:] = [read]


def ends(need_ids: Collection[int]) -> dict[int, str]:
    """Need id → what became of it: a seat, a course passed or not, a place in the queue, a reason…"""
    return _ends[0](need_ids) if need_ids else {}


def failed(need_ids: Collection[int] | None = None) -> dict[int, Failed]:
    """Need id → the class that its person did not pass; None: of all needs."""
    return _failed[0](need_ids) if need_ids is None or need_ids else {}
