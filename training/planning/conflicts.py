"""Decisions by hand that contradict each other, and the rules that they run into, in words: which people, which
classes. The optimizer names them by the ids of its files (`snapshot.py`); the rows give the names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..budgets.models import Fund
from ..classes.models import ClassOption, TrainingClass
from ..courses.models import Course, Lecturer, Room
from ..db import db
from ..language import money, number
from ..needs.models import Need
from ..people.models import Employee, Unit
from .models import Pin, PinKind

Members = Sequence[Mapping[str, Any]]
_NAMED = 20  # seats in force that cannot be kept: so many are named
_STORED = 200
_NEED = re.compile(r"n(\d+):")


def stored(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conflict of the optimizer's report, as a run keeps it: rule, ids and, of `max_changes`, lost seats."""
    kept = []
    for member in report.get("conflict_members") or []:
        one: dict[str, Any] = {"rule": str(member["rule"]), "where": [str(each) for each in member["where"]]}
        lost = member.get("lost")
        if lost is not None:
            one |= {"lost": lost[:_STORED], "count": len(lost)}
        kept.append(one)
    return kept


def sentences(members: Members, plan_id: int, max_changes: int | None) -> list[str]:
    """Each member as a planner reads it."""
    names = _Names(members, plan_id)
    return [_sentence(member, names, max_changes) for member in members]


@dataclass(frozen=True, slots=True)
class _NeedNames:
    person: str
    course: str


class _Names:
    """What the ids of a conflict are called, read at once."""

    def __init__(self, members: Members, plan_id: int) -> None:
        ids = [str(one) for member in members for one in member["where"]]
        lost = [seat for member in members for seat in member.get("lost") or ()]
        needs = {int(found[1]) for one in (*ids, *(str(s["need"]) for s in lost)) if (found := _NEED.match(one))}
        self._needs: dict[int, _NeedNames] = {
            row.id: _NeedNames(f"{row.name} ({row.code})", row.course)
            for row in db.session.execute(
                sa.select(Need.id, Employee.name, Employee.code, Course.name.label("course"))
                .join(Need.employee)
                .join(Need.course)
                .where(Need.id.in_(needs))
            )
        }
        self.classes = {row.code: row for row in db.session.scalars(_coded(TrainingClass, ids))}
        self.people = {row.code: row for row in db.session.scalars(_coded(Employee, ids))}
        self.units = {row.code: row for row in db.session.scalars(_coded(Unit, ids))}
        self.funds = {row.code: row for row in db.session.scalars(_coded(Fund, ids))}
        self._resources: dict[str, str] = {
            f"{kind}:{row.code}": row.name
            for kind, model in (("room", Room), ("lecturer", Lecturer))
            for row in db.session.scalars(_coded(model, [one.partition(":")[2] for one in ids]))
        }
        self._options: dict[str, str] = {
            row.code: f"{row.class_code} ({row.class_name})"
            for row in db.session.execute(
                sa.select(
                    ClassOption.code,
                    TrainingClass.code.label("class_code"),
                    TrainingClass.name.label("class_name"),
                )
                .join(ClassOption.training_class)
                .where(ClassOption.code.in_({str(seat["option"]) for seat in lost}))
            )
        }
        decided = sa.select(Pin.need_id, TrainingClass.code).join(Pin.training_class)
        pins = decided.where(Pin.plan_id == plan_id, Pin.kind == PinKind.PIN, Pin.need_id.in_(needs))
        self._by_hand = {(row.need_id, row.code) for row in db.session.execute(pins)}

    def need(self, name: str) -> _NeedNames:
        found = _NEED.match(name)
        gone = _NeedNames(str(_("somebody who is no longer registered")), "")
        return self._needs.get(int(found[1]), gone) if found else gone

    def by_hand(self, need: str, class_code: str) -> bool:
        found = _NEED.match(need)
        return found is not None and (int(found[1]), class_code) in self._by_hand

    def training_class(self, code: str) -> str:
        row = self.classes.get(code)
        return f"{code} ({row.name})" if row is not None else code

    def option(self, code: str) -> str:
        return self._options.get(code, code)

    def person(self, code: str) -> str:
        row = self.people.get(code)
        return f"{row.name} ({code})" if row is not None else code

    def resource(self, name: str) -> str:
        return self._resources.get(name, name.partition(":")[2])


