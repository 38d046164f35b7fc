"""`solve`: takes an instance, returns the best plan found and a proven bound.

Child processes compute (`stages.py`). This process reads their messages, keeps the best plan and the lowest bound,
and ends them: at the proof, at the requested gap, at the time limit, or on a stop.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, cast

import psutil

from solver.bounds.exact_bound import plain_bound
from solver.check import score as checked_score
from solver.check import violations
from solver.instance.columns import Columns, Ints, TooLarge, build_columns
from solver.instance.facts import Instance, Seat
from solver.large import decomposition
from solver.large.shares import divide
from solver.model.model import Model, build_model
from solver.model.scaling import scaled
from solver.result import Conflict, Plan, Result, Status, relative_gap
from solver.search.child_process import Child, Message, Origin, Post
from solver.search.rounding import keeps_rules, plan_score
from solver.search.stages import SMALL, Task, assist, lead, prove
from solver.search.trace import Follower, Trace, trace_of
from solver.search.warm_start import given_plan, kept_by_hand
from solver.versions import made_with

_TICK = 0.1  # seconds between two checks of the clock and of `should_stop`
_CHECK = 6.0  # upper estimate of the time for the check and ids, as a multiple of that for the arrays
_HEARTBEAT = 1.0  # seconds between two reports when nothing is new
OnProgress = Callable[[float, int | None, int | None], None]
Found = tuple[int, Ints, Ints, Origin | None]  # score, positions of options and pairs, message that brought it


def as_plan(columns: Columns, runs: Ints, pairs: Ints) -> Plan:
    """Return ids instead of positions, in the order of the instance."""
    instance = columns.instance
    options = [option.id for training_class in instance.classes for option in training_class.options]
    seats = zip(columns.pair_need[pairs].tolist(), columns.pair_option[pairs].tolist(), strict=True)
    return Plan(
        tuple(options[run] for run in runs.tolist()),
        tuple(Seat(instance.needs[need].id, options[option]) for need, option in sorted(seats)),
    )


def memory_of(children: list[Child]) -> float:
    """Return MB of this process and its children; shared pages count once."""
    total = 0
    for pid in (os.getpid(), *(child.pid for child in children)):
        try:
            total += psutil.Process(pid).memory_full_info().pss
        except psutil.Error:
            continue  # it has just ended
    return total / 1e6


class _Run:
    """The state of one call of `solve`."""

    def __init__(
        self,
        instance: Instance,
        started: float,
        deadline: float | None,
        gap: float,
        on_progress: OnProgress | None,
        on_stage: Callable[[str], None] | None,
        should_stop: Callable[[], bool] | None,
        follow: Trace | None = None,
    ) -> None:
        self.instance = instance
        self.started = started
        self.deadline = deadline
        self.gap = gap
        self.on_progress = on_progress
        self.on_stage = on_stage
        self.should_stop = should_stop
        self.follow = follow
        self.model: Model | None = None
        self.plans: list[Found] = []  # ascending scores; the last few
        self.followed: Found | None = None  # the plan of the earlier run
        self.bound: int | None = None
        self.bound_from: Origin | None = None
        self.taken: Counter[tuple[int, str]] = Counter()  # messages of each child and kind
        self.history: list[tuple[float, int | None, int | None]] = []
        self.message = ""
        self.reserve = 0.3  # seconds kept for the check at the end
        self.conflict: tuple[Conflict, ...] = ()
        self.peak = 0.0
        self.children: list[Child] = []
        self._last_report = 0.0
        self._last_sample = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def score(self) -> int | None:
        return self.plans[-1][0] if self.plans else None

    @property
    def proven(self) -> bool:
        return self.score is not None and self.bound is not None and self.bound <= self.score

    @property
    def good_enough(self) -> bool:
        if self.follow is not None:
            return self.proven and self.followed is not None
        gap = relative_gap(self.score, self.bound)
        return self.proven or (self.gap > 0 and gap is not None and gap <= self.gap)

    def report(self, news: bool) -> None:
        now = self.seconds
        if news:
            self.history.append((now, self.score, self.bound))
        if self.on_progress is not None and (news or now - self._last_report >= _HEARTBEAT):
            self._last_report = now
            self.on_progress(now, self.score, self.bound)

    def out_of_time(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def stopped(self) -> bool:
        return self.should_stop is not None and self.should_stop()

    def sample_memory(self) -> None:
        if self.seconds - self._last_sample < 0.5:
            return
        self._last_sample = self.seconds
        self.peak = max(self.peak, memory_of(self.children))

    def origin(self, child: int, kind: str) -> Origin:
        """Return the name of the next message of that kind from that child."""
        self.taken[child, kind] += 1
        return child, kind, self.taken[child, kind] - 1

    def followed_to_the_end(self) -> bool:
        """Whether the messages that brought the earlier run's plan and bound have come again."""
        if self.follow is None:
            return False
        return all(
            wanted is None or wanted[2] < self.taken[wanted[0], wanted[1]]
            for wanted in (self.follow.plan, self.follow.bound)
        )

    def take(self, message: Message, origin: Origin | None = None) -> bool:
        """Handle one message of a child; return True if the user should see it."""
        kind = message[0]
        model = self.model
        assert model is not None
        if kind == "bound":
            if self.bound is None or message[1] < self.bound:
                self.bound, self.bound_from = int(message[1]), origin
                return True
        elif kind == "plan":
            score = plan_score(model, message[1], message[2])
            wanted = self.follow is not None and origin is not None and origin == self.follow.plan
            better = self.score is None or score > self.score
            if (wanted or better) and keeps_rules(model, message[1], message[2]):
                found = (score, message[1], message[2], origin)
                self.followed = found if wanted else self.followed
                self.plans = [*self.plans[-4:], found] if better else self.plans
                return better
        elif kind == "stage" and self.on_stage is not None:
            self.on_stage(message[1])
        return False


