"""Rule `absence`: per unit and day, trainees of the unit in class ≤ `max_absent`."""

from solver.instance.facts import Instance
from tests.solver.tiny import TINY, bent, broken, days, messages, option


def limit(of_u1: int | None) -> Instance:
    return bent(TINY, "units", "u1", max_absent=of_u1)


def test_as_many_as_allowed() -> None:
    assert broken(limit(2), "b1:A-1 b2:A-1") == []
    assert broken(limit(None), "b1:A-1 b2:A-1") == []


def test_one_too_many() -> None:
    assert broken(limit(1), "b1:A-1 b2:A-1") == [("absence", "u1")]
    assert "2 trainees in class from 2020-03-02 to 2020-03-06" in messages(limit(1), "b1:A-1 b2:A-1")


def test_nobody_may_leave() -> None:
    assert broken(limit(0), "b3:A-1") == []
    assert broken(limit(0), "b1:A-1 b3:A-1") == [("absence", "u1")]


def test_other_units_do_not_count() -> None:
    assert broken(limit(1), "b1:A-1 b3:A-1") == []


def test_one_common_day_of_two_classes_is_enough() -> None:
    assert broken(option(limit(1), "B-1", sessions=(days(7, 10),)), "b1:A-1 s2:B-1") == []
    assert broken(option(limit(1), "B-1", sessions=(days(6, 10),)), "b1:A-1 s2:B-1") == [("absence", "u1")]


def test_a_trainee_counts_once_on_a_day() -> None:
    twice = option(limit(1), "A-1", sessions=(days(2, 5), days(4, 6)))
    assert broken(twice, "b1:A-1") == []
    clashing = option(limit(1), "B-1", sessions=(days(2, 6),))
    assert broken(clashing, "b1:A-1 s1:B-1") == [("clash", "t1")]


def test_weekends_count() -> None:
    weekend = option(option(limit(1), "A-1", sessions=(days(2, 8),)), "B-1", sessions=(days(8, 9),))
    assert broken(weekend, "b1:A-1 s2:B-1") == [("absence", "u1")]
