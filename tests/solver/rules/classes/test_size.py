"""Rule `size`: between `min_seats` and `max_seats` seats in a class that runs, none in the others."""

import pytest

from tests.solver.tiny import TINY, bent, broken, messages

EDGES = bent(TINY, "classes", "A", min_seats=2, max_seats=2)


def test_exactly_the_minimum_and_the_maximum() -> None:
    assert broken(EDGES, "b1:A-1 b2:A-1") == []


@pytest.mark.parametrize("seating", ["b1:A-1", "b1:A-1 b2:A-1 b3:A-1"])
def test_one_seat_too_few_or_too_many(seating: str) -> None:
    assert broken(EDGES, seating) == [("size", "A")]


def test_an_empty_class_needs_a_minimum_of_zero() -> None:
    assert broken(bent(TINY, "classes", "A", min_seats=0), "", "A-1") == []
    assert broken(TINY, "", "A-1") == [("size", "A")]


def test_a_class_that_does_not_run_has_no_seats() -> None:
    assert ("size", "A") in broken(TINY, "b1:A-1", "")
    assert "does not run" in messages(TINY, "b1:A-1", "")


def test_a_maximum_of_zero() -> None:
    nobody = bent(TINY, "classes", "A", min_seats=0, max_seats=0)
    assert broken(nobody, "", "A-1") == []
    assert broken(nobody, "b1:A-1") == [("size", "A")]
