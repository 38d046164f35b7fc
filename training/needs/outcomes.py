"""Outcomes of needs: seats, plans in force, results. `enrolments` and `results` provide them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from ..core.i18n import day as as_day
from ..core.provided import Provided


@dataclass(frozen=True, slots=True)
class Failed:
    """A need whose person did not pass this class; the results were recognised on `day`."""

    code: str
    day: date

    @property
    def text(self) -> str:
        """Return the ground in words."""
        return str(_("did not pass class %(code)s on %(day)s", code=self.code, day=as_day(self.day)))


seats: Provided[[Collection[int]], dict[int, str]] = Provided(
    "need id → the class in which it has a seat; needs without one are left out"
)
decided_rounds: Provided[[], set[int]] = Provided("ids of the rounds that have a plan in force")
failed: Provided[[Collection[int] | None], dict[int, Failed]] = Provided(
    "need id → the class that its person did not pass; None: of all needs"
)
ends: Provided[[Collection[int]], dict[int, str]] = Provided(
    "need id → what became of it, in words: a seat, a course passed or not, a place in the queue, a reason"
)