def solve(
    instance: Instance,
    *,
    time_limit: float | None = 60.0,
    gap: float = 0.0,
    workers: int = 2,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_stage: Callable[[str], None] | None = None,
    start: Plan | None = None,
    follow: Trace | None = None,
) -> Result:
    """Return the best plan that the time allows, and a proven upper bound on every plan.

    time_limit: seconds from this call (None = until proven); gap: end when (bound − score) / max(1, |bound|) is at
    most this fraction; workers: processes that compute (1 or more); seed: of every random choice;
    on_progress(seconds, score, bound): called on this thread at every change and about once a second;
    should_stop(): called ten times a second, True ends the run; on_stage(name): the current stage; start: a plan
    to begin with: the result is never worse (a plan that breaks a rule of this instance is ignored); follow: the
    trace of an earlier run with the same instance, start, workers and seed: its way is taken again up to its plan
    and its bound, however long that takes here, at most `time_limit`.

    1. The instance as arrays and rows; a bound that needs no optimizing; the plan in force as far as it is still
       valid, so that a re-plan has at least that, however short its time.
    2. Children compute; plans and bounds are collected until an end condition holds.
    3. The best plan is checked by `check.py`, which shares nothing with the optimizer; a plan that breaks a
       rule is never returned.

    Nothing is raised for an instance that validated itself: an error becomes the status FAILED.
    """
    stands_in = scaled(instance)
    if stands_in is not None:
        found = solve(
            stands_in.instance,
            time_limit=time_limit,
            gap=gap,
            workers=workers,
            seed=seed,
            on_progress=None if on_progress is None else lambda at, _, __: on_progress(at, None, None),
            should_stop=should_stop,
            on_stage=on_stage,
            start=start,
            follow=follow,
        )
        return stands_in.result(found)
    started = time.monotonic()
    deadline = None if time_limit is None else started + time_limit
    run = _Run(instance, started, deadline, gap, on_progress, on_stage, should_stop, follow)
    try:
        columns = build_columns(instance)
        run.reserve = 0.3 + _CHECK * run.seconds
        model = build_model(columns)
    except TooLarge as error:
        return Result(Status.FAILED, None, None, None, run.seconds, message=str(error), versions=made_with())
    run.model = model
    run.bound = plain_bound(model)
    begin = None if start is None else given_plan(model, start)
    kept = kept_by_hand(model)
    for plan in (begin, kept):
        if plan is not None:
            run.take(("plan", *plan))
    if follow is not None and follow.plan is None and run.plans:
        run.followed = run.plans[-1]
    run.report(news=True)
    try:
        ending = _supervise(run, Task(model, seed, max(1, workers), begin, kept))
    finally:
        for child in run.children:
            child.kill()
    return replace(_finish(run, columns, ending), start_used=None if start is None else begin is not None)


