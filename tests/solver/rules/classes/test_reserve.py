"""Rule `reserve`: the people of other units take no seat of a class that is kept for the units of a reserve."""

from dataclasses import replace

from solver.instance.facts import Instance, NeedClass, Reserve
from tests.solver.tiny import TINY, bent, broken, messages


def reserves(*of_a: Reserve, seats: int = 3) -> Instance:
    return bent(TINY, "classes", "A", reserves=of_a, min_seats=0, max_seats=seats)


def test_the_others_may_take_what_is_not_kept() -> None:
    assert broken(reserves(Reserve(("u2",), 1)), "b1:A-1 b2:A-1") == []


def test_the_others_may_not_take_what_is_kept() -> None:
    kept = reserves(Reserve(("u2",), 2))
    assert broken(kept, "b1:A-1 b2:A-1") == [("reserve", "A")]
    assert "needs 4 seats, with those that its reserves keep" in messages(kept, "b1:A-1 b2:A-1")


def test_who_it_is_kept_for_may_sit_there_and_beyond() -> None:
    assert broken(reserves(Reserve(("u1",), 1)), "b1:A-1 b2:A-1 b3:A-1") == []


def test_each_set_of_units_keeps_its_seats() -> None:
    both = reserves(Reserve(("u1",), 2), Reserve(("u2",), 1))
    assert broken(both, "b1:A-1 b2:A-1 b3:A-1") == []
    assert broken(reserves(Reserve(("u1",), 1), Reserve(("u2",), 2)), "b1:A-1 b2:A-1") == [("reserve", "A")]


def test_seats_that_nobody_claims_are_released_where_it_says_so() -> None:
    """One need of the unit could sit there, so that one of the two seats is released; banned, none is kept."""
    assert broken(reserves(Reserve(("u2",), 2, release=True)), "b1:A-1 b2:A-1") == []
    banned = replace(reserves(Reserve(("u2",), 2, release=True), seats=2), bans=(NeedClass("b3", "A"),))
    assert broken(banned, "b1:A-1 b2:A-1") == []
    assert broken(reserves(Reserve(("u2",), 2), seats=2), "b1:A-1") == [("reserve", "A")]


def test_a_class_that_does_not_run_keeps_nothing() -> None:
    assert broken(reserves(Reserve(("u2",), 3)), "") == []
