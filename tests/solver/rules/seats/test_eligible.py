"""Rule `eligible`: a seat's option runs, and its class teaches the need's course."""

from tests.solver.tiny import TINY, broken, messages


def test_the_class_teaches_the_course_and_runs() -> None:
    assert broken(TINY, "s2:B-1") == []


def test_the_class_teaches_another_course() -> None:
    assert broken(TINY, "s2:A-1") == [("eligible", "s2")]
    assert "class 'A' teaches 'basic'" in messages(TINY, "s2:A-1")


def test_the_other_option_of_the_class_runs() -> None:
    assert broken(TINY, "b1:A-1 b2:A-2", "A-1") == [("eligible", "b2")]


def test_the_class_does_not_run() -> None:
    assert broken(TINY, "b1:A-1", "") == [("eligible", "b1"), ("size", "A")]


def test_a_need_that_does_not_exist() -> None:
    assert broken(TINY, "b1:A-1 b9:A-1") == [("eligible", "b9")]


def test_an_option_that_does_not_exist() -> None:
    assert broken(TINY, "b1:A-1 s1:Z-9", "A-1") == [("eligible", "s1")]
