"""Finds pins and bans that no plan can satisfy, without the optimizer, from the rows of their people and classes.

Contradictions that only a search can find are reported by the run (`runs/conflicts.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _

from solver.instance import facts as solver_format

from ...budgets.models import Fund
from ...classes.models import OptionSession, TrainingClass
from ...classes.queries import spendable
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import money, number, today
from ...courses.models import Course
from ...needs.models import PLANNED, Need
from ...people.models import Employee, Place, Unit
from .. import current_seats, snapshot
from ..models import NeedSetKind, Pin, PinKind, Plan
from ..need_sets import queries
from ..rules.reserve_claims import has_begun, with_seats_kept

_Days = Sequence[tuple[date, date]]


class Decision(NamedTuple):
    """A pin or a ban."""

    need_id: int
    class_id: int
    kind: str


def of_plan(plan: Plan) -> list[Decision]:
    """Return the pins and bans of the plan."""
    rows = db.session.execute(
        sa.select(Pin.need_id, Pin.class_id, Pin.kind).where(Pin.plan_id == plan.id).order_by(Pin.id)
    )
    return [Decision(row.need_id, row.class_id, row.kind) for row in rows]


def contradictions_of_sets(
    plan: Plan, decisions: Collection[Decision], sets: Sequence[queries.Decided]
) -> dict[str, list[str]]:
    """Return the name of each of `sets` that contradicts these decisions → why, one sentence per reason."""
    if not decisions or not sets:
        return {}
    try:
        return _by_set(_Facts(plan, decisions), sets)
    except Refused:
        return {}  # the decisions contradict the data; that is reported where they are made


def contradictions(
    plan: Plan, decisions: Collection[Decision], sets: Sequence[queries.Decided] | None = None
) -> list[str]:
    """Return why no plan could satisfy all of these decisions, one sentence per reason; empty if none is found.

    The sentences name people and classes. The checks are quick and incomplete.

    Args:
        sets: "together" and "apart" sets; None: those of the plan.
    """
    if not decisions:
        return []
    try:
        facts = _Facts(plan, decisions)
    except Refused as refused:
        return [fault.message for fault in refused.faults]
    found = [
        *_one_by_one(facts),
        *_per_person(facts),
        *_per_class(facts),
        *_per_unit(facts),
        *_per_resource(facts),
        *_per_fund(facts),
        *_per_set(facts, queries.of_plan(plan) if sets is None else sets),
    ]
    return list(dict.fromkeys(str(sentence) for sentence in found))


@dataclass(frozen=True, slots=True)
class _Pinned:
    """A need that is pinned to a class."""

    need: Any
    made: solver_format.TrainingClass
    row: TrainingClass


class _Facts:
    """The rows that the decisions refer to."""

    def __init__(self, plan: Plan, decisions: Collection[Decision]) -> None:
        self.plan, self.decisions = plan, decisions
        self.ended = current_seats.ended()
        units = db.session.execute(
            sa.select(Unit.id, Unit.code, Unit.name, Unit.parent_id, Unit.max_absent).order_by(Unit.id)
        ).all()
        self.units = {unit.id: unit for unit in units}
        self.unit_codes = {unit.id: unit.code for unit in units}
        self.needs: dict[int, Any] = {
            row.id: row
            for row in db.session.execute(
                sa.select(
                    Need.id,
                    Need.state,
                    Employee.id.label("employee_id"),
                    Employee.code.label("employee"),
                    Employee.name.label("person"),
                    Employee.active,
                    Employee.unit_id,
                    Employee.max_days,
                    Course.code.label("course"),
                    Course.name.label("course_name"),
                )
                .join(Need.employee)
                .join(Need.course)
                .where(Need.id.in_({one.need_id for one in decisions}))
            )
        }
        classes = snapshot.classes_where(
            TrainingClass.id.in_({one.class_id for one in decisions}),
            snapshot.subtrees_of((unit.id, unit.parent_id) for unit in units),
            self.unit_codes,
            {row.id: row.code for row in db.session.execute(sa.select(Place.id, Place.code))},
            without=self.ended.options,
        )
        self.classes = {row.id: (row, made) for row, made in with_seats_kept(classes, plan)}
        self.trainees = {
            one.id: one
            for one in snapshot.trainees_of(list(self.needs.values()), self.unit_codes, snapshot.days_of(classes))
        }
        self.seats = dict(current_seats.seats(plan.round_id))
        self.begun = self._begun()
        self.pinned = [
            _Pinned(self.needs[one.need_id], self.classes[one.class_id][1], self.classes[one.class_id][0])
            for one in decisions
            if one.kind == PinKind.PIN and one.need_id in self.needs and one.class_id in self.classes
        ]

    def _begun(self) -> dict[int, str]:
        """Return options that have begun and have seats → the code of their class."""
        held = set(self.seats.values())
        return {
            option.id: row.code
            for row, _made in self.classes.values()
            for option in row.options
            if option.id in held and min(session.first for session in option.sessions) <= today()
        }

    def by_class(self) -> Iterator[tuple[TrainingClass, solver_format.TrainingClass, list[_Pinned]]]:
        grouped: dict[int, list[_Pinned]] = defaultdict(list)
        for one in self.pinned:
            grouped[one.row.id].append(one)
        for pins in grouped.values():
            yield pins[0].row, pins[0].made, pins


def _who(need: Any) -> str:
    return f"{need.person} ({need.employee})"


def _class(row: TrainingClass) -> str:
    return f"{row.code} ({row.name})"


def _meet(left: _Days, right: _Days) -> bool:
    return any(a <= d and c <= b for a, b in left for c, d in right)


def _always(made: solver_format.TrainingClass, other: solver_format.TrainingClass) -> bool:
    """Whether every calendar of one class shares a day with every calendar of the other."""
    return all(_meet(one.sessions, two.sessions) for one in made.options for two in other.options)


# -- single decisions -------------------------------------------------------------------------------------------


def _one_by_one(facts: _Facts) -> Iterator[str]:
    for one in facts.decisions:
        if one.need_id not in facts.needs or one.class_id not in facts.classes:
            continue
        need, (row, made) = facts.needs[one.need_id], facts.classes[one.class_id]
        words = {"person": _who(need), "class_": _class(row)}
        if not need.active:
            yield _("%(person)s has left: nothing is planned for them.", **words)
        elif need.state not in PLANNED:
            yield _("The need of %(person)s for “%(course)s” is not planned.", course=need.course_name, **words)
        in_option = facts.seats.get(one.need_id)
        sits = in_option in {option.id for option in row.options}
        if one.kind == PinKind.BAN:
            if sits and in_option in facts.begun:
                yield _("%(person)s sits in class %(class_)s, which has begun: they stay there.", **words)
            continue
        if one.class_id in facts.ended.classes or not made.options:
            yield _("Class %(class_)s was called off: nobody can be in it.", **words)
            continue
        if any(option.id in facts.begun for option in row.options) and not sits:
            yield _("Class %(class_)s has begun: nobody else enters it.", **words)
        if in_option in facts.begun and not sits:
            yield _(
                "%(person)s sits in class %(other)s, which has begun: they stay there.",
                other=facts.begun[in_option],
                **words,
            )
        busy = facts.trainees[need.employee].busy
        if all(_meet(option.sessions, busy) for option in made.options):
            yield _("%(person)s is absent on days of class %(class_)s.", **words)


# -- one person -------------------------------------------------------------------------------------------------


def _per_person(facts: _Facts) -> Iterator[str]:
    of_person: dict[str, list[_Pinned]] = defaultdict(list)
    of_need: dict[int, list[_Pinned]] = defaultdict(list)
    banned = {(one.need_id, one.class_id) for one in facts.decisions if one.kind == PinKind.BAN}
    for one in facts.pinned:
        of_person[one.need.employee].append(one)
        of_need[one.need.id].append(one)
        if (one.need.id, one.row.id) in banned:
            yield _(
                "%(person)s is both pinned to and banned from class %(class_)s.",
                person=_who(one.need),
                class_=_class(one.row),
            )
    for several in of_need.values():
        if len({one.row.id for one in several}) > 1:
            yield _(
                "%(person)s is pinned to %(classes)s, but gets one seat only for “%(course)s”.",
                person=_who(several[0].need),
                classes="; ".join(_class(one.row) for one in several),
                course=several[0].need.course_name,
            )
    for employee, pins in of_person.items():
        for one, other in combinations(pins, 2):
            if (
                one.row.id != other.row.id
                and one.made.options
                and other.made.options
                and _always(one.made, other.made)
            ):
                yield _(
                    "%(person)s cannot be in both %(one)s and %(other)s: they are held on the same days.",
                    person=_who(one.need),
                    one=_class(one.row),
                    other=_class(other.row),
                )
        most = facts.trainees[employee].max_days
        least = sum(min((_length(o.sessions) for o in one.made.options), default=0) for one in pins)
        if most is not None and least > most:
            yield _(
                "%(person)s may have at most %(most)s days of class; the classes that they are pinned to have "
                "%(days)s.",
                person=_who(pins[0].need),
                most=number(most),
                days=number(least),
            )
    yield from _prerequisites(facts)


def _length(days: _Days) -> int:
    return sum((last - first).days + 1 for first, last in days)


def _prerequisites(facts: _Facts) -> Iterator[str]:
    groups = {course.id: course.prerequisites for course in snapshot.courses_with_prerequisites()}
    asked = [one for one in facts.pinned if groups.get(one.made.course)]
    wants: dict[int, set[str]] = defaultdict(set)
    for employee_id, code in db.session.execute(
        sa.select(Need.employee_id, Course.code)
        .join(Need.course)
        .where(
            Need.round_id == facts.plan.round_id,
            Need.state.in_(PLANNED),
            Need.employee_id.in_({one.need.employee_id for one in asked}),
        )
    ):
        wants[employee_id].add(code)
    for one in asked:
        known = {*facts.trainees[one.need.employee].completed, *wants[one.need.employee_id]}
        for group in groups[one.made.course]:
            if known.isdisjoint(group):
                names = db.session.scalars(
                    sa.select(Course.name).where(Course.code.in_(group)).order_by(Course.name)
                )
                yield _(
                    "%(person)s cannot be in class %(class_)s: none of these is completed or asked for before it: "
                    "%(courses)s.",
                    person=_who(one.need),
                    class_=_class(one.row),
                    courses="; ".join(names),
                )


# -- capacity of classes, units, rooms, funds --------------------------------------------------------------------


def _per_class(facts: _Facts) -> Iterator[str]:
    counts = (
        sa.select(Course.code, sa.func.count())
        .select_from(Need)
        .join(Need.course)
        .join(Need.employee)
        .where(Need.round_id == facts.plan.round_id, Need.state.in_(PLANNED), Employee.active)
        .where(Course.code.in_({one.made.course for one in facts.pinned}))
        .group_by(Course.code)
    )
    wanted: Counter[str] = Counter({row[0]: int(row[1]) for row in db.session.execute(counts)})
    bans = Counter(one.class_id for one in facts.decisions if one.kind == PinKind.BAN)
    for row, made, pins in facts.by_class():
        if len(pins) > made.max_seats:
            yield _(
                "%(count)s people are pinned to class %(class_)s, which takes at most %(most)s.",
                count=number(len(pins)),
                class_=_class(row),
                most=number(made.max_seats),
            )
        possible = wanted[made.course] - bans[row.id]
        if possible < made.min_seats:
            yield _(
                "Class %(class_)s needs at least %(least)s people, but only %(count)s could be in it.",
                class_=_class(row),
                least=number(made.min_seats),
                count=number(max(0, possible)),
            )
        for quota in made.quotas:
            inside = sum(facts.unit_codes[one.need.unit_id] in quota.units for one in pins)
            if inside > quota.max_seats:
                yield _(
                    "%(count)s people pinned to class %(class_)s are of units that have at most %(most)s seats in "
                    "it.",
                    count=number(inside),
                    class_=_class(row),
                    most=number(quota.max_seats),
                )
        yield from _reserves(facts, row, made, pins)


def _reserves(
    facts: _Facts, row: TrainingClass, made: solver_format.TrainingClass, pins: Sequence[_Pinned]
) -> Iterator[str]:
    if has_begun(row):
        return
    inside = [sum(facts.unit_codes[one.need.unit_id] in each.units for one in pins) for each in made.reserves]
    waiting = sum(max(0, each.min_seats - count) for each, count in zip(made.reserves, inside, strict=True))
    if waiting and len(pins) <= made.max_seats < len(pins) + waiting:
        yield _(
            "%(count)s people are pinned to class %(class_)s, which has %(most)s seats and keeps %(waiting)s more "
            "for people of other units.",
            count=number(len(pins)),
            class_=_class(row),
            most=number(made.max_seats),
            waiting=number(waiting),
        )


def _per_unit(facts: _Facts) -> Iterator[str]:
    """Find units with more people pinned on one day than may be absent.

    Only classes with a single calendar count, because their days are certain.
    """
    away: dict[tuple[int, date], set[int]] = defaultdict(set)
    firsts = {one.made.options[0].sessions[0][0] for one in facts.pinned if len(one.made.options) == 1}
    firsts |= {s[0] for one in facts.pinned if len(one.made.options) == 1 for s in one.made.options[0].sessions}
    for one in facts.pinned:
        if len(one.made.options) != 1 or facts.units[one.need.unit_id].max_absent is None:
            continue
        for day in firsts:
            if _meet(one.made.options[0].sessions, ((day, day),)):
                away[one.need.unit_id, day].add(one.need.employee_id)
    told: set[int] = set()
    for (unit_id, day), people in sorted(away.items()):
        unit = facts.units[unit_id]
        if len(people) > unit.max_absent and unit_id not in told:
            told.add(unit_id)
            yield _(
                "Unit %(unit)s may let at most %(most)s people go on one day; %(count)s are pinned to classes "
                "held on %(day)s.",
                unit=unit.name,
                most=number(unit.max_absent),
                count=number(len(people)),
                day=f"{day:%d/%m/%Y}",
            )


def _per_resource(facts: _Facts) -> Iterator[str]:
    for (row, made, _pins), (other_row, other, _others) in combinations(facts.by_class(), 2):
        if (
            made.options
            and other.options
            and all(
                _meet(one.sessions, two.sessions) and not set(one.resources).isdisjoint(two.resources)
                for one in made.options
                for two in other.options
            )
        ):
            yield _(
                "Classes %(one)s and %(other)s cannot both run: they need the same room or lecturer on the same "
                "days.",
                one=_class(row),
                other=_class(other_row),
            )


def _per_fund(facts: _Facts) -> Iterator[str]:
    least: Counter[int] = Counter()
    for row, made, pins in facts.by_class():
        least[row.fund_id] += made.fixed_cost + made.seat_cost * max(made.min_seats, len(pins))
    funds = sa.select(Fund.id, Fund.name, spendable().label("amount")).where(Fund.id.in_(least))
    for fund in db.session.execute(funds.order_by(Fund.code)):
        if least[fund.id] > fund.amount:
            yield _(
                "The classes that people are pinned to cost at least %(cost)s; fund %(fund)s has %(amount)s.",
                cost=money(least[fund.id]),
                fund=fund.name,
                amount=money(fund.amount),
            )


def _staying(round_id: int) -> frozenset[int]:
    """Return needs of the round with a seat in a class that has begun: they bind nobody of their set any more."""
    held = dict(current_seats.seats(round_id))
    begun = sa.select(OptionSession.option_id).where(
        OptionSession.option_id.in_(set(held.values())), OptionSession.first <= today()
    )
    options = set(db.session.scalars(begun))
    return frozenset(need_id for need_id, option_id in held.items() if option_id in options)


def _per_set(facts: _Facts, sets: Sequence[queries.Decided]) -> Iterator[str]:
    """Find pins that contradict a set of needs.

    They are in two classes, in a class closed to another member, or too many in one class.
    """
    for sentences in _by_set(facts, sets).values():
        yield from sentences


def _by_set(facts: _Facts, sets: Sequence[queries.Decided]) -> dict[str, list[str]]:
    """Return the name of each set that the pins contradict → why, one sentence per reason."""
    banned = {(one.need_id, one.class_id) for one in facts.decisions if one.kind == PinKind.BAN}
    staying = _staying(facts.plan.round_id) if sets else frozenset()
    found = {one.name: list(_of_set(facts, one, banned, staying)) for one in sets}
    return {name: sentences for name, sentences in found.items() if sentences}


def _of_set(
    facts: _Facts, one: queries.Decided, banned: Collection[tuple[int, int]], staying: frozenset[int]
) -> Iterator[str]:
    members = one.need_ids - staying
    pins = [pin for pin in facts.pinned if pin.need.id in members]
    classes = {pin.row.id: pin for pin in pins}
    if one.kind == NeedSetKind.APART:
        for class_id, pin in classes.items():
            count = sum(each.row.id == class_id for each in pins)
            if count > one.max_seats:
                yield _(
                    "%(count)s people of set “%(set)s” are pinned to class %(class_)s; at most %(most)s of "
                    "them sit in one class.",
                    count=number(count),
                    set=one.name,
                    class_=_class(pin.row),
                    most=number(one.max_seats),
                )
        return
    if len(classes) > 1:
        yield _(
            "The people of set “%(set)s” sit in the same class, but are pinned to several: %(classes)s.",
            set=one.name,
            classes=", ".join(sorted(_class(pin.row) for pin in classes.values())),
        )
    for class_id, pin in classes.items():
        for need_id in sorted(members):
            if (need_id, class_id) in banned:
                yield _(
                    "%(person)s is pinned to class %(class_)s, which is closed to %(other)s of the same set "
                    "“%(set)s”.",
                    person=_who(pin.need),
                    class_=_class(pin.row),
                    other=_who(facts.needs[need_id]),
                    set=one.name,
                )


def new_contradictions(plan: Plan, decision: Decision, instead_of: Iterable[Decision] = ()) -> list[str]:
    """Return what one more decision would make impossible; existing contradictions are left out.

    Args:
        instead_of: the decisions that it replaces.
    """
    left = [one for one in of_plan(plan) if one not in set(instead_of)]
    before = set(contradictions(plan, left))
    return [sentence for sentence in contradictions(plan, [*left, decision]) if sentence not in before]
