"""A stored plan against the rows as they are now: the gate before publishing."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _

from solver import check
from solver.instance.facts import Instance, Seat

from ..courses.models import Course
from ..db import db
from ..errors import Refused
from ..language import money, number
from ..needs.models import Need
from ..people.models import Employee
from . import snapshot
from .models import OptimizerRun, RunClass, RunNeed

_TOLD = 50  # violations that are told one by one


def verify_against_rows(run: OptimizerRun) -> list[str]:
    """Every reason why the run's seats may not be published now, in words; empty when there is none.

    The rows are read again and the checker recomputes every rule over the stored seats: whatever was changed since
    the run (a class's size, a fund, an absence, a withdrawn need) is found, whichever way it was changed.
    """
    try:
        taken = snapshot.take(run.plan, valued=False)
    except Refused as refused:
        return [fault.message for fault in refused.faults]
    need_names = {row_id: name for name, row_id in taken.needs.items()}
    option_names = {row_id: name for name, row_id in taken.options.items()}
    faults: list[str] = []
    stored = db.session.execute(
        sa.select(RunNeed.need_id, RunNeed.option_id, Employee.name, Course.name.label("course"))
        .join(RunNeed.need)
        .join(Need.employee)
        .join(Need.course)
        .where(RunNeed.run_id == run.id, RunNeed.option_id.is_not(None))
        .order_by(RunNeed.need_id)
    ).all()
    seats = []
    for row in stored:
        if row.need_id not in need_names:
            faults.append(
                _(
                    "%(person)s has a seat for “%(course)s”, but the need is no longer registered.",
                    person=row.name,
                    course=row.course,
                )
            )
        elif row.option_id in option_names:
            seats.append(Seat(need_names[row.need_id], option_names[row.option_id]))
    running = db.session.execute(
        sa.select(RunClass.option_id, RunClass.class_id).where(
            RunClass.run_id == run.id, RunClass.option_id.is_not(None)
        )
    ).all()
    options = []
    for option_id, _class_id in running:
        if option_id in option_names:
            options.append(option_names[option_id])
        else:
            faults.append(_("A class that should run no longer belongs to the plan's year."))
    faults += [
        violation_sentence(taken.instance, options, seats, violation)
        for violation in check.violations(taken.instance, options, seats)
    ]
    if len(faults) > _TOLD:
        faults = [*faults[:_TOLD], _("…and %(count)s more.", count=number(len(faults) - _TOLD))]
    return faults


def violation_sentence(
    instance: Instance, options: list[str], seats: list[Seat], violation: check.Violation
) -> str:
    """A broken rule as a planner reads it, with the figures that matter."""
    where = violation.where
    if violation.rule == "size":
        made = next(c for c in instance.classes if c.id == where)
        own = {option.id for option in made.options}
        count = sum(seat.option in own for seat in seats)
        words = {
            "where": where,
            "seats": number(count),
            "least": number(made.min_seats),
            "most": number(made.max_seats),
        }
        if count > made.max_seats:
            return str(_("Class %(where)s would have %(seats)s people; it takes at most %(most)s.", **words))
        return str(
            _("Class %(where)s would have %(seats)s people; it takes between %(least)s and %(most)s.", **words)
        )
    if violation.rule == "budget":
        fund = next(f for f in instance.funds if f.id == where)
        spent = 0
        for made in instance.classes:
            own = {option.id for option in made.options}
            if made.fund == where and own & set(options):
                spent += made.fixed_cost + made.seat_cost * sum(seat.option in own for seat in seats)
        return str(
            _(
                "Fund %(where)s would pay %(spent)s; it has %(budget)s.",
                where=where,
                spent=money(spent),
                budget=money(fund.budget),
            )
        )
    sentences = {
        "one-option": _("Class %(where)s would run more than once, or no longer has its dates.", where=where),
        "eligible": _("%(where)s: the class no longer runs, or teaches another course.", where=where),
        "one-seat": _("%(where)s would have two seats.", where=where),
        "clash": _("%(where)s is busy, or in another class, on the days of a class.", where=where),
        "prerequisite": _("%(where)s: a course that must be completed first is missing.", where=where),
        "absence": _("Unit %(where)s would have more people in class on one day than its limit.", where=where),
        "resource": _("%(where)s would be used twice on one day.", where=where),
        "quota": _("Class %(where)s would take more people of some units than their quota.", where=where),
        "load": _("%(where)s would be in class on more days than the limit.", where=where),
        "pin": _("%(where)s is pinned to a class, but does not sit in it.", where=where),
        "ban": _("%(where)s sits in a class that is banned for it.", where=where),
        "changes": _("More seats of the plan in force would change than the policy allows."),
    }
    return str(sentences.get(violation.rule, violation.message))
