"""A first plan from what is given: pins and limits of changes, the plan in force, or any plan.

Where an empty plan is not allowed, the rules are added one by one (`conflict/irreducible.py`). The result is a
plan of as few seats as possible, or the reason why there is none. The remaining classes are then filled as in any
first plan.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from solver.instance.columns import NO_LIMIT, Bools, Columns, Ints
from solver.instance.facts import Instance, Seat
from solver.model.model import Model
from solver.result import Conflict, Plan
from solver.rules.table import FLOOR, TRAINEE_CHANGES
from solver.search.greedy import Seating, filled
from solver.search.kept_seats import Kept, contradiction, most_kept
from solver.search.rounding import keeps_rules, plan_score

_EXPLAINED = 5000  # seats in force whose rules are added one by one: more take minutes


def must_start(model: Model) -> bool:
    """Return whether the empty plan breaks a rule."""
    return bool((model.lower[~model.rows_where(lambda rule: rule is FLOOR)] > 0).any())


def positions(columns: Columns, plan: Plan) -> tuple[Ints, Ints]:
    """Return the positions of the plan's options and pairs, without seats that are no pair (forbidden alone)."""
    instance = columns.instance
    options = [option.id for training_class in instance.classes for option in training_class.options]
    option_at = {option: i for i, option in enumerate(options)}
    need_at = {need.id: i for i, need in enumerate(instance.needs)}
    width = max(1, len(options))
    seats = np.array([need_at[s.need] * width + option_at[s.option] for s in plan.seats], dtype=np.int64)
    runs = np.array(sorted(option_at[option] for option in plan.options), dtype=np.int64)
    return runs, np.flatnonzero(np.isin(columns.pair_need * width + columns.pair_option, seats))


def given_plan(model: Model, plan: Plan) -> tuple[Ints, Ints] | None:
    """Return the plan in positions, filled; None if this instance forbids it or does not know all of it."""
    columns = model.columns
    known = {option.id for training_class in columns.instance.classes for option in training_class.options}
    needs = {need.id for need in columns.instance.needs}
    if not known.issuperset(plan.options) or not needs.issuperset(seat.need for seat in plan.seats):
        return None
    runs, pairs = positions(columns, plan)
    if len(pairs) != len(plan.seats) or not keeps_rules(model, runs, pairs):
        return None
    return _filled_from(columns, runs, pairs)


def kept_by_hand(model: Model) -> tuple[Ints, Ints] | None:
    """Return the plan in force as far as it is still valid, filled greedily, in a fraction of a second.

    None if nothing is in force, or if seats that are no longer valid make it break a rule.
    """
    if not model.columns.pair_kept.any():
        return None
    plan = _kept_by_hand(model)
    return plan if plan is not None and keeps_rules(model, *plan) else None


def kept_plan(model: Model, by_hand: tuple[Ints, Ints] | None) -> tuple[Ints, Ints] | None:
    """Return the plan in force as far as it is still valid, filled; None if nothing is in force.

    It is the start of a re-plan. `by_hand` is the result of `kept_by_hand`. If it gives up a seat, the plan that
    keeps the most seats is computed too, and the better of the two is returned.
    """
    in_force = int(model.columns.pair_kept.sum())
    if in_force == 0:
        return None
    plans = [] if by_hand is None else [by_hand]
    if by_hand is None or model.columns.pair_kept[by_hand[1]].sum() < in_force:
        best = most_kept(model)
        if best is not None:
            plans.append(_filled_from(model.columns, best.runs, best.pairs))
    allowed = [plan for plan in plans if keeps_rules(model, *plan)]
    return max(allowed, key=lambda plan: plan_score(model, *plan), default=None)


def _kept_by_hand(model: Model) -> tuple[Ints, Ints] | None:
    """Return the plan without classes that have fewer seats than their minimum, and the rest seated again."""
    columns = model.columns
    least = columns.class_min[columns.option_class]
    given_up = np.zeros(len(columns.option_class), dtype=np.bool_)
    for _ in range(len(given_up) + 1):
        seating = _by_hand(columns, given_up)
        short = seating.runs & (np.array(seating.count) < least)
        if not short.any():
            return filled(seating).plan()
        given_up |= short
    return None


