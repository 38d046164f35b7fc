"""Which seats are in force, and what no plan may run any more. Both are kept downstream; `enrolments` tells them
here: no import runs back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SeatsOf = Callable[[int], Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Ended:
    """Ids of classes that were called off by hand, and of options that their class left when it was moved."""

    classes: frozenset[int] = frozenset()
    options: frozenset[int] = frozenset()


_seats: list[SeatsOf] = [lambda round_id: []]
_ended: list[Callable[[], Ended]] = [Ended]


def tell(seats_of: SeatsOf, ended_now: Callable[[], Ended]) -> None:
    """Let these answer from now on.

    Args:
        seats_of: round id → (need id, option id) of every living seat of its needs, by need.
        ended_now: what no plan may run any more.
    """
    _seats[:], _ended[:] = [seats_of], [ended_now]


def seats(round_id: int) -> Sequence[tuple[int, int]]:
    """(need id, option id) of every living seat of the round's needs."""
    return _seats[0](round_id)


def ended() -> Ended:
    """What no plan may run any more."""
    return _ended[0]()
