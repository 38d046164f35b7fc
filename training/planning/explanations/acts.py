"""How a planner makes the change of an explanation: the forms of the facts that would be different, and a pin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _

from ...budgets.models import Fund
from ...classes.models import ClassOption, TrainingClass
from ...core.db import db
from ...people.models import Employee, Unit
from ..models import ChangeKind, Plan, PlanState, RunNeed, ScenarioChange

_OF_CLASS = frozenset({"size", "quota", "reserve"})
_OF_PERSON = frozenset({"load", "clash"})


@dataclass(frozen=True, slots=True)
class WayToAct:
    """A link to where a planner makes a change; with `fields` a button that makes it."""

    text: str
    url: str
    fields: tuple[tuple[str, str], ...] = ()


def edits(change: Mapping[str, Any]) -> list[WayToAct]:
    """Return the forms of all facts that the change makes different; of those that have one."""
    found = (_edit(str(one["rule"]), str(one["where"])) for one in change.get("amendments", ()))
    return list(dict.fromkeys(one for one in found if one is not None))


def _edit(rule: str, code: str) -> WayToAct | None:
    if rule in _OF_CLASS and (id := _id_of(TrainingClass, code)):
        return WayToAct(_("Change class %(code)s", code=code), url_for("classes.training_class_edit", id=id))
    if rule == "budget" and (id := _id_of(Fund, code)):
        return WayToAct(_("Change the amount of the fund"), url_for("budgets.fund_edit", id=id))
    if rule == "absence" and (id := _id_of(Unit, code)):
        return WayToAct(_("Change the unit's absence limit"), url_for("people.unit_edit", id=id))
    if rule in _OF_PERSON and (id := _id_of(Employee, code)):
        return WayToAct(_("Change the person's record"), url_for("people.employee_edit", id=id))
    return None


def _id_of(model: Any, code: str) -> int | None:
    return db.session.scalar(sa.select(model.id).where(model.code == code))


def trials(change: Mapping[str, Any], plan: Plan) -> Iterator[WayToAct]:
    """Yield the forms, filled in, that lay what would be different into a scenario."""
    if plan.state != PlanState.DRAFT:
        return
    for one in change.get("amendments", ()):
        code, values = str(one["where"]), dict[str, Any]()
        if one["rule"] == "budget" and (fund := _id_of(Fund, code)):
            laid = _laid(plan, ChangeKind.FUND, ScenarioChange.fund_id == fund)
            more = int(one["amount"]) + ((laid.amount or 0) if laid else 0)
            values = {"kind": ChangeKind.FUND, "fund_id": fund, "amount": more}
        elif one["rule"] == "size" and (made := _class(code)):
            sizes = _laid(plan, ChangeKind.SIZE, ScenarioChange.class_id == made.id) or made
            minimum = one.get("side") == "minimum"
            values = {
                "kind": ChangeKind.SIZE,
                "class_id": made.id,
                "min_seats": one["after"] if minimum else sizes.min_seats,
                "max_seats": sizes.max_seats if minimum else one["after"],
            }
        if values:
            text = _("Lay it into this scenario: %(code)s…", code=code)
            yield WayToAct(text, url_for("planning.change_new", id=plan.id, **values))


def _laid(plan: Plan, kind: ChangeKind, of: sa.ColumnElement[bool]) -> ScenarioChange | None:
    """Return what the scenario changes already of the same fund or class."""
    here = ScenarioChange.plan_id == plan.id, ScenarioChange.kind == kind, ScenarioChange.adopted_at.is_(None)
    return db.session.scalar(sa.select(ScenarioChange).where(*here, of))


def _class(code: str) -> TrainingClass | None:
    return db.session.scalar(sa.select(TrainingClass).where(TrainingClass.code == code))


def pins(change: Mapping[str, Any], row: RunNeed, plan: Plan) -> Iterator[WayToAct]:
    """Yield the pin by which a draft's next run gives the seat, where no fact has to be different."""
    if plan.state != PlanState.DRAFT or change.get("amendments"):
        return
    class_id = class_of(str(change["option"]))
    if class_id is not None:
        values: dict[str, Any] = {"employee": row.need.employee.code, "class": class_id, "kind": "pin"}
        yield WayToAct(_("Fix this seat for the next run…"), url_for("planning.pin_new", id=plan.id, **values))


def class_of(option_code: str) -> int | None:
    """Return the class of an option."""
    return db.session.scalar(sa.select(ClassOption.class_id).where(ClassOption.code == option_code))