def forced_plan(model: Model) -> tuple[Ints, Ints] | tuple[Conflict, ...]:
    """Return positions of options and pairs of a maximal plan; or why there is none.

    1. Greedily: pins first, then the seats of the plan in force, then others up to the minimum sizes.
    2. If that breaks a rule: the most seats in force that can be kept, by an integer program.
    3. If those are too few, or there are only pins: by CP-SAT, rule after rule. Where thousands of seats are
       involved, only the lost seats are reported, not the rules.
    """
    from solver.conflict.irreducible import explain, too_many_changes  # only here: CP-SAT takes a second to import

    columns = model.columns
    instance = columns.instance
    limit = instance.policy.max_changes
    each = instance.policy.max_changes_per_trainee
    seating = _by_hand(columns)
    if keeps_rules(model, *seating.plan()):
        return filled(seating).plan()
    best = None if limit is None and each is None else most_kept(model)
    if best is not None and keeps_rules(model, best.runs, best.pairs):
        return _filled_from(columns, best.runs, best.pairs)
    answer: Plan | tuple[Conflict, ...] | None = None
    if best is not None and best.proven and limit is not None:
        asked, lost = _what_is_lost(model, best, limit)
        if len(asked.current) > _EXPLAINED:
            return (too_many_changes(limit, lost),)
        answer = explain(asked, lost)
    if answer is None and each is not None and len(instance.current) > _EXPLAINED:
        answer = explain(_with_moved_people(model))
    if answer is None or isinstance(answer, Plan):
        answer = explain(instance)
    if not isinstance(answer, Plan):
        return answer
    runs, pairs = positions(columns, answer)
    if not keeps_rules(model, runs, pairs):
        raise RuntimeError("the checker and the model disagree about a plan")
    return _filled_from(columns, runs, pairs)


def _filled_from(columns: Columns, runs: Ints, pairs: Ints) -> tuple[Ints, Ints]:
    seating = Seating(columns)
    seating.load(runs, pairs)
    return filled(seating).plan()


def _with_moved_people(model: Model) -> Instance:
    """Return the instance with the seats in force of few people: those who lose more of them than allowed in a
    plan that keeps the most. If these cannot be kept, there is no plan at all.
    """
    instance = model.columns.instance
    bound = model.rows_where(lambda rule: rule is TRAINEE_CHANGES)
    loose = replace(model, lower=np.where(bound, -NO_LIMIT, model.lower))
    best = most_kept(loose)
    if best is None:
        return instance
    trainee_of = {need.id: need.trainee for need in instance.needs}
    kept = _seats(model.columns, best.pairs)
    lost = Counter(trainee_of[seat.need] for seat in instance.current if seat not in kept)
    most = instance.policy.max_changes_per_trainee or 0
    return replace(
        instance, current=tuple(seat for seat in instance.current if lost[trainee_of[seat.need]] > most)
    )


def _seats(columns: Columns, pairs: Ints) -> set[Seat]:
    """Return pairs as seats."""
    instance = columns.instance
    options = [option.id for training_class in instance.classes for option in training_class.options]
    found = zip(columns.pair_need[pairs].tolist(), columns.pair_option[pairs].tolist(), strict=True)
    return {Seat(instance.needs[need].id, options[option]) for need, option in found}


def _what_is_lost(model: Model, best: Kept, limit: int) -> tuple[Instance, list[Seat]]:
    """Return the instance with few seats in force, too many of them lost, and the fewest lost seats of all.

    So few seats are explained at once, while the rules around thousands would be added one after another.
    """
    columns = model.columns
    instance = columns.instance
    kept = _seats(columns, best.pairs)
    lost = [seat for seat in instance.current if seat not in kept]
    impossible = set(instance.current) - _seats(columns, np.flatnonzero(columns.pair_kept))
    if len(impossible) <= limit:
        impossible |= _seats(columns, np.flatnonzero(contradiction(model, best, limit - len(impossible))))
    asked = tuple(seat for seat in instance.current if seat in impossible)
    return replace(instance, current=asked), lost


def _by_hand(columns: Columns, given_up: Bools | None = None) -> Seating:
    """Build a plan greedily: it may miss pins, or leave a class below its minimum. given_up: [O] never opened."""
    seating = Seating(columns)
    pinned = np.isin(columns.pair_need, columns.pins[:, 0])
    helping = np.isin(columns.pair_need, columns.support_need[np.isin(
        columns.support_group, np.flatnonzero(np.isin(columns.group_need, columns.pins[:, 0]))
    )])  # fmt: skip
    kept = columns.pair_kept > 0
    # seats of the plan in force first within each kind, and early ones first: they may be prerequisites
    useful = pinned | helping | kept
    if given_up is not None:
        useful &= ~given_up[columns.pair_option]
    wanted = np.flatnonzero(useful)
    kind = np.where(pinned | helping, 0, 1)
    order = np.lexsort((columns.option_first[columns.pair_option], ~kept, kind))
    for pair in order[np.isin(order, wanted)].tolist():
        option = int(columns.pair_option[pair])
        opened = seating.runs[option]
        if not opened:
            if not seating.could_open(option, int(columns.class_min[columns.option_class[option]])):
                continue
            seating.open(option)
        if not seating.add_if_fits(pair, gains=False) and not opened:
            seating.close(option)
    least = columns.class_min[columns.option_class]
    for option in np.flatnonzero(seating.runs).tolist():
        pairs = np.flatnonzero(columns.pair_option == option)
        for pair in pairs[np.argsort(-columns.pair_gain[pairs], kind="stable")].tolist():
            if seating.count[option] >= least[option]:
                break
            seating.add_if_fits(pair, gains=False)
    return seating
