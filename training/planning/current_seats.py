"""Which seats are in force, which of them stay, and what no plan may run any more. All are kept downstream;
`enrolments` tells them here: no import runs back."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

SeatsOf = Callable[[int], Sequence[tuple[int, int]]]


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


_seats: list[SeatsOf] = [lambda round_id: []]
_recorded: list[Callable[[int], Set[int]]] = [lambda round_id: set()]
_ended: list[Callable[[], CalledOff]] = [CalledOff]
_figures: list[Callable[[int], YearFigures]] = [lambda year: YearFigures()]


def tell(
    seats_of: SeatsOf,
    recorded_of: Callable[[int], Set[int]],
    ended_now: Callable[[], CalledOff],
    figures_of: Callable[[int], YearFigures],
) -> None:
    """Let these answer from now on.

    Args:
        seats_of: round id → (need id, option id) of every living seat of its needs, by need.
        recorded_of: round id → needs of which the class's book has recorded something: they keep their seats.
        ended_now: what no plan may run any more.
        figures_of: year → what is in force in it.
    """
    _seats[:], _recorded[:], _ended[:], _figures[:] = [seats_of], [recorded_of], [ended_now], [figures_of]


def seats(round_id: int) -> Sequence[tuple[int, int]]:
    """(need id, option id) of every living seat of the round's needs."""
    return _seats[0](round_id)


def recorded(round_id: int) -> Set[int]:
    """Needs of the round whose seats no plan takes away: a mark, score or result stands in the class's book."""
    return _recorded[0](round_id)


def ended() -> CalledOff:
    """What no plan may run any more."""
    return _ended[0]()


def figures(year: int) -> YearFigures:
    """What is in force in a year now."""
    return _figures[0](year)
