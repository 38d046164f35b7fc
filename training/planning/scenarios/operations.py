"""Write operations on scenarios: what they change, copies, the archive, and adopting changes in the catalogue."""

from __future__ import annotations

from typing import Any, assert_never

import sqlalchemy as sa
from flask_babel import gettext as _

from ...budgets.models import Fund
from ...budgets.operations import save_fund
from ...classes.models import TrainingClass
from ...classes.operations import save_training_class
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.i18n import money, number, today
from ...core.validation import Check
from ..models import ChangeKind, Plan, PlanState, ScenarioChange
from ..operations import active_run, copy_plan
from .changes import Change, rows_of
from .overlay import shifted_periods

MOST_DAYS = 366
_OF_KIND = {
    ChangeKind.FUND: ("fund_id", "amount"),
    ChangeKind.SIZE: ("class_id", "min_seats", "max_seats"),
    ChangeKind.DATES: ("class_id", "days"),
    ChangeKind.NOT_HELD: ("class_id",),
    ChangeKind.COURSE_CLOSED: ("course_id",),
}


def save_change(values: dict[str, Any], *, actor: Actor) -> ScenarioChange:
    """Lay a change over the catalogue for the runs of one scenario; an earlier one of the same thing is replaced.

    Args:
        values: `plan_id`, `kind` (a `ChangeKind`), and by kind: `fund_id` and `amount` (đồng more or less);
            `class_id`, `min_seats`, `max_seats`; `class_id`, `days` (later or earlier); `class_id`; `course_id`.

    Raises:
        Refused: the plan is in force, or the change cannot be made, in words.
    """
    with operation(actor, "planning.save_change") as session:
        kind = ChangeKind(values["kind"])
        wanted = {key: values.get(key) for key in ("plan_id", *_OF_KIND[kind])}
        row = session.scalar(_same(kind, wanted))
        check = Check(ScenarioChange, {**wanted, "kind": kind}, row)
        check.columns()
        for key in _OF_KIND[kind]:
            if check.get(key) is None and not any(fault.field == key for fault in check.faults):
                check.wrong(key, _("Please fill this in."))
        check.stop_if_wrong()
        plan = db.session.get_one(Plan, wanted["plan_id"])
        _refuse_in_force(plan)
        _CHECKS[kind](check, plan)
        check.stop_if_wrong()
        saved: ScenarioChange = check.write()
        return saved


def _same(kind: ChangeKind, wanted: dict[str, Any]) -> sa.Select[ScenarioChange]:
    """Select the change of the plan that is of the same kind and the same fund, class or course."""
    key = _OF_KIND[kind][0]
    return sa.select(ScenarioChange).where(
        ScenarioChange.plan_id == wanted["plan_id"],
        ScenarioChange.kind == kind,
        getattr(ScenarioChange, key) == wanted[key],
        ScenarioChange.adopted_at.is_(None),
    )


def _refuse_in_force(plan: Plan) -> None:
    if plan.state != PlanState.DRAFT:
        raise Refused(_("A published plan does not change: make another scenario of its round."))


def _check_fund(check: Check[ScenarioChange], plan: Plan) -> None:
    fund, amount = db.session.get_one(Fund, check.get("fund_id")), int(check.get("amount"))
    if fund.year != plan.round.year:
        check.wrong("fund_id", _("This fund belongs to another year than the plan."))
    if not amount:
        check.wrong("amount", _("Give how much more, or with a minus how much less."))
    elif fund.amount + amount < 0:
        check.wrong("amount", _("The fund has only %(amount)s.", amount=money(fund.amount)))


def _class_of_year(check: Check[ScenarioChange], plan: Plan) -> TrainingClass:
    made = db.session.get_one(TrainingClass, check.get("class_id"))
    if made.year != plan.round.year:
        check.wrong("class_id", _("This class belongs to another year than the plan."))
    return made


def _check_size(check: Check[ScenarioChange], plan: Plan) -> None:
    made = _class_of_year(check, plan)
    low, high = int(check.get("min_seats")), int(check.get("max_seats"))
    kept = sum(reserve.min_seats for reserve in made.reserves)
    if low < 0:
        check.wrong("min_seats", _("This cannot be below zero."))
    if high < 1:
        check.wrong("max_seats", _("A class has at least one seat."))
    elif high < low:
        check.wrong("max_seats", _("The largest number of seats is below the smallest."))
    elif high < kept:
        check.wrong("max_seats", _("%(count)s seats are kept for units: not fewer.", count=number(kept)))
    elif high < made.seats_taken and _has_begun(made):
        check.wrong(
            "max_seats", _("%(taken)d people are enrolled: there cannot be fewer seats.", taken=made.seats_taken)
        )
    elif (low, high) == (made.min_seats, made.max_seats):
        check.wrong("max_seats", _("The class has this size already."))


def _check_dates(check: Check[ScenarioChange], plan: Plan) -> None:
    made, days = _class_of_year(check, plan), int(check.get("days"))
    if not days or abs(days) > MOST_DAYS:
        check.wrong(
            "days", _("Give a number of days between 1 and %(most)d, with a minus for earlier.", most=MOST_DAYS)
        )
        return
    if made.seats_taken:
        message = _("People sit in this class: move it on its own page, where they are told.")
        check.wrong("class_id", message)
    ends = [day for option in made.options for period in shifted_periods(option, days) for day in period]
    if any(day.year != made.year for day in ends):
        check.wrong("days", _("The class would leave its year."))
    elif ends and min(ends) <= today():
        check.wrong("days", _("The class would begin on a day that has passed."))


