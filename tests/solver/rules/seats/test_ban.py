"""Rule `ban`: no banned pair is seated."""

from dataclasses import replace

from solver.instance.facts import NeedClass
from tests.solver.tiny import TINY, broken

BANNED = replace(TINY, bans=(NeedClass("b1", "A"),))


def test_the_banned_pair_is_not_seated() -> None:
    assert broken(BANNED, "b2:A-1 s1:B-1") == []


def test_every_option_of_the_class_is_banned() -> None:
    assert broken(BANNED, "b1:A-1") == [("ban", "b1")]
    assert broken(BANNED, "b1:A-2") == [("ban", "b1")]


def test_pin_and_ban_of_one_pair_cannot_both_hold() -> None:
    both = replace(BANNED, pins=(NeedClass("b1", "A"),))
    assert broken(both, "b1:A-1") == [("ban", "b1")]
    assert broken(both, "") == [("pin", "b1")]
