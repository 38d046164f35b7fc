"""Rule `clash`: at most one class on a day, and none on a busy day."""

import pytest

from solver.instance import Period
from tests.solver.tiny import FULL, RUNNING, change, march, option, seats, tiny, told


@pytest.mark.parametrize(("sessions", "expected"), [
    ((march(7, 10),), []),  # the day after A-1 ends
    ((march(6, 10),), [("clash", "t1")]),  # its last day
    ((march(1, 1), march(7, 8)), []),  # around it
    ((march(1, 1), march(4, 4)), [("clash", "t1")]),
])  # fmt: skip
def test_two_classes(sessions: tuple[Period, ...], expected: list[tuple[str, str]]) -> None:
    instance = option(tiny(), "B-1", sessions=sessions)
    assert told(instance, RUNNING, FULL) == expected


@pytest.mark.parametrize(("busy", "expected"), [
    ((march(1, 1), march(7, 15)), []),
    ((march(1, 2),), [("clash", "t2")]),
    ((march(6, 8),), [("clash", "t2")]),
    ((march(4, 4),), [("clash", "t2")]),
])  # fmt: skip
def test_busy(busy: tuple[Period, ...], expected: list[tuple[str, str]]) -> None:
    assert told(change(tiny(), "trainees", "t2", busy=busy), RUNNING, FULL) == expected


def test_weekends_between_the_blocks_of_a_class_are_free() -> None:
    blocks = option(tiny(), "A-1", sessions=(march(2, 6), march(9, 13)))
    assert told(option(blocks, "B-1", sessions=(march(7, 8),)), RUNNING, FULL) == []


def test_other_people_may_sit_elsewhere_on_those_days() -> None:
    instance = option(tiny(), "B-1", sessions=(march(2, 6),))
    assert told(instance, RUNNING, seats("2a A-1", "3a A-1", "1b B-1")) == []