def _coded(model: Any, codes: Collection[str]) -> sa.Select[Any]:
    return sa.select(model).where(model.code.in_(set(codes)))


def _sentence(member: Mapping[str, Any], names: _Names, max_changes: int | None) -> str:
    rule = str(member["rule"])
    where, other = ([str(one) for one in member["where"]] + [""])[:2]
    known: dict[str, Callable[[], str]] = {
        "pin": lambda: _pin(where, other, names),
        "ban": lambda: _(
            "%(person)s must never be in class %(class_)s.",
            person=names.need(where).person,
            class_=names.training_class(other),
        ),
        "eligible": lambda: _(
            "Class %(class_)s does not teach the course that %(person)s needs.",
            class_=names.training_class(other),
            person=names.need(where).person,
        ),
        "one-seat": lambda: _(
            "%(person)s gets one seat only for “%(course)s”.",
            person=names.need(where).person,
            course=names.need(where).course,
        ),
        "prerequisite": lambda: _(
            "%(person)s must complete another course before “%(course)s” begins.",
            person=names.need(where).person,
            course=names.need(where).course,
        ),
        "clash": lambda: _(
            "%(person)s cannot be in two classes on one day, nor in class during an absence.",
            person=names.person(where),
        ),
        "load": lambda: _(
            "%(person)s may have at most %(most)s days of class.",
            person=names.person(where),
            most=number(names.people[where].max_days if where in names.people else None),
        ),
        "absence": lambda: _(
            "Unit %(unit)s may let at most %(most)s people go on one day.",
            unit=names.units[where].name if where in names.units else where,
            most=number(names.units[where].max_absent if where in names.units else None),
        ),
        "size": lambda: _size(where, names),
        "one-option": lambda: _(
            "Class %(class_)s runs in one of its calendars only.", class_=names.training_class(where)
        ),
        "quota": lambda: _(
            "Class %(class_)s limits how many people of some units it takes.", class_=names.training_class(where)
        ),
        "budget": lambda: _(
            "Fund %(fund)s has %(amount)s.",
            fund=f"{names.funds[where].name} ({where})" if where in names.funds else where,
            amount=money(names.funds[where].amount if where in names.funds else None),
        ),
        "resource": lambda: _resource(where, names),
        "changes": lambda: _changes(member, names, max_changes),
    }
    return str(known[rule]()) if rule in known else str(_("Another rule of the plan stands against it."))


def _pin(need: str, class_code: str, names: _Names) -> str:
    words = {"person": names.need(need).person, "class_": names.training_class(class_code)}
    if names.by_hand(need, class_code):
        return str(_("%(person)s must be in class %(class_)s.", **words))
    return str(_("%(person)s stays in class %(class_)s, which has begun or has results.", **words))


def _size(code: str, names: _Names) -> str:
    row = names.classes.get(code)
    return str(
        _(
            "Class %(class_)s takes between %(least)s and %(most)s people.",
            class_=names.training_class(code),
            least=number(row.min_seats if row is not None else None),
            most=number(row.max_seats if row is not None else None),
        )
    )


def _resource(name: str, names: _Names) -> str:
    if name.startswith("lecturer:"):
        return str(_("Lecturer %(name)s can teach one class only on one day.", name=names.resource(name)))
    return str(_("Room %(name)s holds one class only on one day.", name=names.resource(name)))


def _changes(member: Mapping[str, Any], names: _Names, limit: int | None) -> str:
    lost = list(member.get("lost") or ())
    if not lost:
        return str(_("At most %(limit)s seats in force may change.", limit=number(limit or 0)))
    count = int(member.get("count") or len(lost))
    named = "; ".join(
        f"{names.need(str(s['need'])).person}: {names.option(str(s['option']))}" for s in lost[:_NAMED]
    )
    if count > _NAMED:
        named = str(_("%(named)s; and %(count)s more", named=named, count=number(count - _NAMED)))
    return str(
        _(
            "At most %(limit)s seats in force may change, but at least %(count)s cannot be kept: %(named)s.",
            limit=number(limit or 0),
            count=number(count),
            named=named,
        )
    )
