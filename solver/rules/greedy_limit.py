"""A rule's check before each seat of a plan that grows seat by seat, kept up to date as seats come and go."""

from __future__ import annotations

from typing import Protocol


class SeatsSoFar(Protocol):
    """The growing plan, for rules to read. Positions are those of `Columns`.

    Attributes:
        option_of: need → the option in which it sits.
        seats_of: trainee → options in which they sit.
        runs_in: [C] the option in which each class runs, −1 for none.
        count: [O] seats of each option.
    """

    option_of: dict[int, int]
    seats_of: dict[int, list[int]]
    runs_in: list[int]
    count: list[int]


class GreedyLimit:
    """One rule's share of the question «could this seat be added, all rules kept?».

    Positions are those of `Columns`: a need, its trainee, the trainee's unit, the option, the option's class.
    """

    def allows(self, plan: SeatsSoFar, need: int, trainee: int, unit: int, option: int, kind: int) -> bool:
        """Return whether the seat could be added to the plan, whose option runs."""
        return True

    def seat(self, need: int, trainee: int, unit: int, option: int, kind: int, sign: int) -> None:
        """Record that a seat comes (1) or goes (−1)."""

    def allows_opening(self, plan: SeatsSoFar, option: int, kind: int, seats: int) -> bool:
        """Return whether the option, whose class does not run, could run with room for this number of seats."""
        return True

    def run(self, option: int, kind: int, sign: int) -> None:
        """Record that an option begins (1) or ends (−1) to run."""
