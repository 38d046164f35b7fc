"""Rule `one-seat`: a need has at most one seat."""

from dataclasses import replace

from solver.instance.facts import Option
from tests.solver.tiny import TINY, broken, days

# Class D teaches `basic` as well, weeks after A.
TWO_CLASSES = replace(
    TINY,
    classes=(*TINY.classes, replace(TINY.classes[0], id="D", options=(Option("D-1", "halong", (days(30),)),))),
)


def test_one_seat_for_each_need() -> None:
    assert broken(TWO_CLASSES, "b1:A-1 b2:D-1 s1:B-1 s2:B-1") == []


def test_the_same_seat_twice() -> None:
    assert broken(TINY, "b1:A-1 b1:A-1") == [("one-seat", "b1")]


def test_seats_in_two_classes_of_the_course() -> None:
    assert broken(TWO_CLASSES, "b1:A-1 b1:D-1") == [("one-seat", "b1")]
