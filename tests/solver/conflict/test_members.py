"""Each kind of rule in a conflict of its own; none has a member too many, and no smaller one exists."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from solver.conflict.irreducible import _plan, explain, fewest_changes
from solver.conflict.members import asked
from solver.generate.province import generate
from solver.instance.facts import Fund, Instance, Policy, Quota, Seat, Unit
from solver.result import Conflict, Plan, Status
from solver.rules.seat_variables import Member, SeatCatalogue
from solver.solve import solve
from tests.solver.conflict.test_irreducible import FIRST, SECOND, pins, province, sized
from tests.solver.shapes import shape


def halls(**changes: object) -> Instance:
    """The two classes need the one hall on a common day."""
    classes = tuple(
        replace(made, options=tuple(replace(option, resources=("hall",)) for option in made.options))
        for made in province().classes
    )
    return province(classes=classes, **changes)


def two_options() -> Instance:
    """X could run in March or later; a prerequisite wants it early, and t1 is away then."""
    first, second = province().classes
    late = replace(first.options[0], id="X-b", sessions=(SECOND,))
    away = replace(province().trainees[1], busy=((FIRST[0], FIRST[0]),))
    busy_late = replace(province().trainees[0], busy=((SECOND[1], SECOND[1]),))
    people = (busy_late, away, province().trainees[2])
    return province(classes=(replace(first, options=(*first.options, late)), second), trainees=people)


def quota() -> Instance:
    first, second = province().classes
    return province(classes=(replace(first, quotas=(Quota(("u",), 1),)), second))


CASES = {
    "pins of one need": (province(pins=pins("t0x X", "t0x Y")), {"pin", "eligible"}),
    "ban": (province(pins=pins("t0x X"), bans=pins("t0x X")), {"pin", "ban"}),
    "eligible": (province(pins=pins("t0x Y")), {"pin", "eligible"}),
    "clash": (province(pins=pins("t0x X", "t0y Y")), {"pin", "clash"}),
    "one-option": (replace(two_options(), pins=pins("t0x X", "t1x X")), {"pin", "clash", "one-option"}),
    "resource": (halls(pins=pins("t0x X", "t1y Y")), {"pin", "resource"}),
    "quota": (replace(quota(), pins=pins("t0x X", "t1x X")), {"pin", "quota"}),
    "size, too many": (province(classes=sized(1, 1), pins=pins("t0x X", "t1x X")), {"pin", "size"}),
    "size, too few": (province(classes=sized(9, 9), pins=pins("t0x X")), {"pin", "size"}),
    "budget": (province(funds=(Fund("province", 50),), pins=pins("t0x X")), {"pin", "budget"}),
    "absence": (province(units=(Unit("u", "a", 0),), pins=pins("t0x X")), {"pin", "absence"}),
    "changes": (
        province(current=(Seat("t0x", "X-a"), Seat("t0y", "Y-a")), policy=Policy(max_changes=0)),
        {"changes", "clash"},
    ),
    "changes and a pin": (
        province(current=(Seat("t0y", "Y-a"),), pins=pins("t0x X"), policy=Policy(max_changes=0)),
        {"changes", "clash", "pin"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_rule(name: str) -> None:
    instance, rules = CASES[name]
    answer = explain(instance)
    assert not isinstance(answer, Plan)
    assert {member.rule for member in answer} == rules
    needed(instance, answer)


def members_of(answer: tuple[Conflict, ...]) -> list[Member]:
    return [Member(each.rule, *each.where) for each in answer]


def needed(instance: Instance, answer: tuple[Conflict, ...]) -> None:
    """All together are impossible; without any one of them the others are not."""
    catalogue, members = SeatCatalogue(instance), members_of(answer)
    assert _plan(catalogue, members) is None
    for member in members:
        assert _plan(catalogue, [other for other in members if other != member]) is not None


@pytest.mark.parametrize("seed", range(0, 80, 2))
def test_no_smaller_conflict_exists(seed: int) -> None:
    """Every set with fewer members, of all pins and all rule instances there are, can be kept."""
    instance = shape(seed, pinned=True)
    answer = explain(instance)
    if isinstance(answer, Plan):
        return
    needed(instance, answer)
    catalogue = SeatCatalogue(instance)
    every: list[Member] = [
        *asked(instance),
        *(Member("size", made.id) for made in instance.classes),
        *(Member("one-option", made.id) for made in instance.classes),
        *(Member("quota", made.id) for made in instance.classes),
        *(Member("budget", fund.id) for fund in instance.funds),
        *(Member("absence", unit.id) for unit in instance.units if unit.max_absent is not None),
        *(Member("resource", name) for name in instance.resources),
        *(Member("ban", ban.need, ban.class_id) for ban in instance.bans),
    ]
    pinned = {pin.need for pin in instance.pins} | {seat.need for seat in instance.current}
    for need in instance.needs:
        if need.id in pinned:
            every += [
                Member("prerequisite", need.id),
                Member("one-seat", need.id),
                Member("clash", need.trainee),
            ]
            if catalogue.trainees[need.trainee].max_days is not None:
                every.append(Member("load", need.trainee))
    every = list(dict.fromkeys(every))
    for size in range(1, min(3, len(answer))):
        for some in combinations(every, size):
            assert _plan(catalogue, list(some)) is not None, some


def test_of_two_conflicts_the_smaller_is_told() -> None:
    """Three people pinned into a class of two seats, and one pinned where a ban forbids it."""
    instance = province(classes=sized(1, 2), pins=pins("t0x X", "t1x X", "t2x X", "t2y Y"), bans=pins("t2y Y"))
    answer = explain(instance)
    assert not isinstance(answer, Plan)
    assert {member.words for member in answer} == {
        "pin of need t2y to class Y",
        "ban of need t2y from class Y",
    }


def test_the_fewest_changes_are_named() -> None:
    """A class of three in force loses a place, and nobody may move: one of the three is named."""
    current = (Seat("t0x", "X-a"), Seat("t1x", "X-a"), Seat("t2x", "X-a"))
    instance = province(classes=sized(1, 2), current=current, policy=Policy(max_changes=0))
    lost = fewest_changes(SeatCatalogue(instance))
    assert lost is not None
    assert len(lost) == 1
    result = solve(instance, time_limit=30, workers=1)
    assert result.status is Status.INFEASIBLE
    told = next(member.words for member in result.conflict if member.rule == "changes")
    assert told.startswith("max_changes 0: at least 1 seat of the plan in force cannot be kept")
    assert any(f"need {seat.need} in X-a" in told for seat in current)
    assert solve(replace(instance, policy=Policy(max_changes=1)), time_limit=30, workers=1).solution is not None


def test_a_larger_plan_in_force_that_cannot_be_kept_is_explained_soon() -> None:
    instance = generate(trainees=700, classes=14, seed=5)
    first = solve(instance, time_limit=4, workers=1)
    assert first.solution is not None
    of = {option.id: made for made in instance.classes for option in made.options}
    seats = first.solution.seats
    fullest = max(instance.classes, key=lambda made: sum(of[seat.option].id == made.id for seat in seats))
    taken = sum(of[seat.option].id == fullest.id for seat in seats)
    shrunk = tuple(
        replace(made, min_seats=0, max_seats=taken - 2) if made.id == fullest.id else made
        for made in instance.classes
    )
    instance = replace(instance, classes=shrunk, current=seats, policy=replace(instance.policy, max_changes=0))
    result = solve(instance, time_limit=60, workers=1)
    assert result.status is Status.INFEASIBLE
    told = {member.rule: member.words for member in result.conflict}
    assert set(told) == {"changes", "size"}
    assert "at least 2 seats" in told["changes"]
    assert told["size"] == f"{fullest.id} size"
