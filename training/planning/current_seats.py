"""Which seats are in force, which of them stay, and what no plan may run any more: `enrolments` knows."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from ..core.provided import Provided


@dataclass(frozen=True, slots=True)
class YearFigures:
    """What is in force in a year now, whatever a run planned once.

    Attributes:
        classes: those that run.
        seats: attendances (lượt): the seats given in them, offers that nobody has answered yet included.
        people: the persons (người) behind these seats.
        offers: how many of the seats are such offers.
    """

    classes: int = 0
    seats: int = 0
    people: int = 0
    offers: int = 0


@dataclass(frozen=True, slots=True)
class CalledOff:
    """Ids of classes that were called off by hand, and of options that their class left when it was moved, or can
    no longer go to because it has begun in another one."""

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
