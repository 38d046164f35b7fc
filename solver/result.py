"""The result of a run of the optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from solver.instance.facts import Seat
from solver.search.trace import Trace


class Status(StrEnum):
    OPTIMAL = "OPTIMAL"  # the bound, rounded down, is the score
    FEASIBLE = "FEASIBLE"  # a plan; the time or the requested gap ended the run
    INFEASIBLE = "INFEASIBLE"  # proven: no plan keeps all rules
    NO_SOLUTION_IN_TIME = "NO_SOLUTION_IN_TIME"
    STOPPED = "STOPPED"  # the run was stopped; the best plan so far is given, if any
    FAILED = "FAILED"  # an error of the optimizer itself


@dataclass(frozen=True, slots=True)
class Plan:
    """The ids of the options that run, and who sits in them."""

    options: tuple[str, ...]
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One member of an irreducible set: without it, the others could all be kept.

    rule: a name of the table of rules; where: the ids concerned; words: both for a reader; lost: for
    `max_changes`, the fewest seats of the plan in force that cannot be kept (None: not known).
    """

    rule: str
    where: tuple[str, ...]
    words: str
    lost: tuple[Seat, ...] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """score and bound in points (None = none known); seconds since the start; history of (seconds, score,
    bound); conflict and message say why there is no plan; peak_mb of all processes together; trace repeats the run
    (`solve(…, follow=…)`); start_used: whether the given plan could be begun with (None: none was given).
    """

    status: Status
    solution: Plan | None
    score: int | None
    bound: int | None
    seconds: float
    history: tuple[tuple[float, int | None, int | None], ...] = ()
    conflict: tuple[Conflict, ...] = ()
    message: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    peak_mb: float = 0.0  # of all processes together, sampled
    trace: Trace | None = None
    start_used: bool | None = None

    @property
    def gap(self) -> float | None:
        """(bound − score) / max(1, |bound|); None without a plan or a bound."""
        return relative_gap(self.score, self.bound)


def relative_gap(score: int | None, bound: int | None) -> float | None:
    if score is None or bound is None:
        return None
    return (bound - score) / max(1, abs(bound))
