"""Rule `pin`: each pinned need sits in its class."""

from solver.instance import NeedClass
from tests.solver.tiny import seats, tiny, told

PINNED = tiny(pins=(NeedClass("1a", "A"),))


def test_in_any_option_of_the_class() -> None:
    assert told(PINNED, ["A-1"], seats("1a A-1")) == []
    assert told(PINNED, ["A-2"], seats("1a A-2")) == []


def test_without_a_seat_though_the_class_runs() -> None:
    assert told(PINNED, ["A-1"], seats("2a A-1")) == [("pin", "1a")]


def test_nobody_else_is_bound() -> None:
    assert told(PINNED, ["A-1"], seats("1a A-1", "3a A-1")) == []
