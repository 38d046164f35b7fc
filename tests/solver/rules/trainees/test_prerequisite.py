"""Rule `prerequisite`: each group holds a completed course, or one whose seat ends before this option begins."""

from solver.instance.facts import Instance
from tests.solver.tiny import TINY, bent, broken, days, messages, option


def completed(*courses: str) -> Instance:
    return bent(TINY, "trainees", "t1", completed=courses)


def test_nothing_completed() -> None:
    assert broken(TINY, "a1:C-1") == [("prerequisite", "a1")]
    assert "completed none of [basic, old]" in messages(TINY, "a1:C-1")


def test_any_course_of_the_group_completed() -> None:
    assert broken(bent(completed("old"), "courses", "old"), "a1:C-1") == []
    assert broken(completed("skills"), "a1:C-1") == [("prerequisite", "a1")]


def test_every_group_must_be_met() -> None:
    both = bent(completed("old"), "courses", "advanced", prerequisites=(("basic", "old"), ("skills",)))
    assert broken(both, "a1:C-1") == [("prerequisite", "a1")]
    assert broken(both, "a1:C-1 s1:B-1") == []


def test_a_seat_that_ends_the_day_before() -> None:
    assert broken(option(TINY, "C-1", sessions=(days(7, 9),)), "b1:A-1 a1:C-1") == []


def test_a_seat_that_ends_on_the_first_day() -> None:
    same_day = option(TINY, "C-1", sessions=(days(6, 9),))
    assert broken(same_day, "b1:A-1 a1:C-1") == [("clash", "t1"), ("prerequisite", "a1")]


def test_the_last_day_counts_and_not_the_first() -> None:
    late_end = option(TINY, "A-1", sessions=(days(30), days(2, 3)))
    assert broken(late_end, "b1:A-1 a1:C-1") == [("prerequisite", "a1")]


def test_the_seat_of_somebody_else_does_not_help() -> None:
    assert broken(TINY, "b2:A-1 a1:C-1") == [("prerequisite", "a1")]


def test_an_empty_group_cannot_be_met() -> None:
    assert broken(bent(TINY, "courses", "basic", prerequisites=((),)), "b1:A-1") == [("prerequisite", "b1")]


def test_a_class_that_surrounds_the_other_begins_too_early() -> None:
    around = option(TINY, "C-1", sessions=(days(1), days(9, 10)))
    assert broken(around, "b1:A-1 a1:C-1") == [("prerequisite", "a1")]
