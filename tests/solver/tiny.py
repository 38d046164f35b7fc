"""A plan small enough to check in the head, and ways to change one thing in it.

Classes `A` (course `a`, option `A-1`, Monday 2 to Friday 6 March, option `A-2` a week later) and `B` (course
`b`, option `B-1`, 16 to 20 March). Trainees t1 and t2 of unit `north`, t3 of unit `south`; everyone needs `a`
(needs 1a, 2a, 3a), t1 also `b` (1b). FULL seats them all, and breaks nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from solver.check import violations
from solver.instance import (
    Course,
    Fund,
    Instance,
    Need,
    Option,
    Period,
    Policy,
    Seat,
    Trainee,
    TrainingClass,
    Unit,
)


def march(first: int, last: int) -> Period:
    return date(2020, 3, first), date(2020, 3, last)


def tiny(**changes: Any) -> Instance:
    """The plan, with some of its fields replaced."""
    instance = Instance(
        name="tiny",
        travel={"town": {"town": 0, "coast": 7}},
        funds=(Fund("province", 1000),),
        units=(Unit("north", "town"), Unit("south", "coast")),
        resources=("hall",),
        courses=(Course("a"), Course("b")),
        classes=(
            TrainingClass(
                "A", "a", 1, 3, "province", 100, 10,
                (Option("A-1", "town", (march(2, 6),)), Option("A-2", "town", (march(9, 13),))),
            ),
            TrainingClass("B", "b", 1, 3, "province", 200, 20, (Option("B-1", "coast", (march(16, 20),)),)),
        ),
        trainees=(Trainee("t1", "north"), Trainee("t2", "north"), Trainee("t3", "south")),
        needs=(
            Need("1a", "t1", "a", 100),
            Need("2a", "t2", "a", 50),
            Need("3a", "t3", "a", 30),
            Need("1b", "t1", "b", 200),
        ),
        policy=Policy(),
    )  # fmt: skip
    return replace(instance, **changes)


def change(instance: Instance, kind: str, identity: str, **changes: Any) -> Instance:
    """The instance with fields of one entry of a list replaced: change(tiny(), "units", "north", max_absent=1)."""
    entries = tuple(replace(x, **changes) if x.id == identity else x for x in getattr(instance, kind))
    return replace(instance, **{kind: entries})


def option(instance: Instance, identity: str, **changes: Any) -> Instance:
    """The instance with fields of one option replaced."""
    classes = tuple(
        replace(c, options=tuple(replace(o, **changes) if o.id == identity else o for o in c.options))
        for c in instance.classes
    )
    return replace(instance, classes=classes)


def seats(*pairs: str) -> list[Seat]:
    """seats("1a A-1", "1b B-1")"""
    return [Seat(*pair.split()) for pair in pairs]


RUNNING = ["A-1", "B-1"]
FULL = seats("1a A-1", "2a A-1", "3a A-1", "1b B-1")


def told(instance: Instance, options: list[str], given: list[Seat]) -> list[tuple[str, str]]:
    """Rule and place of every violation."""
    return [(violation.rule, violation.where) for violation in violations(instance, options, given)]
