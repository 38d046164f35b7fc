"""Rule `one-seat`: a need has at most one seat."""

from solver.instance import Instance, Option, TrainingClass
from tests.solver.tiny import march, seats, tiny, told


def _twice_a_year() -> Instance:
    autumn = TrainingClass("C", "a", 1, 3, "province", 0, 0, (Option("C-1", "town", (march(23, 27),)),))
    return tiny(classes=(*tiny().classes, autumn))


def test_one_seat_in_either_class() -> None:
    assert told(_twice_a_year(), ["A-1", "C-1"], seats("1a A-1", "2a C-1")) == []


def test_a_seat_in_both() -> None:
    assert told(_twice_a_year(), ["A-1", "C-1"], seats("1a A-1", "1a C-1")) == [("one-seat", "1a")]


def test_the_same_seat_twice() -> None:
    assert told(tiny(), ["A-1"], seats("1a A-1", "1a A-1")) == [("one-seat", "1a")]
