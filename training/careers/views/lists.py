"""Pages over planning lists: entries, lists of a day with their limits, reviews, limits, the audit."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup

from ...core import audit
from ...core.access import (
    CATALOGUE_EDITORS,
    LEADERS,
    SENSITIVE_READERS,
    STAFF,
    allow,
    current_roles,
    current_scope,
)
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.forms import parse_day
from ...core.i18n import day, number, today
from ...core.tables import Filter, ListColumn, named
from ...people.history import below, parents_on
from ...people.models import Employee, SensitiveRecord, Unit
from ...people.panels import person_panel
from ...people.queries import PERSON_SEARCH, every_unit, kept_employees, subtree_ids, unit_choices
from ...standards.models import Title, TitleKind
from .. import operations, queries
from ..blueprint import bp
from ..forms import LimitsForm, PlannedTitleForm, ReviewForm
from ..models import CareerLimits, PlannedTitle, PlanningReview
from ..rules import Size

READERS = STAFF | LEADERS


def leadership_titles() -> list[tuple[int, str]]:
    """Return (id, name) of the titles that people are planned for."""
    statement = sa.select(Title.id, Title.name).where(Title.kind == TitleKind.LEADERSHIP)
    return [(i, name) for i, name in db.session.execute(statement.order_by(Title.sort_key, Title.id))]


def _prepare(form: PlannedTitleForm, _row: PlannedTitle | None) -> None:
    form.title_id.offer(leadership_titles())
    form.unit_id.offer(every_unit())


def _edit_link(endpoint: str, row_id: int) -> str | None:
    """Return where the row is edited; None for those who only read."""
    return url_for(endpoint, id=row_id) if CATALOGUE_EDITORS & current_roles() else None


def _own_units() -> list[tuple[int, str]]:
    return unit_choices(current_scope())


register(
    bp,
    Catalogue(
        key="planned_title",
        plural_key="planned_titles",
        singular=_l("planned title"),
        plural=_l("People planned for titles"),
        path="planned-titles",
        model=PlannedTitle,
        statement=queries.planned_titles,
        columns=(
            ListColumn(
                "name",
                _l("Person"),
                lambda p: p.employee.name,
                (Employee.sort_key, PlannedTitle.added_on),
                link=lambda p: url_for("people.employee", id=p.employee_id),
            ),
            ListColumn("code", _l("Code"), lambda p: p.employee.code, (Employee.code,), wide_only=True),
            ListColumn("title", _l("Planned for"), lambda p: p.title.name, (Title.sort_key, Employee.sort_key)),
            ListColumn(
                "unit", _l("In the unit"), lambda p: p.unit.name, (queries.PLACE.sort_key, Employee.sort_key)
            ),
            ListColumn(
                "added",
                _l("Approved on"),
                lambda p: day(p.added_on),
                (PlannedTitle.added_on,),
                link=lambda p: _edit_link("careers.planned_title_edit", p.id),
            ),
            ListColumn("removed", _l("Taken off on"), lambda p: day(p.removed_on), (PlannedTitle.removed_on,)),
            ListColumn("paper", _l("Decision"), lambda p: p.paper, wide_only=True),
        ),
        search=(*PERSON_SEARCH, named(PlannedTitle.title_id, Title), named(PlannedTitle.unit_id, Unit)),
        filters=(
            Filter(
                "state",
                _l("State"),
                lambda: [("on", _("On the list today")), ("off", _("Taken off"))],
                lambda value: queries.holds(today()) if value == "on" else PlannedTitle.removed_on.is_not(None),
            ),
            Filter("title", _l("Title"), leadership_titles, lambda value: PlannedTitle.title_id == int(value)),
            Filter(
                "unit",
                _l("Unit (with those below)"),
                _own_units,
                lambda value: PlannedTitle.unit_id.in_(subtree_ids([int(value)])),
            ),
        ),
        form=PlannedTitleForm,
        prepare=_prepare,
        save=operations.save_planned_title,
        delete=operations.delete_planned_title,
        readers=READERS,
        edit_template="people/edit_with_person.html",
    ),
)


@bp.get("/planned-titles/lists")
@allow(READERS)
def planning_lists() -> str:
    """Show every list of a day with its size against the limits; shares of young people, women and minorities."""
    scope = current_scope()
    on = parse_day(request.args.get("day", "")) or today()
    root = request.args.get("unit", type=int)
    units = below(parents_on(on), [root]) if root else None
    only = request.args.get("size", "")
    lists = queries.lists_on(on, scope, queries.incumbents_on(on), units)
    shares = queries.shares_on(on, scope, units)
    if not scope.sensitive:
        shares.hide()
    return render_template(
        "careers/lists.html",
        day=on,
        limits=queries.limits_on(on),
        units=_own_units(),
        root=root,
        only=only,
        sizes=list(Size),
        counts={size: sum(one.size is size for one in lists) for size in Size},
        lists=[one for one in lists if not only or one.size == only],
        total=len(lists),
        entries=sum(one.people for one in lists),
        shares=shares,
        may_list_minority=current_scope(SENSITIVE_READERS).sensitive,
    )


@bp.get("/planned-titles/minorities")
@allow(READERS)
def minorities() -> str:
    """Show who on a list today is of an ethnic minority, to those who may read that; record the reading."""
    scope = current_scope(SENSITIVE_READERS)
    if not scope.sensitive:
        return render_template("careers/minorities.html", people=None)
    statement = (
        sa.select(Employee, SensitiveRecord.ethnicity)
        .join(SensitiveRecord, SensitiveRecord.employee_id == Employee.id)
        .where(
            kept_employees(scope),
            SensitiveRecord.ethnicity != queries.MAJORITY,
            sa.exists().where(PlannedTitle.employee_id == Employee.id, queries.holds(today())),
        )
        .order_by(Employee.sort_key, Employee.id)
    )
    people = db.session.execute(statement).all()
    codes = [employee.code for employee, _ethnicity in people]
    label = str(_l("Ethnic minorities on planning lists"))
    audit.record(current_user, "careers.read_ethnicity", "employee", "*", label, {"people": codes})
    page = render_template("careers/minorities.html", people=people)
    db.session.commit()  # after the page is made: a commit expires the rows, and each would be read again
    return page


# -- reviews and limits ---------------------------------------------------------------------------------------


def _counts(row: PlanningReview) -> queries.ReviewCounts:
    """Return the counts of a review of the list: read for all reviews at once."""
    if "review_counts" not in g:
        g.review_counts = queries.review_counts(current_scope())
    counts: dict[int, queries.ReviewCounts] = g.review_counts
    return counts.get(row.id, queries.ReviewCounts())


register(
    bp,
    Catalogue(
        key="planning_review",
        plural_key="planning_reviews",
        singular=_l("review of planned titles"),
        plural=_l("Reviews of planned titles"),
        path="planning-reviews",
        model=PlanningReview,
        statement=lambda scope: sa.select(PlanningReview),
        columns=(
            ListColumn(
                "name",
                _l("Name"),
                lambda r: r.name,
                (PlanningReview.sort_key,),
                link=lambda r: _edit_link("careers.planning_review_edit", r.id),
            ),
            ListColumn("first", _l("First day"), lambda r: day(r.first), (PlanningReview.first,), wide_only=True),
            ListColumn("last", _l("Last day"), lambda r: day(r.last), (PlanningReview.last,), wide_only=True),
            ListColumn("added", _l("Entries added"), lambda r: number(_counts(r).added), number=True),
            ListColumn(
                "people_added",
                _l("to people"),
                lambda r: number(_counts(r).people_added),
                number=True,
                wide_only=True,
            ),
            ListColumn("removed", _l("Entries removed"), lambda r: number(_counts(r).removed), number=True),
            ListColumn(
                "people_removed",
                _l("of people"),
                lambda r: number(_counts(r).people_removed),
                number=True,
                wide_only=True,
            ),
            ListColumn("after", _l("Entries at the end"), lambda r: number(_counts(r).after), number=True),
        ),
        default_sort="-first",
        search=PlanningReview.search_key,
        form=ReviewForm,
        save=operations.save_planning_review,
        delete=operations.delete_planning_review,
        readers=READERS,
    ),
)

register(
    bp,
    Catalogue(
        key="career_limits",
        plural_key="all_career_limits",
        singular=_l("limits of planning and ratings"),
        plural=_l("Limits of planning and ratings"),
        path="career-limits",
        model=CareerLimits,
        statement=lambda scope: sa.select(CareerLimits),
        columns=(
            ListColumn(
                "source",
                _l("Set by (paper)"),
                lambda c: c.source,
                (CareerLimits.source,),
                link=lambda c: url_for("careers.career_limits_edit", id=c.id),
            ),
            ListColumn("from", _l("Valid from"), lambda c: day(c.valid_from), (CareerLimits.valid_from,)),
            ListColumn("to", _l("Valid to"), lambda c: day(c.valid_to), (CareerLimits.valid_to,)),
            ListColumn("titles", _l("Most titles a person"), lambda c: number(c.titles_per_person), number=True),
            ListColumn("people", _l("Most people a title"), lambda c: number(c.people_per_title), number=True),
        ),
        default_sort="-from",
        form=LimitsForm,
        save=operations.save_career_limits,
        delete=operations.delete_career_limits,
    ),
)


# -- the audit ------------------------------------------------------------------------------------------------


@bp.get("/planned-titles/audit")
@allow(READERS)
def appointments() -> str:
    """Show appointments of a period to titles that the people were not planned for."""
    last = parse_day(request.args.get("last", "")) or today()
    first = parse_day(request.args.get("first", "")) or date(last.year, 1, 1)
    return render_template(
        "careers/audit.html", first=first, last=last, found=queries.audit(first, last, current_scope())
    )


@person_panel(30)
def planned_panel(employee: Employee) -> Markup | str:
    """Show what the person is planned for, and their results of the knowledge test."""
    rows = queries.planned_of(employee)
    tests = queries.tests_of(employee)
    if not rows and not tests:
        return ""
    return Markup(render_template("careers/_person.html", rows=rows, tests=sorted(tests.items(), reverse=True)))