def _check_not_held(check: Check[ScenarioChange], plan: Plan) -> None:
    if _has_begun(_class_of_year(check, plan)):
        check.wrong("class_id", _("The class has begun."))


def _check_course_closed(check: Check[ScenarioChange], plan: Plan) -> None:
    statement = sa.select(TrainingClass).where(
        TrainingClass.course_id == check.get("course_id"), TrainingClass.year == plan.round.year
    )
    begun = [made.code for made in db.session.scalars(statement) if _has_begun(made)]
    if begun:
        check.wrong("course_id", _("Classes of this course have begun: %(codes)s.", codes=", ".join(begun)))


def _has_begun(made: TrainingClass) -> bool:
    return made.runs and made.first_day is not None and made.first_day <= today()


_CHECKS = {
    ChangeKind.FUND: _check_fund,
    ChangeKind.SIZE: _check_size,
    ChangeKind.DATES: _check_dates,
    ChangeKind.NOT_HELD: _check_not_held,
    ChangeKind.COURSE_CLOSED: _check_course_closed,
}


def delete_change(row: ScenarioChange, *, actor: Actor) -> None:
    """Take a change out of its scenario.

    Raises:
        Refused: the plan is in force, or the catalogue was changed so already.
    """
    with operation(actor, "planning.delete_change") as session:
        _refuse_in_force(row.plan)
        if row.adopted_at is not None:
            raise Refused(_("This change was adopted: change it back in the catalogue itself."))
        session.delete(row)


# -- scenarios ------------------------------------------------------------------------------------------------


def make_from(plan: Plan, *, actor: Actor) -> Plan:
    """Return a new scenario with the policy, decisions and changes of another plan of any state."""
    with operation(actor, "planning.copy_plan") as session:
        made = copy_plan(plan, _("%(plan)s, scenario %(number)d"), actor=actor)
        for row in rows_of(plan.id):
            if row.adopted_at is None:
                same = {key: getattr(row, key) for key in ("kind", *_OF_KIND[ChangeKind(row.kind)])}
                session.add(ScenarioChange(plan_id=made.id, **same))
        return made


def archive(plan: Plan, archived: bool, *, actor: Actor) -> None:
    """Leave a scenario out of lists, or bring it back.

    Raises:
        Refused: the plan is in force, or the optimizer works on it.
    """
    with operation(actor, "planning.archive_plan"):
        if archived and plan.state == PlanState.PUBLISHED:
            raise Refused(_("A plan in force is not archived."))
        if archived and active_run(plan.id) is not None:
            raise Refused(_("The optimizer works on this plan: stop the run first."))
        plan.archived_at = utcnow() if archived else None


# -- adopting -------------------------------------------------------------------------------------------------


def adopt(plan: Plan, *, actor: Actor) -> list[Change]:
    """Change the catalogue as the scenario wants it: each change by the operation that pages use for it.

    The caller commits, or rolls back what was refused. Classes that are not held need no change: publishing
    decides which classes run.

    Returns:
        the changes that were made.

    Raises:
        Refused: with every fault, each with the change that it belongs to.
    """
    _refuse_in_force(plan)
    rows = [row for row in rows_of(plan.id) if row.adopted_at is None and ChangeKind(row.kind).of_catalogue]
    if not rows:
        raise Refused(_("This scenario changes nothing in the catalogue."))
    faults: list[Fault] = []
    for row in rows:  # each by its own operation, as a planner would do it on the page of the fund or class
        words = Change.of(row).words
        try:
            with db.session.begin_nested():
                _apply(row, actor)
        except Refused as refused:
            told = [_("%(change)s: %(fault)s", change=words, fault=fault.message) for fault in refused.faults]
            faults += [Fault("", text) for text in told]
    if faults:
        raise Refused(*faults)
    with operation(actor, "planning.adopt_changes"):
        for row in rows:
            row.adopted_at, row.adopted_by = utcnow(), actor.actor_name
    return [Change.of(row) for row in rows]


def _apply(row: ScenarioChange, actor: Actor) -> None:
    """Change the catalogue as one change says."""
    match ChangeKind(row.kind):
        case ChangeKind.FUND:
            fund = db.session.get_one(Fund, row.fund_id, with_for_update=True, populate_existing=True)
            save_fund({"amount": fund.amount + (row.amount or 0)}, actor=actor, row=fund)
        case ChangeKind.SIZE:
            size = {"min_seats": row.min_seats, "max_seats": row.max_seats}
            save_training_class(size, actor=actor, row=_locked_class(row))
        case ChangeKind.DATES:
            made = _locked_class(row)
            if made.seats_taken:
                raise Refused(_("People sit in this class: move it on its own page, where they are told."))
            options = [
                {
                    "code": option.code,
                    "place_id": option.place_id,
                    "sessions": shifted_periods(option, row.days or 0),
                    "room_ids": option.room_ids,
                    "lecturer_ids": option.lecturer_ids,
                }
                for option in made.options
            ]
            save_training_class({"options": options}, actor=actor, row=made)
        case ChangeKind.NOT_HELD | ChangeKind.COURSE_CLOSED:
            pass
        case other:
            assert_never(other)


def _locked_class(row: ScenarioChange) -> TrainingClass:
    return db.session.get_one(
        TrainingClass, row.class_id, with_for_update={"of": TrainingClass}, populate_existing=True
    )
