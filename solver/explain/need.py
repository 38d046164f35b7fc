"""One need in depth: its obstacles, and the smallest change of each kind that would seat it.

The numbers follow from the obstacles at once. The programs about moves run in a child process, one after another,
so that a time limit is kept; meanwhile the checker confirms what has been found. Kinds for which there was no time
are named.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from solver.check import score
from solver.explain.candidates import Explainer, alternatives, plain
from solver.explain.ejection_chains import Board
from solver.explain.exchanges import one_for_another
from solver.explain.reasons import reason_of
from solver.explain.smallest_changes import Change, FoundChange, amended, checked, lacking, of_one_kind
from solver.instance.facts import Need, Option
from solver.rules.amendment import Amendment
from solver.rules.classes.size import MINIMUM
from solver.rules.obstacles import leaving_obstacles
from solver.rules.plan_state import PlanState
from solver.rules.table import BUDGET, SIZE
from solver.search.child_process import Child, Post

NUMBERS = "numbers"  # a stage of the work; the others are the kinds of `_ORDER`
_OPENINGS = 6  # options of classes that do not run: the number tried, those that lack least money first
_ORDER = ("run", "chain", "exchange")
_CONFIRMING_SECONDS = 0.5  # of one change, until one has been confirmed
OnStage = Callable[[str], None]


def _nobody_watches(stage: str) -> None:
    """Ignore the stage."""


def in_depth(
    state: PlanState, need_id: str, seconds: float, on_stage: OnStage = _nobody_watches
) -> dict[str, Any]:
    """Return the whole answer for one need, as JSON (docs/explanations.md).

    Args:
        state: a plan that keeps all rules.
        need_id: a need of the instance, KeyError otherwise; with a seat it only gets its alternatives.
        seconds: the limit for the changes.
        on_stage: receives each stage as it begins: NUMBERS, then the kind of change that is looked for.
    """
    begin = time.monotonic()
    need = state.needs[need_id]
    options = tuple(option.id for option in state.runs.values())
    before = score(state.instance, options, state.seats())
    answer: dict[str, Any] = {
        "need": need.id,
        "trainee": need.trainee,
        "course": need.course,
        "value": need.value,
        "score": before,
    }
    if need.id in state.seated:
        answer["seat"] = state.option_by_need[need.id]
        answer["leaving"] = plain(tuple(leaving_obstacles(state, need.id)))
        answer["alternatives"] = plain(alternatives(state, need.id))
        return answer
    explainer = Explainer(state)
    answer["reason"] = reason_of(state, need).code
    answer["candidates"] = plain(explainer.candidates(need))
    changes, left_out = smallest_changes(state, need, begin + seconds, before, on_stage=on_stage)
    answer["changes"] = plain(changes)
    answer["left_out"] = left_out
    return answer


def smallest_changes(
    state: PlanState,
    need: Need,
    deadline: float,
    before: int,
    board: Board | None = None,
    on_stage: OnStage = _nobody_watches,
) -> tuple[list[Change], list[str]]:
    """Return the smallest change of each kind, confirmed by the checker, and the kinds there was no time for.

    Args:
        deadline: of `time.monotonic`.
        before: score of the plan.
        board: of the same state, to share it between needs.
        on_stage: as in `in_depth`.
    """
    on_stage(NUMBERS)
    explainer = Explainer(state)
    exchanged = one_for_another(explainer, need)
    questions = _questions(state, need, explainer, exchanged is None)
    child = Child(partial(_work, state, questions, board))
    changes: list[Change] = []
    took = _CONFIRMING_SECONDS  # the longest so far: time is left for those that are still to be confirmed

    def confirm(found: FoundChange) -> None:
        nonlocal took
        begin = time.monotonic()
        own = explainer.points(need, state.option_of[found.option])
        change = checked(state, before, need, own, found)
        if change is None:
            raise RuntimeError(f"the checker does not confirm a change of kind {found.kind!r} for {need.id!r}")
        changes.append(change)
        took = max(took, time.monotonic() - begin)

    open_kinds = dict.fromkeys(kind for kind, _ in questions)
    coming = iter(kind for kind, _ in questions)  # the child answers in this order
    left_out: list[str] = []
    try:
        for found in of_one_kind(state, need):
            confirm(found)
        if exchanged is not None:
            confirm(exchanged)
        waiting: dict[str, FoundChange] = {}
        while True:
            on_stage(next(coming, NUMBERS))
            left = deadline - time.monotonic() - took * (len(waiting) + 1)
            if not child.connection.poll(max(0.0, left)):
                left_out = list(open_kinds)
                break
            message = child.connection.recv()
            if message[0] == "failed":
                raise RuntimeError(message[1])
            if message[0] == "done":
                break
            _, kind, found_now, last = message
            if found_now is not None and _smaller(found_now, waiting.get(kind)):
                waiting[kind] = found_now
            if last:
                open_kinds.pop(kind, None)
        for kind in _ORDER:
            if kind in waiting:
                confirm(waiting[kind])
        if "chain" in waiting:  # nobody needs to lose a seat
            changes = [change for change in changes if change.kind != "exchange"]
    finally:
        child.kill()
    return changes, left_out


def _smaller(one: FoundChange, other: FoundChange | None) -> bool:
    def size(found: FoundChange) -> tuple[int, int]:
        return (
            sum(each.amount for each in found.amendments if each.side == MINIMUM),
            sum(each.amount for each in found.amendments if each.rule == BUDGET.name),
        )

    return other is None or size(one) < size(other)


_Question = Callable[[Board], FoundChange | None]


def _questions(state: PlanState, need: Need, explainer: Explainer, exchange: bool) -> list[tuple[str, _Question]]:
    """Return the programs to run, by kind; exchange: whether an exchange of several seats is wanted too."""
    asked: list[tuple[str, _Question]] = []
    closed = []
    for made in state.classes.get(need.course, ()):
        for option in () if made.id in state.runs else made.options:
            lack = lacking(state, need, option)
            if lack is not None and all(each.rule == BUDGET.name for each in lack):
                closed.append((sum(each.amount for each in lack), option))
    closed.sort(key=lambda pair: pair[0])
    enough = [
        option for _, option in closed if len(explainer.company(option)) >= state.class_of[option.id].min_seats
    ]
    rest = [option for _, option in closed if option not in enough]
    room = any(
        state.taken[made.id] < made.max_seats
        for made in state.classes.get(need.course, ())
        if made.id in state.runs
    )
    if room:  # else every seat of the course is taken by somebody who would keep one
        asked.append(("chain", lambda board: board.chain(need)))
    asked += [("run", partial(_opening, need, option)) for option in (*enough, *rest)[:_OPENINGS]]
    if closed and not enough:
        fullest = max((option for _, option in closed), key=lambda option: len(explainer.company(option)))
        asked.append(("run", partial(_smaller_class, need, fullest)))
    if exchange:
        asked.append(("exchange", lambda board: board.exchange(need)))
    if room:
        asked.append(("chain", lambda board: board.chain(need, everybody=True)))
    return asked


def _opening(need: Need, option: Option, board: Board) -> FoundChange | None:
    return board.opening(need, option)


def _smaller_class(need: Need, option: Option, board: Board) -> FoundChange | None:
    """Open the class with fewer people than its minimum, which is lowered as little as possible."""
    state = board.state
    made = state.class_of[option.id]
    if board.opening(need, option) is not None:
        return None
    options, seats = tuple(each.id for each in state.runs.values()), tuple(state.seats())

    def lowered(least: int) -> tuple[Amendment, Board]:
        amendment = SIZE.lowered(state.instance, made.id, least)
        return amendment, Board(PlanState(amended(state.instance, (amendment,)), options, seats))

    most = lowered(min(1, made.min_seats))[1].most_people(need, option)
    if most == 0:
        return None
    amendment, board = lowered(min(made.min_seats, most))
    found = board.opening(need, option)
    if found is None:
        return None
    return FoundChange(
        "run", found.option, found.options, found.seats, (amendment, *found.amendments), found.exact
    )


def _work(state: PlanState, questions: list[tuple[str, _Question]], given: Board | None, post: Post) -> None:
    if not questions:
        return
    board = Board(state) if given is None else given
    chained = False  # a chain among the people around the need exists: the others need not be searched
    for position, (kind, question) in enumerate(questions):
        last = kind not in [other for other, _ in questions[position + 1 :]]
        if kind == "chain" and chained:
            post.send("found", kind, None, last)
            continue
        found = question(board)
        chained = chained or (kind == "chain" and found is not None)
        post.send("found", kind, found, last)