def _jobs(task: Task) -> list[Callable[[Task, Post], None]]:
    """Return the jobs of the children, the leading one first."""
    division = divide(task.model)
    jobs: list[Callable[[Task, Post], None]]
    if division is not None:
        jobs = [partial(decomposition.lead, division), partial(decomposition.assist, division)]
    else:
        jobs = [lead, prove if task.model.pairs <= SMALL else assist]
    return jobs[:1] if task.workers == 1 or task.model.pairs == 0 else jobs


def _heard(run: _Run, child: Child, message: tuple[Any, ...], others: Sequence[Child]) -> str:
    """Act on a message of `child`: a question, a conflict, a plan, a bound; pass on what `others` can use.

    Returns:
        the end condition that holds now; "" if the run goes on.
    """
    if message[0] == "ask":
        child.asked(message[1])
        return ""
    if message[0] == "infeasible":
        run.conflict = message[1]
        return "infeasible"
    origin = run.origin(run.children.index(child), message[0])
    news = run.take(message, origin)
    if (message[0] == "plan" and (news or run.follow)) or message[0] in ("open", "part"):
        for other in others:
            other.tell(origin, message)
    if run.followed_to_the_end():
        return "followed"
    if news:
        run.report(news=True)
        if run.good_enough:
            return "proven" if run.proven else "gap"
    return ""


def _supervise(run: _Run, task: Task) -> str:
    """Read messages until an end condition holds.

    Returns:
        proven, gap, followed, time, stopped, infeasible, failed, or done.
    """
    if run.followed_to_the_end():
        return "followed"
    if run.good_enough:  # the given plan reaches the first bound: no message would be news
        return "proven" if run.proven else "gap"
    for number, job in enumerate(_jobs(task)):
        work = partial(job, task)
        talks = () if run.follow is None else run.follow.talks
        run.children.append(Follower(work, talks[number]) if number < len(talks) else Child(work))
    listening = {child.connection: child for child in run.children}
    if run.deadline is not None:
        run.deadline -= run.reserve
    failed = ""
    while True:
        if run.stopped():
            return "stopped"
        if run.out_of_time():
            return "time"
        for ready in wait(list(listening), timeout=_TICK):
            connection = cast("Connection[Any, Any]", ready)
            child = listening[connection]
            try:
                message = child.connection.recv()
            except (EOFError, OSError):
                del listening[connection]
                failed = failed or "a computing process was killed"
                continue
            if message[0] in ("done", "failed"):
                del listening[connection]
                failed = failed or (message[1] if message[0] == "failed" else "")
                if message[0] == "done" and child is run.children[0] and len(listening) == 0:
                    return "proven" if run.proven else "done"
                continue
            ending = _heard(run, child, message, [other for other in listening.values() if other is not child])
            if ending:
                return ending
        run.report(news=False)
        run.sample_memory()
        if run.follow is not None and listening and all(child.idle for child in listening.values()):
            return "done"  # it went another way: what they wait for does not come
        if not listening:
            if run.stopped():
                return "stopped"
            run.message = failed
            return "failed" if failed else "done"


def _finish(run: _Run, columns: Columns, ending: str) -> Result:
    plan, score, origin = None, None, None
    if run.followed is not None:
        run.plans.append(run.followed)
    while run.plans and plan is None:
        _, runs, pairs, origin = run.plans.pop()
        plan = as_plan(columns, runs, pairs)
        broken = violations(run.instance, plan.options, plan.seats)
        if broken:
            run.message = f"a plan was thrown away: {broken[0].message}"
            plan = None
        else:
            score = checked_score(run.instance, plan.options, plan.seats)
    bound = run.bound
    if score is not None and bound is not None and bound < score:
        run.message = f"a bound of {bound} was below the score"
        bound = None
    if ending == "infeasible":
        status, bound = Status.INFEASIBLE, None
    elif plan is not None and bound == score:
        status = Status.OPTIMAL
    elif ending == "stopped":
        status = Status.STOPPED
    elif plan is not None:
        status = Status.FEASIBLE
    elif ending == "time":
        status = Status.NO_SOLUTION_IN_TIME
    else:
        status = Status.FAILED
    run.history.append((run.seconds, score, bound))
    return Result(
        status=status,
        solution=plan,
        score=score,
        bound=bound,
        seconds=run.seconds,
        history=tuple(run.history),
        conflict=run.conflict,
        message=run.message,
        versions=made_with(),
        peak_mb=run.peak,
        trace=None if plan is None else trace_of(run.children, origin, run.bound_from),
    )
