"""Rule `pin`: each pinned need sits in its class."""

from dataclasses import replace

from solver.instance.facts import NeedClass
from tests.solver.tiny import TINY, broken, messages

PINNED = replace(TINY, pins=(NeedClass("b1", "A"),))


def test_any_option_of_the_class_will_do() -> None:
    assert broken(PINNED, "b1:A-1") == []
    assert broken(PINNED, "b1:A-2") == []


def test_no_seat() -> None:
    assert broken(PINNED, "") == [("pin", "b1")]
    assert broken(PINNED, "b2:A-1") == [("pin", "b1")]
    assert "pinned to class 'A'" in messages(PINNED, "")


def test_two_pins_of_one_need_cannot_both_be_kept() -> None:
    assert broken(replace(TINY, pins=(NeedClass("b1", "A"), NeedClass("b1", "B"))), "b1:A-1") == [("pin", "b1")]


def test_the_other_needs_are_free() -> None:
    assert broken(PINNED, "b1:A-1 s1:B-1") == []
