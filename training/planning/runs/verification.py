"""Verifies a stored plan against current rows, before publishing."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from flask_babel import gettext as _

from solver import check
from solver.instance.facts import Instance, Seat
from solver.rules.groups.places import needs_at

from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import money, number
from ...courses.models import Course
from ...needs.models import Need
from ...people.models import Employee
from .. import snapshot
from ..models import OptimizerRun, RunClass, RunNeed
from ..rule_texts import named, text_of

_TOLD = 50  # violations reported individually


def verify_against_rows(run: OptimizerRun) -> list[str]:
    """Return every reason why the run's seats may not be published now, in words; empty if there is none.

    The rows are read again and the checker recomputes every rule over the stored seats. This finds every change
    since the run (a class's size, a fund, an absence, a withdrawn need), whatever made it.
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
    """Return a violation as a sentence for a planner, with the relevant figures and, of a set, its people."""
    return named(plain_sentence(instance, options, seats, violation), people_of_set(instance, violation))


def plain_sentence(instance: Instance, options: list[str], seats: list[Seat], violation: check.Violation) -> str:
    """Return a violation as a sentence, with the relevant figures; the people of a set are not named."""
    figures = _FIGURES.get(violation.rule)
    code, words = figures(instance, options, seats, violation.where) if figures else (violation.rule, {})
    sentence = text_of(code).violation
    return str(sentence) % {"where": violation.where, **words} if sentence else violation.message


def people_of_set(instance: Instance, violation: check.Violation) -> str:
    """Return the codes of the people of the set of needs that is broken; "": the violation is of no set."""
    sets = {"together": instance.together, "apart": instance.apart}.get(violation.rule)
    if sets is None:
        return ""
    persons = {need.id: need.trainee for need in instance.needs}
    return ", ".join(persons[need] for need in needs_at(sets, violation.where))


_Figures = tuple[str, dict[str, str]]  # key of the texts, and the values to fill in


def _size_figures(instance: Instance, options: list[str], seats: list[Seat], where: str) -> _Figures:
    made = next(c for c in instance.classes if c.id == where)
    own = {option.id for option in made.options}
    count = sum(seat.option in own for seat in seats)
    words = {"seats": number(count), "least": number(made.min_seats), "most": number(made.max_seats)}
    return "size" if count > made.max_seats else "size.minimum", words


def _budget_figures(instance: Instance, options: list[str], seats: list[Seat], where: str) -> _Figures:
    fund = next(f for f in instance.funds if f.id == where)
    spent = 0
    for made in instance.classes:
        own = {option.id for option in made.options}
        if made.fund == where and own & set(options):
            spent += made.fixed_cost + made.seat_cost * sum(seat.option in own for seat in seats)
    return "budget", {"spent": money(spent), "budget": money(fund.budget)}


_FIGURES: dict[str, Callable[[Instance, list[str], list[Seat], str], _Figures]] = {
    "size": _size_figures,
    "budget": _budget_figures,
}
