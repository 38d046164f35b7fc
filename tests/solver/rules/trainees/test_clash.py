"""Rule `clash`: a trainee has at most one class on a day, and none on a `busy` day."""

from solver.instance.facts import Instance, Period
from tests.solver.tiny import TINY, bent, broken, days, messages, option


def busy(*periods: Period) -> Instance:
    return bent(TINY, "trainees", "t1", busy=periods)


def test_classes_on_days_that_follow_one_another() -> None:
    assert broken(option(TINY, "B-1", sessions=(days(7, 11),)), "b1:A-1 s1:B-1") == []


def test_the_last_day_of_one_is_the_first_of_the_other() -> None:
    touching = option(TINY, "B-1", sessions=(days(6, 10),))
    assert broken(touching, "b1:A-1 s1:B-1") == [("clash", "t1")]
    assert "2020-03-06" in messages(touching, "b1:A-1 s1:B-1")


def test_another_trainee_may_sit_there_on_that_day() -> None:
    assert broken(option(TINY, "B-1", sessions=(days(2, 6),)), "b1:A-1 s2:B-1") == []


def test_busy_on_the_days_around_the_class() -> None:
    assert broken(busy(days(1), days(7, 8)), "b1:A-1") == []


def test_busy_on_the_first_or_the_last_day() -> None:
    assert broken(busy(days(1, 2)), "b1:A-1") == [("clash", "t1")]
    assert broken(busy(days(6, 9)), "b1:A-1") == [("clash", "t1")]


def test_weekends_inside_a_period_count() -> None:
    fortnight = option(busy(days(7, 8)), "A-1", sessions=(days(2, 13),))
    assert broken(fortnight, "b1:A-1") == [("clash", "t1")]


def test_between_two_sessions_there_is_no_class() -> None:
    split = option(busy(days(5)), "A-1", sessions=(days(2, 4), days(6, 7)))
    assert broken(split, "b1:A-1") == []
    assert broken(option(split, "B-1", sessions=(days(5),)), "b2:A-1 s2:B-1") == []
    assert broken(option(split, "B-1", sessions=(days(5, 6),)), "b2:A-1 s2:B-1") == [("clash", "t2")]


def test_overlapping_sessions_of_one_option_are_no_clash() -> None:
    assert broken(option(TINY, "A-1", sessions=(days(2, 5), days(4, 6))), "b1:A-1") == []
