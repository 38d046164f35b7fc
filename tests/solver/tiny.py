"""A plan of three trainees that every test of a rule bends a little: roomy, so that only the bent rule can break.

In March 2020 class A teaches `basic` (2–6, or as A-2 9–13), B `skills` (16–20), C `advanced` (23–27). t1 and t2
are of unit u1, t3 is of u2. Needs: b1 b2 b3 (basic), s1 s2 (skills), a1 (advanced), x3 (`lonely`, no class).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from solver.check import score, violations
from solver.instance.facts import Course, Fund, Instance, Need, Option, Period, Seat, Trainee, TrainingClass, Unit


def days(first: int, last: int | None = None) -> Period:
    """From one day of March 2020 to another, both included; one day alone."""
    return date(2020, 3, first), date(2020, 3, first if last is None else last)


def _class(name: str, course: str, *options: Option) -> TrainingClass:
    return TrainingClass(
        id=name,
        course=course,
        min_seats=1,
        max_seats=3,
        fund="province",
        fixed_cost=1000,
        seat_cost=10,
        options=options,
    )


TINY = Instance(
    name="tiny",
    funds=(Fund("province", 100_000), Fund("other", 0)),
    units=(Unit("u1", "halong"), Unit("u2", "camph")),
    resources=("hall", "lecturer"),
    courses=(
        Course("basic"),
        Course("old"),
        Course("skills"),
        Course("advanced", (("basic", "old"),)),
        Course("lonely"),
    ),
    classes=(
        _class("A", "basic", Option("A-1", "halong", (days(2, 6),)), Option("A-2", "camph", (days(9, 13),))),
        _class("B", "skills", Option("B-1", "halong", (days(16, 20),))),
        _class("C", "advanced", Option("C-1", "halong", (days(23, 27),))),
    ),
    trainees=(Trainee("t1", "u1"), Trainee("t2", "u1"), Trainee("t3", "u2")),
    needs=(
        Need("b1", "t1", "basic", 100),
        Need("b2", "t2", "basic", 100),
        Need("b3", "t3", "basic", 100),
        Need("s1", "t1", "skills", 200),
        Need("s2", "t2", "skills", 200),
        Need("a1", "t1", "advanced", 400),
        Need("x3", "t3", "lonely", 50),
    ),
)


def bent(instance: Instance, kind: str, identity: str, **changes: Any) -> Instance:
    """The instance with fields of one unit, class, trainee, … changed. kind: the list that holds it."""
    entries = getattr(instance, kind)
    assert any(each.id == identity for each in entries)
    changed = tuple(replace(each, **changes) if each.id == identity else each for each in entries)
    return replace(instance, **{kind: changed})


def option(instance: Instance, identity: str, **changes: Any) -> Instance:
    """The instance with fields of one option changed."""
    made = next(each for each in instance.classes if identity in {x.id for x in each.options})
    changed = tuple(replace(x, **changes) if x.id == identity else x for x in made.options)
    return bent(instance, "classes", made.id, options=changed)


def seats(text: str) -> list[Seat]:
    """«b1:A-1 s1:B-1»: who sits in which option."""
    return [Seat(*pair.split(":")) for pair in text.split()]


def _running(seating: list[Seat], running: str | None) -> list[str]:
    return list(dict.fromkeys(seat.option for seat in seating)) if running is None else running.split()


def broken(instance: Instance, seating: str, running: str | None = None) -> list[tuple[str, str]]:
    """Rule and place of every violation. running: the options that run; without it those that have seats."""
    taken = seats(seating)
    return [(each.rule, each.where) for each in violations(instance, _running(taken, running), taken)]


def messages(instance: Instance, seating: str, running: str | None = None) -> str:
    """What the checker says, one violation a line."""
    taken = seats(seating)
    return "\n".join(each.message for each in violations(instance, _running(taken, running), taken))


def points(instance: Instance, seating: str, running: str | None = None) -> int:
    """The score."""
    taken = seats(seating)
    return score(instance, _running(taken, running), taken)
