"""Rule `resource`: no two running options share a resource on a day."""

import pytest

from solver.instance import Instance, Period
from tests.solver.tiny import FULL, RUNNING, march, option, seats, tiny, told


def _one_hall(sessions: tuple[Period, ...]) -> Instance:
    instance = option(tiny(), "A-1", resources=("hall",))
    return option(instance, "B-1", resources=("hall",), sessions=sessions)


@pytest.mark.parametrize(("sessions", "expected"), [
    ((march(7, 9),), []),
    ((march(6, 9),), [("resource", "hall")]),
    ((march(1, 1), march(7, 9)), []),
])  # fmt: skip
def test_the_same_hall(sessions: tuple[Period, ...], expected: list[tuple[str, str]]) -> None:
    given = seats("2a A-1", "3a A-1", "1b B-1")
    assert told(_one_hall(sessions), RUNNING, given) == expected


def test_different_halls_on_the_same_days() -> None:
    instance = tiny(resources=("hall", "annexe"))
    instance = option(instance, "A-1", resources=("hall",))
    instance = option(instance, "B-1", resources=("annexe",), sessions=(march(2, 6),))
    assert told(instance, RUNNING, seats("2a A-1", "1b B-1")) == []


def test_an_option_that_does_not_run_takes_no_hall() -> None:
    instance = option(_one_hall((march(9, 13),)), "A-2", resources=("hall",))
    assert told(instance, RUNNING, FULL) == []
