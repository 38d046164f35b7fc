"""Rule `changes`: the number of `current` seats that are not kept ≤ `max_changes`."""

from dataclasses import replace

from solver.instance.facts import Instance, Policy
from tests.solver.tiny import TINY, broken, messages, seats


def in_force(max_changes: int | None) -> Instance:
    return replace(TINY, current=tuple(seats("b1:A-1 b2:A-1 s1:B-1")), policy=Policy(max_changes=max_changes))


def test_all_seats_kept() -> None:
    assert broken(in_force(0), "b1:A-1 b2:A-1 s1:B-1") == []


def test_one_seat_lost() -> None:
    assert broken(in_force(1), "b1:A-1 s1:B-1") == []
    assert broken(in_force(0), "b1:A-1 s1:B-1") == [("changes", "max_changes")]


def test_another_option_of_the_same_class_is_a_change() -> None:
    assert broken(in_force(2), "b1:A-2 b2:A-2 s1:B-1") == []
    assert broken(in_force(1), "b1:A-2 b2:A-2 s1:B-1") == [("changes", "max_changes")]


def test_a_new_seat_is_no_change() -> None:
    assert broken(in_force(0), "b1:A-1 b2:A-1 s1:B-1 s2:B-1 b3:A-1") == []


def test_the_empty_plan_changes_everything() -> None:
    assert broken(in_force(3), "") == []
    assert broken(in_force(2), "") == [("changes", "max_changes")]
    assert "3 seats of the plan in force are not kept" in messages(in_force(2), "")


def test_without_a_limit_everything_may_change() -> None:
    assert broken(in_force(None), "") == []
