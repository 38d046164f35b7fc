"""The seats in force, those that must stay, and what no plan may run any more; `enrolments` provides them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from ..core.provided import Provided


@dataclass(frozen=True, slots=True)
class YearFigures:
    """What is in force in a year now, regardless of what runs planned.

    Attributes:
        classes: those that run.
        seats: attendances (lượt): the seats in them, including unanswered offers.
        people: the persons (người) behind these seats.
        offers: how many of the seats are unanswered offers.
    """

    classes: int = 0
    seats: int = 0
    people: int = 0
    offers: int = 0


@dataclass(frozen=True, slots=True)
class CalledOff:
    """Ids of classes and options that no plan may run.

    Classes: those that a planner called off. Options: those that their class left when it was moved, or can no
    longer use because it has begun in another one.
    """

    classes: frozenset[int] = frozenset()
    options: frozenset[int] = frozenset()


seats: Provided[[int], Sequence[tuple[int, int]]] = Provided(
    "(need id, option id) of every living seat of a round's needs, by need"
)
recorded: Provided[[int], Set[int]] = Provided(
    "needs of a round whose seats no plan takes away: the class's book has a mark, score or result of them"
)
ended: Provided[[], CalledOff] = Provided("what no plan may run any more")
figures: Provided[[int], YearFigures] = Provided("what is in force in a year now")
