"""Pages over payments, and over commitments of those whose training was paid for."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l

from ..access import FINANCE_OFFICERS, READERS, allow, current_roles
from ..budgets.models import Fund
from ..budgets.queries import fund_choices
from ..budgets.queries import years as fund_years
from ..catalogue import Catalogue, register
from ..courses.models import Course
from ..db import db
from ..forms import choices_of, parse_day
from ..language import day, money, number, today
from ..listing import Column, Filter
from ..people.models import Employee, Unit
from ..people.panels import person_panel
from ..people.queries import kept_employees
from . import money as operations
from . import queries
from .blueprint import bp
from .models import Ending, Payment, TrainingClass, TrainingCommitment
from .money_forms import CommitmentForm, PaymentForm
from .repayment import due, months_between


def _may_edit() -> bool:
    return bool(FINANCE_OFFICERS & current_roles())


def _prepare_payment(form: PaymentForm, row: Payment | None) -> None:
    form.offer()
    if row is None and request.method == "GET":
        form.fund_id.data = request.args.get("fund", type=int)
        made = db.session.get(TrainingClass, request.args.get("class", 0, type=int))
        if made is not None:
            form.class_id.data, form.fund_id.data = made.id, made.fund_id


register(
    bp,
    Catalogue(
        key="payment",
        plural_key="payments",
        singular=_l("payment"),
        plural=_l("Payments"),
        path="payments",
        model=Payment,
        statement=lambda scope: queries.payments(),
        columns=(
            Column("day", _l("Paid on"), lambda p: day(p.paid_on), (Payment.paid_on,)),
            Column("paper", _l("Paper (number)"), lambda p: p.paper, (Payment.paper,),
                   link=lambda p: url_for("classes.payment_edit", id=p.id) if _may_edit() else None),
            Column("fund", _l("Fund"), lambda p: p.fund.name, (Fund.sort_key, Payment.paid_on)),
            Column("class", _l("Class"),
                   lambda p: f"{p.training_class.code} · {p.training_class.name}" if p.training_class else "",
                   (TrainingClass.code,),
                   link=lambda p: url_for("classes.class_costs", id=p.class_id) if p.class_id else None),
            Column("amount", _l("Amount"), lambda p: money(p.amount), (Payment.amount,), number=True),
            Column("note", _l("Note"), lambda p: p.note, wide_only=True),
        ),
        default_sort="-day",
        search=(TrainingClass.search_key, Fund.search_key),
        filters=(
            Filter("year", _l("Year"), fund_years, lambda value: Fund.year == int(value)),
            Filter("fund", _l("Fund"), fund_choices, lambda value: Payment.fund_id == int(value)),
        ),
        form=PaymentForm,
        prepare=_prepare_payment,
        save=operations.save_payment,
        delete=operations.delete_payment,
        readers=READERS,
        editors=FINANCE_OFFICERS,
    ),
)  # fmt: skip

COMMITMENTS = Catalogue(
    key="commitment",
    plural_key="commitments",
    singular=_l("training commitment"),
    plural=_l("Training commitments"),
    path="commitments",
    model=TrainingCommitment,
    statement=lambda scope: queries.commitments().where(kept_employees(scope)),
    columns=(
        Column("person", _l("Person"), lambda c: c.employee.name, (Employee.sort_key,),
               link=lambda c: url_for("classes.commitment", id=c.id)),
        Column("unit", _l("Unit"), lambda c: c.employee.unit.name, (Unit.sort_key, Employee.sort_key),
               wide_only=True),
        Column("course", _l("Course"), lambda c: c.course.name, (Course.sort_key, Employee.sort_key)),
        Column("cost", _l("Cost"), lambda c: money(c.cost), (TrainingCommitment.cost,), number=True),
        Column("months", _l("Months to serve"), lambda c: number(c.months), (TrainingCommitment.months,),
               number=True, wide_only=True),
        Column("start", _l("From"), lambda c: day(c.starts_on), (TrainingCommitment.starts_on,), wide_only=True),
        Column("ending", _l("Ended early"),
               lambda c: f"{Ending(c.ending).label}, {day(c.ended_on)}" if c.ending else "",
               (TrainingCommitment.ended_on,)),
        Column("due", _l("To be paid back"), lambda c: money(due(c)) if c.ending else "", number=True),
    ),
    default_sort="person",
    search=(Employee.search_key, Course.search_key),
    filters=(
        Filter("ended", _l("Ended early"), (("yes", _l("Yes")), ("no", _l("No"))),
               lambda value: TrainingCommitment.ending.is_not(None) if value == "yes"
               else TrainingCommitment.ending.is_(None)),
    ),
    form=CommitmentForm,
    prepare=lambda form, row: form.offer(),
    save=operations.save_training_commitment,
    delete=operations.delete_training_commitment,
    readers=READERS,
    editors=FINANCE_OFFICERS,
    after=lambda row: url_for("classes.commitment", id=row.id),
    edit_template="people/edit_with_person.html",
)  # fmt: skip
register(bp, COMMITMENTS)


@bp.get("/commitments/<int:id>")
@allow(READERS)
def commitment(id: int) -> str:
    """A commitment, and what would be paid back by whoever leaves on the day asked for."""
    row = COMMITMENTS.load(id)
    asked = parse_day(request.args.get("on", "")) or row.ended_on or today()
    return render_template(
        "classes/commitment.html",
        row=row,
        ending=Ending(row.ending).label if row.ending else "",
        owed=due(row),
        on=asked,
        served=min(months_between(row.starts_on, asked), row.months),
        outcomes=[(label, due(row, value, asked)) for value, label in choices_of(Ending)],
    )


@person_panel(order=40)
def panel(employee: Employee) -> str:
    """What the person is bound to."""
    found: Any = queries.commitments().where(TrainingCommitment.employee_id == employee.id)
    rows = db.session.scalars(found.order_by(TrainingCommitment.starts_on.desc())).all()
    return render_template("classes/_commitments.html", commitments=rows, due=due) if rows else ""
