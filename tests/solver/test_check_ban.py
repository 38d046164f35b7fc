"""Rule `ban`: no banned pair is seated."""

from solver.instance import NeedClass
from tests.solver.tiny import RUNNING, seats, tiny, told

BANNED = tiny(bans=(NeedClass("1a", "A"),))


def test_seated_in_the_banned_class_in_whichever_option() -> None:
    assert told(BANNED, ["A-1"], seats("1a A-1")) == [("ban", "1a")]
    assert told(BANNED, ["A-2"], seats("1a A-2")) == [("ban", "1a")]


def test_other_needs_and_other_classes_are_free() -> None:
    assert told(BANNED, RUNNING, seats("2a A-1", "1b B-1")) == []
