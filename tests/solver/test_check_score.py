"""The score: value − travel − floor − changes, term by term."""

import pytest

from solver.check import RULES, score, violations
from solver.instance import Need, Policy
from tests.solver.tiny import FULL, RUNNING, change, seats, tiny

VALUE, TRAVEL = 380, 7  # t1 of town goes to B on the coast; the missing pair coast → town costs nothing


def test_value_less_travel() -> None:
    assert score(tiny(), RUNNING, FULL) == VALUE - TRAVEL
    assert score(tiny(), [], []) == 0


@pytest.mark.parametrize(("percent", "short"), [(0, 0), (33, 0), (34, 1), (66, 1), (67, 2), (100, 2)])
def test_floor_is_rounded_up_and_counts_per_unit(percent: int, short: int) -> None:
    """North has three needs, one of them seated; south has one, seated."""
    instance = tiny(policy=Policy(floor_percent=percent, floor_penalty=1000))
    assert score(instance, ["A-1"], seats("1a A-1", "3a A-1")) == 130 - 1000 * short


def test_the_floor_counts_needs_of_courses_without_a_class() -> None:
    instance = tiny(policy=Policy(floor_percent=100, floor_penalty=1000))
    instance = change(instance, "classes", "B", course="a")
    assert score(instance, [], []) == -4000


def test_more_than_the_floor_earns_nothing() -> None:
    instance = tiny(policy=Policy(floor_percent=1, floor_penalty=1000))
    assert score(instance, RUNNING, FULL) == VALUE - TRAVEL


def test_every_seat_in_force_that_is_not_kept_costs() -> None:
    instance = tiny(current=tuple(seats("1a A-1", "2a A-2", "3a A-2")), policy=Policy(change_penalty=9))
    assert score(instance, RUNNING, FULL) == VALUE - TRAVEL - 18


def test_values_beyond_floating_point_are_exact() -> None:
    instance = tiny(needs=(Need("1a", "t1", "a", 10**17 + 1), Need("2a", "t2", "a", 1)))
    assert score(instance, ["A-1"], seats("1a A-1", "2a A-1")) == 10**17 + 2


def test_what_does_not_exist_earns_nothing() -> None:
    assert score(tiny(), ["A-1", "Z"], seats("1a A-1", "9z A-1", "2a Z")) == 100


def test_the_rules_are_those_of_the_table_in_its_order() -> None:
    assert [name for name, _ in RULES] == [
        "one-option", "eligible", "one-seat", "size", "budget", "clash", "prerequisite",
        "absence", "resource", "quota", "load", "pin", "ban", "changes",
    ]  # fmt: skip


def test_all_violations_are_told_at_once() -> None:
    instance = change(change(tiny(), "units", "south", max_absent=0), "funds", "province", budget=0)
    assert {v.rule for v in violations(instance, RUNNING, FULL)} == {"budget", "absence"}
