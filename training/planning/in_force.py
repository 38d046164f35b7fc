"""Which seats are in force. They are kept downstream; `enrolments` tells them here: no import runs back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

SeatsOf = Callable[[int], Sequence[tuple[int, int]]]

_known: list[SeatsOf] = [lambda round_id: []]


def tell(seats_of: SeatsOf) -> None:
    """Let `seats_of` answer from now on.

    Args:
        seats_of: round id → (need id, option id) of every living seat of its needs, by need.
    """
    _known[:] = [seats_of]


def seats(round_id: int) -> Sequence[tuple[int, int]]:
    """(need id, option id) of every living seat of the round's needs."""
    return _known[0](round_id)
