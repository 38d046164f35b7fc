"""Rule `one-option`: of each class at most one option runs."""

from tests.solver.tiny import TINY, broken, messages


def test_one_option_of_each_class() -> None:
    assert broken(TINY, "b1:A-2 s1:B-1") == []


def test_no_option_at_all() -> None:
    assert broken(TINY, "") == []


def test_two_options_of_a_class() -> None:
    assert broken(TINY, "b1:A-1 b2:A-2") == [("one-option", "A")]
    assert "A-1, A-2" in messages(TINY, "b1:A-1 b2:A-2")


def test_an_option_that_does_not_exist() -> None:
    assert broken(TINY, "b1:A-1", "A-1 Z-9") == [("one-option", "Z-9")]


def test_an_option_listed_twice() -> None:
    assert broken(TINY, "b1:A-1", "A-1 A-1") == [("one-option", "A-1")]
