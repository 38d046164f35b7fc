"""Rule `resource`: no two running options share a resource on a day."""

from tests.solver.tiny import TINY, broken, days, messages, option

SHARED = option(option(TINY, "A-1", resources=("hall",)), "B-1", resources=("lecturer", "hall"))
SEATING = "b1:A-1 s2:B-1"


def test_the_hall_changes_hands_overnight() -> None:
    assert broken(option(SHARED, "B-1", sessions=(days(7, 9),)), SEATING) == []


def test_one_day_in_common() -> None:
    common = option(SHARED, "B-1", sessions=(days(6, 9),))
    assert broken(common, SEATING) == [("resource", "hall")]
    assert "'hall' on 2020-03-06" in messages(common, SEATING)


def test_other_resources_on_that_day() -> None:
    other = option(option(SHARED, "B-1", sessions=(days(2, 6),)), "B-1", resources=("lecturer",))
    assert broken(other, SEATING) == []


def test_an_option_that_does_not_run_needs_no_hall() -> None:
    assert broken(option(SHARED, "B-1", sessions=(days(2, 6),)), "b1:A-1") == []


def test_in_the_gap_of_another_class_the_hall_is_free() -> None:
    gap = option(SHARED, "A-1", sessions=(days(2, 3), days(5, 6)))
    assert broken(option(gap, "B-1", sessions=(days(4),)), SEATING) == []
    assert broken(option(gap, "B-1", sessions=(days(4, 5),)), SEATING) == [("resource", "hall")]


def test_a_class_without_seats_still_uses_its_hall() -> None:
    taken = option(SHARED, "B-1", sessions=(days(6, 9),))
    assert ("resource", "hall") in broken(taken, "b1:A-1", "A-1 B-1")
