"""Rule `size`: a class that runs has min_seats to max_seats seats; the others have none."""

import pytest

from tests.solver.tiny import change, seats, tiny, told

THREE = seats("1a A-1", "2a A-1", "3a A-1")


@pytest.mark.parametrize(("least", "most", "expected"), [
    (3, 3, []),
    (4, 5, [("size", "A")]),
    (0, 2, [("size", "A")]),
])  # fmt: skip
def test_three_seats(least: int, most: int, expected: list[tuple[str, str]]) -> None:
    instance = change(tiny(), "classes", "A", min_seats=least, max_seats=most)
    assert told(instance, ["A-1"], THREE) == expected


def test_a_running_class_may_be_empty_only_without_a_minimum() -> None:
    assert told(change(tiny(), "classes", "A", min_seats=0), ["A-1"], []) == []
    assert told(tiny(), ["A-1"], []) == [("size", "A")]


def test_a_class_that_does_not_run_has_no_seats() -> None:
    assert ("size", "A") in told(tiny(), [], seats("1a A-1"))
