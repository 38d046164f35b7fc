"""Obstacles to one more seat in a class, and to giving up a seat: every rule is checked in turn."""

from __future__ import annotations

from collections.abc import Iterator

from solver.instance.facts import Need, Option, TrainingClass
from solver.rules.plan_state import Obstacle, PlanState
from solver.rules.table import BAN, BY_NAME, PREREQUISITE, REASON_ORDER

NOT_RUN = "not-run"  # no rule: the class of the option does not run in this plan
OUTRANKED = "outranked"  # no rule: others give the plan more points


def obstacles(state: PlanState, need: Need, option: Option) -> Iterator[Obstacle]:
    """Yield every rule that keeps `need`, which has no seat, out of `option`.

    They are in REASON_ORDER if the option runs; otherwise first what keeps it from running, and then what would
    keep the need out of it. For a class that does not run, the money of its minimum size is checked; whether
    enough people would come is not (`explain/candidates.py` does that).
    """
    yield from opening_obstacles(state, option)
    for rule in REASON_ORDER:
        yield from rule.obstacles(state, need, option)


def opening_obstacles(state: PlanState, option: Option) -> Iterator[Obstacle]:
    """Yield what keeps the option from running; nothing if it runs."""
    class_id = state.class_of[option.id].id
    running = state.runs.get(class_id)
    if running is option:
        return
    if running is None:
        yield Obstacle(NOT_RUN, class_id, option.id)
    for rule in BY_NAME.values():
        yield from rule.opening_obstacles(state, option)


def about_class(obstacle: Obstacle) -> bool:
    """Return whether the class itself cannot run, for any trainee."""
    return obstacle.rule == NOT_RUN or BY_NAME[obstacle.rule].about_class


def leaving_obstacles(state: PlanState, need_id: str) -> Iterator[Obstacle]:
    """Yield every rule that keeps the need's seat from being taken back."""
    for rule in BY_NAME.values():
        yield from rule.leaving_obstacles(state, need_id)


def class_obstacles(state: PlanState, need: Need, made: TrainingClass) -> list[Obstacle]:
    """Return every rule that keeps `need` out of the class, in REASON_ORDER; `outranked` if none does.

    For a class that does not run the option is not known: the obstacles common to all its options are returned.
    """
    running = state.runs.get(made.id)
    if running is not None:
        return list(obstacles(state, need, running)) or [Obstacle(OUTRANKED, made.id, running.id)]
    option = made.options[0]
    found = list(BAN.obstacles(state, need, option))
    trainee = state.trainees[need.trainee]
    unmet = [next(state.unmet_groups(trainee, each), None) for each in made.options]
    if all(group is not None for group in unmet):
        found.append(Obstacle(PREREQUISITE.name, made.id, option.id, courses=unmet[0] or ()))
    return [*found, Obstacle(NOT_RUN, made.id, option.id)]
