"""Rule `load`: per trainee, days in class ≤ `max_days`."""

from solver.instance.facts import Instance
from tests.solver.tiny import TINY, bent, broken, days, messages, option


def most(max_days: int | None) -> Instance:
    return bent(TINY, "trainees", "t1", max_days=max_days)


def test_exactly_the_limit() -> None:
    assert broken(most(10), "b1:A-1 s1:B-1") == []
    assert broken(most(None), "b1:A-1 s1:B-1") == []


def test_one_day_too_many() -> None:
    assert broken(most(9), "b1:A-1 s1:B-1") == [("load", "t1")]
    assert "10 days; at most 9" in messages(most(9), "b1:A-1 s1:B-1")


def test_no_day_allowed() -> None:
    assert broken(most(0), "b2:A-1") == []
    assert broken(most(0), "b1:A-1") == [("load", "t1")]


def test_weekends_inside_a_period_count() -> None:
    assert broken(option(most(12), "A-1", sessions=(days(2, 13),)), "b1:A-1") == []
    assert broken(option(most(11), "A-1", sessions=(days(2, 13),)), "b1:A-1") == [("load", "t1")]


def test_a_day_in_two_sessions_counts_once() -> None:
    assert broken(option(most(5), "A-1", sessions=(days(2, 5), days(4, 6))), "b1:A-1") == []


def test_days_between_sessions_do_not_count() -> None:
    assert broken(option(most(2), "A-1", sessions=(days(2), days(6))), "b1:A-1") == []
    assert broken(option(most(1), "A-1", sessions=(days(2), days(6))), "b1:A-1") == [("load", "t1")]
