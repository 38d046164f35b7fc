"""A feasible plan, spoilt at random in one known way: the checker names the rule, whatever the plan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.check import violations
from solver.generate.province import generate
from solver.instance.facts import Instance, NeedClass, Option, Quota, Seat
from solver.rules.obstacles import obstacles
from solver.rules.plan_state import PlanState

Plan = tuple[Instance, list[str], list[Seat]]


@cache
def _plan(seed: int) -> Plan:
    """A generated instance without minimum sizes, every class open, seated one need after another."""
    drawn = generate(trainees=60, classes=8, seed=seed, budget_percent=100)
    classes = tuple(replace(each, min_seats=0) for each in drawn.classes)
    instance = replace(drawn, classes=classes)
    running = [each.options[0].id for each in classes]
    seats: list[Seat] = []
    for need in sorted(instance.needs, key=lambda need: -need.value):
        state = PlanState(instance, running, seats)
        for each in classes:
            if each.course == need.course and not list(obstacles(state, need, each.options[0])):
                seats.append(Seat(need.id, each.options[0].id))
                break
    return instance, running, seats


def _spoil_one_seat(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    return instance, running, [*seats, random.choice(seats)]


def _spoil_eligible(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    closed = random.choice(seats).option
    return instance, [option for option in running if option != closed], seats


def _spoil_size(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    full = Counter(seat.option for seat in seats)
    chosen = random.choice(seats).option
    classes = tuple(
        replace(each, max_seats=full[chosen] - 1) if each.options[0].id == chosen else each
        for each in instance.classes
    )
    return replace(instance, classes=classes), running, seats


def _spoil_budget(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    spent: Counter[str] = Counter()
    full = Counter(seat.option for seat in seats)
    for each in instance.classes:
        spent[each.fund] += each.fixed_cost + each.seat_cost * full[each.options[0].id]
    chosen = random.choice([fund for fund in spent if spent[fund]])
    funds = tuple(replace(x, budget=spent[chosen] - 1) if x.id == chosen else x for x in instance.funds)
    return replace(instance, funds=funds), running, seats


def _with_trainee(plan: Plan, random: Random, change: Callable[[Instance, Seat], dict[str, Any]]) -> Plan:
    instance, running, seats = plan
    seat = random.choice(seats)
    trainee = next(need.trainee for need in instance.needs if need.id == seat.need)
    changes = change(instance, seat)
    trainees = tuple(replace(x, **changes) if x.id == trainee else x for x in instance.trainees)
    return replace(instance, trainees=trainees), running, seats


def _option(instance: Instance, identity: str) -> Option:
    return next(option for each in instance.classes for option in each.options if option.id == identity)


def _spoil_clash(plan: Plan, random: Random) -> Plan:
    def busy(instance: Instance, seat: Seat) -> dict[str, Any]:
        first, last = random.choice(_option(instance, seat.option).sessions)
        return {"busy": (random.choice([(first, first), (last, last), (first, last)]),)}

    return _with_trainee(plan, random, busy)


def _spoil_load(plan: Plan, random: Random) -> Plan:
    def limit(instance: Instance, seat: Seat) -> dict[str, Any]:
        sessions = _option(instance, seat.option).sessions
        return {"max_days": sum((last - first).days + 1 for first, last in sessions) - 1}

    return _with_trainee(plan, random, limit)


def _spoil_prerequisite(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    course = {need.id: need.course for need in instance.needs}[random.choice(seats).need]
    fresh = replace(instance.courses[0], id="unheard-of", prerequisites=())
    courses = tuple(
        replace(x, prerequisites=(("unheard-of",),)) if x.id == course else x for x in instance.courses
    )
    return replace(instance, courses=(*courses, fresh)), running, seats


def _spoil_absence(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    trainee_of = {need.id: need.trainee for need in instance.needs}
    unit_of = {trainee.id: trainee.unit for trainee in instance.trainees}
    together: dict[tuple[str, str], int] = defaultdict(int)
    for seat in seats:
        together[unit_of[trainee_of[seat.need]], seat.option] += 1
    (unit, _), people = random.choice(list(together.items()))
    units = tuple(replace(x, max_absent=people - 1) if x.id == unit else x for x in instance.units)
    return replace(instance, units=units), running, seats


def _spoil_resource(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    one, other = random.sample(instance.classes, 2)
    dates = one.options[0].sessions
    classes = tuple(
        replace(x, options=(replace(x.options[0], sessions=dates, resources=("hall",)),))
        if x in (one, other)
        else x
        for x in instance.classes
    )
    return replace(instance, classes=classes, resources=("hall",)), running, seats


def _spoil_quota(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    chosen = random.choice(seats).option
    full = Counter(seat.option for seat in seats)[chosen]
    everyone = Quota(tuple(unit.id for unit in instance.units), full - 1)
    classes = tuple(replace(x, quotas=(everyone,)) if x.options[0].id == chosen else x for x in instance.classes)
    return replace(instance, classes=classes), running, seats


def _pair(instance: Instance, seat: Seat) -> NeedClass:
    return NeedClass(seat.need, next(x.id for x in instance.classes if x.options[0].id == seat.option))


def _spoil_pin(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    gone = random.choice(seats)
    return replace(instance, pins=(_pair(instance, gone),)), running, [x for x in seats if x != gone]


def _spoil_ban(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    return replace(instance, bans=(_pair(instance, random.choice(seats)),)), running, seats


def _spoil_changes(plan: Plan, random: Random) -> Plan:
    instance, running, seats = plan
    lost = random.sample(seats, random.randint(1, len(seats)))
    policy = replace(instance.policy, max_changes=len(lost) - 1)
    return replace(instance, current=tuple(seats), policy=policy), running, [x for x in seats if x not in lost]


SPOILERS = {
    "one-seat": _spoil_one_seat,
    "eligible": _spoil_eligible,
    "size": _spoil_size,
    "budget": _spoil_budget,
    "clash": _spoil_clash,
    "prerequisite": _spoil_prerequisite,
    "absence": _spoil_absence,
    "resource": _spoil_resource,
    "quota": _spoil_quota,
    "load": _spoil_load,
    "pin": _spoil_pin,
    "ban": _spoil_ban,
    "changes": _spoil_changes,
}


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 5), rule=st.sampled_from(sorted(SPOILERS)), luck=st.integers(0, 2**32))
def test_a_spoilt_plan_is_caught_under_the_rule_that_it_breaks(seed: int, rule: str, luck: int) -> None:
    plan = _plan(seed)
    assert len(plan[2]) > 10
    assert violations(*plan) == []
    assert rule in {violation.rule for violation in violations(*SPOILERS[rule](plan, Random(luck)))}
