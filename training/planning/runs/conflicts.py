"""Contradictions between pins, bans, sets and rules, in words with people and classes.

The optimizer names them by the ids of its files (`snapshot.py`); the rows give the readable names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from solver.instance.facts import Instance
from solver.rules.groups.places import needs_at

from ...budgets.models import Fund
from ...classes.models import ClassOption, TrainingClass
from ...core.db import db
from ...core.i18n import money, number
from ...courses.models import Course, Lecturer, Room
from ...needs.models import Need
from ...people.models import Employee, Unit
from ..models import Pin, PinKind
from ..rule_texts import text_of
from ..rules.facts import Scope, of_scope

Members = Sequence[Mapping[str, Any]]
_NAMED = 20  # number of unkeepable seats in force that are named
_STORED = 200
_NEED = re.compile(r"n(\d+):")
_OF_TRAINEES, _OF_UNITS = of_scope(Scope.TRAINEE), of_scope(Scope.UNIT)


def stored(report: Mapping[str, Any], instance: Instance) -> list[dict[str, Any]]:
    """Return the conflict of the optimizer's report, in the format that a run stores.

    It holds the rule, ids, the needs of a set, and the lost seats of `max_changes`.
    """
    kept = []
    for member in report.get("conflict_members") or []:
        one: dict[str, Any] = {"rule": str(member["rule"]), "where": [str(each) for each in member["where"]]}
        sets = {"together": instance.together, "apart": instance.apart}.get(one["rule"])
        if sets is not None:
            one["needs"] = list(needs_at(sets, one["where"][0]))
        lost = member.get("lost")
        if lost is not None:
            one |= {"lost": lost[:_STORED], "count": len(lost)}
        kept.append(one)
    return kept


def sentences(members: Members, plan_id: int, limits: Mapping[str, int | None]) -> list[str]:
    """Return each member of the conflict as a sentence for a planner.

    Args:
        limits: rule → the limit of changes that the policy set.
    """
    names = _Names(members, plan_id)
    return [_sentence(member, names, limits.get(str(member["rule"]))) for member in members]


def limits_of(kept: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the limits of changes from a policy or a run's summary."""
    return {"changes": kept.get("max_changes"), "trainee-changes": kept.get("max_changes_per_trainee")}


@dataclass(frozen=True, slots=True)
class _NeedNames:
    person: str
    course: str


class _Names:
    """Readable names for the ids of a conflict, read at once."""

    def __init__(self, members: Members, plan_id: int) -> None:
        ids = [str(one) for member in members for one in (*member["where"], *member.get("needs", ()))]
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


class _Words(dict[str, Callable[[], str]]):
    """Figures of a sentence, each computed on demand."""

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key)()


def _sentence(member: Mapping[str, Any], names: _Names, limit: int | None) -> str:
    rule = str(member["rule"])
    where, other = ([str(one) for one in member["where"]] + [""])[:2]
    if rule == "changes" and member.get("lost"):
        return _changes(member, names, limit)
    sentence = text_of(_side(rule, where, other, names)).conflict
    if not sentence:
        return str(_("Another rule of the plan stands against it."))
    return str(sentence) % _Words(
        person=lambda: names.need(where).person if _NEED.match(where) else names.person(where),
        course=lambda: names.need(where).course,
        class_=lambda: names.training_class(other or where),
        unit=lambda: names.units[where].name if where in names.units else where,
        fund=lambda: f"{names.funds[where].name} ({where})" if where in names.funds else where,
        amount=lambda: money(names.funds[where].amount if where in names.funds else None),
        resource=lambda: names.resource(where),
        least=lambda: number(names.classes[where].min_seats if where in names.classes else None),
        most=lambda: number(_most(rule, where, names)),
        limit=lambda: number(limit or 0),
        people=lambda: "; ".join(names.need(str(need)).person for need in member.get("needs", ())),
    )


def _side(rule: str, where: str, other: str, names: _Names) -> str:
    """Return the key of the texts, if a rule has several."""
    if rule == "pin" and not names.by_hand(where, other):
        return "pin.stays"
    if rule == "resource" and where.startswith("lecturer:"):
        return "resource.lecturer"
    return rule


def _most(rule: str, where: str, names: _Names) -> int | None:
    """Return the limit of the person, unit or class that the rule refers to."""
    if rule in _OF_TRAINEES:
        return names.people[where].max_days if where in names.people else None
    if rule in _OF_UNITS:
        return names.units[where].max_absent if where in names.units else None
    return names.classes[where].max_seats if where in names.classes else None


def _changes(member: Mapping[str, Any], names: _Names, limit: int | None) -> str:
    lost = list(member["lost"])
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
