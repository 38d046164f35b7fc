"""The score: value − travel − floor shortfalls − changes."""

from dataclasses import replace

import pytest

from solver.check import score
from solver.instance.facts import Instance, Need, Policy, Seat, Trainee, Unit
from tests.solver.tiny import TINY, bent, points, seats


def test_an_empty_plan_scores_nothing() -> None:
    assert points(TINY, "") == 0


def test_values_add_up() -> None:
    assert points(TINY, "b1:A-1 s1:B-1 a1:C-1") == 700


def test_a_running_option_without_seats_earns_and_costs_no_points() -> None:
    assert points(TINY, "b1:A-1", "A-1 B-1") == 100


def test_travel_goes_from_the_place_of_the_unit_to_the_place_of_the_option() -> None:
    one_way = replace(TINY, travel={"halong": {"camph": 7}, "camph": {"halong": 2, "camph": 1}})
    assert points(one_way, "b1:A-2") == 100 - 7
    assert points(one_way, "b3:A-1") == 100 - 2
    assert points(one_way, "b3:A-2") == 100 - 1


def test_a_missing_pair_costs_nothing() -> None:
    assert points(replace(TINY, travel={"halong": {"elsewhere": 9}}), "b1:A-1 b3:A-1") == 200


def test_travel_may_cost_more_than_the_need_is_worth() -> None:
    assert points(replace(TINY, travel={"halong": {"halong": 130}}), "b1:A-1") == -30


# u1 has five needs and u2 two, of which x3 has no class: it counts all the same.
@pytest.mark.parametrize(
    ("percent", "seating", "missing"),
    [
        (0, "", 0),
        (1, "", 1 + 1),  # ⌈0.05⌉ and ⌈0.02⌉
        (20, "", 1 + 1),
        (21, "", 2 + 1),
        (50, "", 3 + 1),  # ⌈2.5⌉
        (51, "", 3 + 2),
        (100, "", 5 + 2),
        (60, "b1:A-1 b2:A-1 s1:B-1", 0 + 2),
        (61, "b1:A-1 b2:A-1 s1:B-1", 1 + 2),
        (100, "b3:A-1", 5 + 1),
        (50, "b3:A-1", 3 + 0),
    ],
)
def test_the_floor_rounds_up_and_counts_every_need(percent: int, seating: str, missing: int) -> None:
    policy = Policy(floor_percent=percent, floor_penalty=1000)
    assert points(replace(TINY, policy=policy), seating) == points(TINY, seating) - 1000 * missing


def test_more_than_the_floor_earns_nothing_and_helps_no_other_unit() -> None:
    policy = Policy(floor_percent=20, floor_penalty=1000)
    assert points(replace(TINY, policy=policy), "b1:A-1 b2:A-1 s1:B-1") == 400 - 1000


def test_the_floor_is_exact_in_large_units() -> None:
    """7 % of 100 is 7; in floating point 0.07 × 100 is a little more, and its ceiling 8."""
    trainees = tuple(Trainee(f"t{i}", "u1") for i in range(100))
    crowd = replace(
        TINY,
        trainees=trainees,
        needs=tuple(Need(f"n{i}", f"t{i}", "basic", 1) for i in range(100)),
        policy=Policy(floor_percent=7, floor_penalty=10),
    )
    assert score(crowd, ["A-1"], [Seat(f"n{i}", "A-1") for i in range(6)]) == 6 - 10
    assert score(crowd, ["A-1"], [Seat(f"n{i}", "A-1") for i in range(7)]) == 7


def test_a_unit_without_needs_has_no_floor() -> None:
    policy = Policy(floor_percent=100, floor_penalty=1000)
    empty = replace(TINY, units=(*TINY.units, Unit("u3", "halong")), policy=policy)
    assert points(empty, "") == -7000


def changed(penalty: int) -> Instance:
    return replace(TINY, current=tuple(seats("b1:A-1 s1:B-1")), policy=Policy(change_penalty=penalty))


def test_each_seat_that_is_not_kept_costs() -> None:
    assert points(changed(30), "b1:A-1 s1:B-1") == 300
    assert points(changed(30), "b1:A-2 s1:B-1") == 300 - 30
    assert points(changed(30), "") == -60
    assert points(changed(30), "b1:A-1 s1:B-1 s2:B-1") == 500
    assert points(changed(0), "") == 0


def test_all_parts_together() -> None:
    whole = replace(
        changed(30),
        travel={"halong": {"halong": 3, "camph": 5}, "camph": {"camph": 4}},
        policy=Policy(floor_percent=60, floor_penalty=150, change_penalty=30),
    )
    # Values 100 + 100 + 200, travel 5 + 4 + 3; u1 lacks one of three, u2 one of two; b1 moved.
    assert points(whole, "b1:A-2 b3:A-2 s1:B-1") == 400 - 12 - 2 * 150 - 30


def test_a_need_is_worth_its_value_once() -> None:
    assert points(bent(TINY, "needs", "b1", value=1), "b1:A-1 b1:A-1") == 1


def test_values_beyond_floating_point_are_exact() -> None:
    assert points(bent(TINY, "needs", "b1", value=10**17 + 1), "b1:A-1 b2:A-1") == 10**17 + 101


def test_what_does_not_exist_earns_nothing() -> None:
    assert points(TINY, "b1:A-1 z9:A-1 b2:Z", "A-1 Z") == 100
