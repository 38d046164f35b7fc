"""Rule `one-option`: of each class at most one option runs."""

from solver.check import violations
from tests.solver.tiny import FULL, RUNNING, seats, tiny, told


def test_one_option_of_each_class_may_run() -> None:
    assert told(tiny(), RUNNING, FULL) == []
    assert told(tiny(), ["A-2"], seats("1a A-2")) == []


def test_two_options_of_a_class_may_not() -> None:
    assert told(tiny(), ["A-1", "A-2"], seats("1a A-1", "2a A-2")) == [("one-option", "A")]


def test_an_option_counts_once_however_often_it_is_listed_and_that_is_told() -> None:
    assert told(tiny(), ["A-1", "A-1"], seats("1a A-1")) == [("one-option", "A-1")]


def test_an_option_that_no_class_has_is_told_in_words() -> None:
    (violation,) = violations(tiny(), ["A-1", "Z-9"], seats("1a A-1"))
    assert (violation.rule, violation.where) == ("one-option", "Z-9")
    assert "'Z-9'" in violation.message
