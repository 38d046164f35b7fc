"""Rule `prerequisite`: every group is met by a course completed before, or taught to its end in this plan."""

from typing import Any

from solver.instance import Course, Instance
from tests.solver.tiny import RUNNING, change, march, option, seats, tiny, told

ALONE = seats("1b B-1")
BOTH = seats("1a A-1", "1b B-1")


def _b_requires(*groups: tuple[str, ...], **changes: Any) -> Instance:
    return tiny(courses=(Course("a"), Course("b", groups), Course("c"), Course("d")), **changes)


def _completed(instance: Instance, *courses: str) -> Instance:
    return change(instance, "trainees", "t1", completed=courses)


def test_completed_before() -> None:
    instance = _b_requires(("c",))
    assert told(_completed(instance, "c"), ["B-1"], ALONE) == []
    assert told(_completed(instance, "d"), ["B-1"], ALONE) == [("prerequisite", "1b")]


def test_any_course_of_a_group_will_do_but_every_group_must_be_met() -> None:
    instance = _b_requires(("a", "c"), ("d",))
    assert told(_completed(instance, "c", "d"), ["B-1"], ALONE) == []
    assert told(_completed(instance, "a", "c"), ["B-1"], ALONE) == [("prerequisite", "1b")]


def test_taught_in_this_plan_and_over_the_day_before() -> None:
    instance = option(_b_requires(("a",)), "B-1", sessions=(march(7, 9),))
    assert told(instance, RUNNING, BOTH) == []


def test_not_over_yet_when_the_class_begins() -> None:
    # the first block lies before A-1, the second after it: no day in common, and yet too early
    instance = option(_b_requires(("a",)), "B-1", sessions=(march(1, 1), march(9, 10)))
    assert told(instance, RUNNING, BOTH) == [("prerequisite", "1b")]


def test_another_persons_seat_does_not_help() -> None:
    assert told(_b_requires(("a",)), RUNNING, seats("2a A-1", "1b B-1")) == [("prerequisite", "1b")]


def test_an_empty_group_cannot_be_met() -> None:
    assert told(_b_requires(()), ["B-1"], ALONE) == [("prerequisite", "1b")]
