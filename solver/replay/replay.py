"""Solve again what a replay file holds, and say whether the same plan came out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from solver.instance.facts import Instance
from solver.instance.file import loads_instance
from solver.instance.solution_file import Solution, loads_solution
from solver.replay.file import ReplayFile
from solver.result import Plan, Result, Status
from solver.search.trace import NoTrace, Trace, read_trace
from solver.solve import OnProgress, solve
from solver.versions import MACHINE, made_with

_TIMES = 10.0  # a replay is given up after so many times the seconds of the run, …
_LEAST = 120.0  # … but not before so many seconds
_NO_PLAN = frozenset({Status.INFEASIBLE.value, Status.NO_SOLUTION_IN_TIME.value})


class Outcome(StrEnum):
    IDENTICAL = "identical"  # the same classes, everybody in the same seat
    SAME_SCORE = "same score"  # another plan of as many points
    SAME_END = "same end"  # neither has a plan, for the same reason
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay showed. sentences: for a reader, the answer first."""

    outcome: Outcome
    sentences: tuple[str, ...]

    @property
    def same(self) -> bool:
        return self.outcome is not Outcome.OTHER


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay file, read. trace: None if its run recorded none."""

    file: ReplayFile
    instance: Instance
    solution: Solution | None
    start: Solution | None
    trace: Trace | None


def opened(file: ReplayFile) -> Replay:
    """Return the file's parts. Raises InstanceError, SolutionError, NoTrace."""
    solution = None if file.solution is None else loads_solution(file.solution)
    start = None if file.start is None else loads_solution(file.start)
    told = None if solution is None else solution.further.get("trace")
    return Replay(file, loads_instance(file.instance), solution, start, None if told is None else read_trace(told))


def patience(file: ReplayFile) -> float:
    """Return the seconds after which a replay is given up, if its caller names none."""
    return max(_LEAST, _TIMES * (file.seconds or file.parameters.time_limit or 0.0))


def replay(
    given: Replay,
    *,
    limit: float,
    on_progress: OnProgress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Result, Verdict]:
    """Solve again, and compare.

    A run with a trace is followed up to the message that brought its plan, whatever ended it. Without a trace, a
    plan is sought with the same parameters until it has as many points. A run without a plan is made again within
    its own limit.

    limit: seconds after which it is given up.
    """
    file, began = given.file, time.monotonic()
    parameters = file.parameters
    reached: list[bool] = []
    untraced = given.solution is not None and given.trace is None

    def watched(seconds: float, score: int | None, bound: int | None) -> None:
        if untraced and score is not None and file.score is not None and score >= file.score:
            reached.append(True)
        if on_progress is not None:
            on_progress(seconds, score, bound)

    def ended() -> bool:
        return bool(reached) or (should_stop is not None and should_stop())

    ours = parameters.time_limit
    result = solve(
        given.instance,
        time_limit=limit if given.solution is not None or ours is None else min(limit, ours),
        gap=0.0 if given.solution is not None else parameters.gap,
        workers=parameters.workers,
        seed=parameters.seed,
        on_progress=watched,
        should_stop=ended,
        start=None if given.start is None else Plan(given.start.options, given.start.seats),
        follow=given.trace,
    )
    seconds = time.monotonic() - began
    early = ""
    if should_stop is not None and should_stop():
        early = f"The replay was stopped after {seconds:.0f} s, before it got as far as the run."
    elif seconds > 0.9 * limit:
        early = f"The replay was given up after {seconds:.0f} s, before it got as far as the run (--give-up S)."
    return result, _verdict(given, result, early)


def differences(recorded: dict[str, str]) -> list[str]:
    """Return what this machine has otherwise than the run's, one text each."""
    here = made_with()
    return [
        f"{name} {recorded.get(name, 'not recorded')}, here {version}"
        for name, version in here.items()
        if recorded.get(name) != version
    ]


def _verdict(given: Replay, result: Result, early: str) -> Verdict:
    """Compare. early: why the replay ended before it got as far as the run; empty if it did not."""
    if given.solution is None:
        return _without_plan(given, result)
    plan, theirs = result.solution, given.solution
    if plan is not None and set(plan.options) == set(theirs.options) and set(plan.seats) == set(theirs.seats):
        return Verdict(
            Outcome.IDENTICAL,
            (
                f"The same plan: {len(plan.options)} classes and {len(plan.seats)} seats, "
                f"every one as in the file; {result.score} points.",
                *_bound(given, result),
                *_conditions(given, came=True),
            ),
        )
    if plan is not None and result.score == given.file.score:
        return Verdict(
            Outcome.SAME_SCORE,
            (
                f"Another plan with the same score: {result.score} points; {_moved(plan, theirs)}.",
                *_conditions(given, came=False),
            ),
        )
    if plan is None:
        first = f"No plan came out: {result.message.strip() or result.status.value}."
    else:
        first = f"Not the same plan: {result.score} points instead of {given.file.score}; {_moved(plan, theirs)}."
    if early:
        return Verdict(Outcome.OTHER, (first, early))
    return Verdict(Outcome.OTHER, (first, *_conditions(given, came=False)))


def _bound(given: Replay, result: Result) -> list[str]:
    """Return what is proven, where that is other than in the run."""
    if result.bound == given.file.bound:
        return []
    return [f"The bound proven here is {result.bound}; then it was {given.file.bound}."]


def _moved(plan: Plan, theirs: Solution) -> str:
    ours, before = set(plan.seats), set(theirs.seats)
    return f"{len(ours - before)} of its {len(ours)} seats are not in the file's plan"


def _without_plan(given: Replay, result: Result) -> Verdict:
    told = given.file.status
    if told not in _NO_PLAN:
        return Verdict(Outcome.OTHER, (f"The run ended as {told} without a plan: there is nothing to compare.",))
    if result.status.value == told:
        first = {
            Status.INFEASIBLE.value: "Again no plan keeps all rules: proven.",
            Status.NO_SOLUTION_IN_TIME.value: "Again no plan was found in the time given.",
        }[told]
        return Verdict(Outcome.SAME_END, (first, *_conditions(given, came=True)))
    first = f"The run ended as {told}, the replay as {result.status.value}."
    return Verdict(Outcome.OTHER, (first, *_conditions(given, came=False)))


def _conditions(given: Replay, *, came: bool) -> list[str]:
    """Return what the same plan depends on and was not given here; came: it came out all the same."""
    told: list[str] = []
    recorded = dict(given.file.versions)
    found = differences(recorded)
    if found and came:
        told.append(f"It came out although something differs from the run: {'; '.join(found)}.")
    elif found:
        software = [one for one in found if one.split(" ", 1)[0] not in MACHINE]
        told.append(
            f"The run was made with {'other versions' if software else 'another machine'}, "
            f"and only the same ones promise the same plan: {'; '.join(found)}."
        )
    if came or given.solution is None:
        return told
    if given.trace is None and given.file.parameters.workers > 1:
        told.append(
            "The run is older than the recording of what its processes told one another: with several processes "
            "the clock decided that, so the same plan cannot be promised, only the same rules and policy."
        )
    elif given.trace is None:
        told.append("The run recorded no trace; with one process the plans come in the same order all the same.")
    if not told:
        told.append("Versions and machine are those of the run: this should not happen. Please report it.")
    return told


__all__ = ["NoTrace", "Outcome", "Replay", "Verdict", "opened", "patience", "replay"]
