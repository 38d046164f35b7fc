"""Rule `eligible`: a seat's option runs, and its class teaches the need's course."""

from solver.check import violations
from tests.solver.tiny import FULL, RUNNING, seats, tiny, told


def test_a_seat_in_a_running_class_of_the_course() -> None:
    assert told(tiny(), RUNNING, FULL) == []


def test_a_seat_in_an_option_that_does_not_run() -> None:
    assert told(tiny(), ["A-1"], seats("1a A-1", "2a A-2")) == [("eligible", "2a")]


def test_a_seat_in_a_class_of_another_course() -> None:
    assert told(tiny(), RUNNING, seats("1a A-1", "1b B-1", "2a B-1")) == [("eligible", "2a")]


def test_a_need_that_does_not_exist_is_told_in_words() -> None:
    (violation,) = violations(tiny(), ["A-1"], seats("1a A-1", "9z A-1"))
    assert (violation.rule, violation.where) == ("eligible", "9z")
    assert "does not exist" in violation.message


def test_an_option_that_no_class_has_is_told_in_words() -> None:
    (violation,) = violations(tiny(), ["A-1"], seats("1a A-1", "2a Z-9"))
    assert (violation.rule, violation.where) == ("eligible", "2a")
    assert "'Z-9'" in violation.message
