"""Pages over commitments to serve after a course, and repayments by those who leave earlier."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l

from ...core.access import FINANCE_OFFICERS, READERS, STAFF, allow
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.forms import choices_of, parse_day
from ...core.i18n import day, money, number, today
from ...core.tables import Filter, ListColumn
from ...courses.models import Course
from ...courses.queries import course_choices
from ...people.models import Employee
from ...people.panels import person_panel
from ...people.queries import PERSON_SEARCH
from .. import commitments as operations
from .. import queries
from ..blueprint import bp
from ..forms import CommitmentForm
from ..models import Commitment, Ending
from ..repayment import due, months_between
from .people import person_columns, scoped, unit_filter


def _prepare(form: CommitmentForm, _row: Commitment | None) -> None:
    form.course_id.offer(course_choices())
    form.ending.offer(choices_of(Ending))


COMMITMENTS = Catalogue(
    key="commitment",
    plural_key="commitments",
    singular=_l("training commitment"),
    plural=_l("Training commitments"),
    path="commitments",
    model=Commitment,
    statement=queries.commitments,
    columns=(
        *person_columns(Commitment.signed_on),
        ListColumn("course", _l("Course"), lambda c: c.course.name, (Course.sort_key, Employee.sort_key),
               link=lambda c: url_for("standards.commitment", id=c.id)),
        ListColumn("day", _l("Signed on"), lambda c: day(c.signed_on), (Commitment.signed_on,), wide_only=True),
        ListColumn("months", _l("Months to serve"), lambda c: number(c.months), (Commitment.months,), number=True,
               wide_only=True),
        ListColumn("start", _l("Serves from"), lambda c: day(c.starts_on), (Commitment.starts_on,),
                   wide_only=True),
        ListColumn("cost", _l("Cost"), lambda c: money(c.cost), (Commitment.cost,), number=True),
        ListColumn("ending", _l("Ended early"),
               lambda c: f"{Ending(c.ending).label}, {day(c.ended_on)}" if c.ending else "",
               (Commitment.ended_on,)),
        ListColumn("due", _l("To be paid back"), lambda c: money(due(c)) if c.ending else "", number=True),
    ),
    default_sort="name",
    search=(*PERSON_SEARCH, Course.search_key),
    filters=(
        unit_filter(),
        Filter("ended", _l("Ended early"), (("yes", _l("Yes")), ("no", _l("No"))),
               lambda value: Commitment.ending.is_not(None) if value == "yes" else Commitment.ending.is_(None)),
    ),
    form=CommitmentForm,
    prepare=_prepare,
    save=scoped(operations.save_commitment),
    delete=scoped(operations.delete_commitment),
    readers=READERS,
    editors=STAFF | FINANCE_OFFICERS,
    after=lambda row: url_for("standards.commitment", id=row.id),
    edit_template="people/edit_with_person.html",
)  # fmt: skip
register(bp, COMMITMENTS)


@bp.get("/commitments/<int:id>")
@allow(READERS)
def commitment(id: int) -> str:
    """Show a commitment, and the repayment for leaving on the requested day."""
    row = COMMITMENTS.load(id)
    asked = parse_day(request.args.get("on", "")) or row.ended_on or today()
    return render_template(
        "standards/commitment.html",
        row=row,
        ending=Ending(row.ending).label if row.ending else "",
        owed=due(row),
        on=asked,
        served=min(months_between(row.starts_on, asked), row.months) if row.starts_on else None,
        outcomes=[(label, due(row, value, asked)) for value, label in choices_of(Ending)],
    )


@person_panel(order=40)
def panel(employee: Employee) -> str:
    """Show the person's commitments."""
    found: Any = queries.commitments_of(employee.id)
    rows = db.session.scalars(found).all()
    return render_template("standards/_commitments.html", commitments=rows, due=due) if rows else ""
