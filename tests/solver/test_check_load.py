"""Rule `load`: a trainee's days in class ≤ max_days."""

from tests.solver.tiny import FULL, RUNNING, change, march, option, tiny, told


def test_all_days_of_all_classes_count() -> None:
    assert told(change(tiny(), "trainees", "t1", max_days=10), RUNNING, FULL) == []
    assert told(change(tiny(), "trainees", "t1", max_days=9), RUNNING, FULL) == [("load", "t1")]


def test_weekends_inside_a_period_count_and_between_periods_do_not() -> None:
    instance = change(tiny(), "trainees", "t2", max_days=12)
    assert told(option(instance, "A-1", sessions=(march(2, 13),)), RUNNING, FULL) == []
    assert told(option(instance, "A-1", sessions=(march(2, 14),)), RUNNING, FULL) == [("load", "t2")]
    assert told(option(instance, "A-1", sessions=(march(2, 6), march(9, 15))), RUNNING, FULL) == []


def test_a_day_that_two_periods_cover_is_one_day() -> None:
    instance = change(tiny(), "trainees", "t2", max_days=5)
    assert told(option(instance, "A-1", sessions=(march(2, 5), march(4, 6))), RUNNING, FULL) == []
