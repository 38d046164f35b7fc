"""What became of needs: seats and plans in force. They are known downstream; `enrolments` tells them here, so that
no import runs back."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcomes:
    """
    Attributes:
        seats: need ids → need id → the class in which it has a seat; needs without one are left out.
        decided: ids of the rounds that have a plan in force.
    """

    seats: Callable[[Collection[int]], dict[int, str]]
    decided: Callable[[], set[int]]


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
