"""Pages over yearly ratings and knowledge tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import contains_eager
from werkzeug.wrappers import Response

from ...core.access import CATALOGUE_EDITORS, STAFF, Scope, allow, current_scope, require
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.errors import Refused
from ...core.forms import is_id
from ...core.i18n import day, number, today
from ...core.tables import Filter, ListColumn
from ...people.models import Employee, Unit
from ...people.queries import PERSON_SEARCH, in_scope, kept_employees, subtree_ids, unit_choices, visible_units
from .. import operations, ratings
from ..blueprint import bp
from ..forms import KnowledgeTestForm
from ..models import KnowledgeTest
from ..queries import limits_on
from ..rules import Rating
from .lists import READERS


def _year() -> int:
    year = request.args.get("year", type=int) or today().year - 1
    return year if 2000 <= year <= today().year else today().year - 1


@bp.get("/ratings")
@allow(READERS)
def yearly() -> str:
    """Show ratings of a year by unit, and the units that have too many excellent ones."""
    year = _year()
    limits = limits_on(date(year, 12, 31))
    units = ratings.ratings_of_year(year, current_scope(), limits)
    only = request.args.get("only", "")
    return render_template(
        "careers/ratings.html",
        year=year,
        years=range(today().year, today().year - 6, -1),
        limits=limits,
        levels=list(Rating),
        units=[unit for unit in units if only != "over" or unit.over],
        over=sum(unit.over for unit in units),
        only=only,
        totals={level: sum(unit.counts[level] for unit in units) for level in Rating},
        people=sum(unit.people for unit in units),
        tested=sum(unit.tested for unit in units),
        points=sum(unit.points for unit in units),
    )


@bp.route("/ratings/<int:id>/<int:year>", methods=["GET", "POST"])
@allow(READERS)
def unit_ratings(id: int, year: int) -> str | Response:
    """Show ratings of the people of a unit, entered together because the limit is over all of them."""
    scope = current_scope()
    unit = db.session.scalar(sa.select(Unit).where(Unit.id == id, visible_units(scope))) or abort(404)
    if not 2000 <= year <= today().year:
        abort(404)
    kept = current_scope(STAFF)
    writes = in_scope(kept, unit.id)
    people = ratings.people_rated(unit, year, scope)
    faults: dict[str, list[str]] = {}
    if request.method == "POST":
        require(writes)
        try:
            given = _given([rated.employee.id for rated in people], faults)
            if not faults:
                ground = request.form.get("ground")
                seen = _seen(given)
                ratings.rate_unit(unit, year, given, actor=current_user, scope=kept, ground=ground, seen=seen)
                db.session.commit()
                flash(_("Saved: %(row)s", row=unit), "success")
                return redirect(url_for("careers.unit_ratings", id=id, year=year))
        except Refused as refused:
            db.session.rollback()
            for fault in refused.faults:
                if fault.field:
                    faults.setdefault(fault.field, []).append(fault.message)
                else:
                    flash(fault.message, "danger")
            people = ratings.people_rated(unit, year, scope)
    return render_template(
        "careers/unit_ratings.html",
        unit=unit,
        year=year,
        people=people,
        levels=list(Rating),
        faults=faults,
        writes=writes,
        ground=ratings.ground_of(unit, year),
        limits=limits_on(date(year, 12, 31)),
    )


def _given(ids: list[int], faults: dict[str, list[str]]) -> dict[int, tuple[Rating | None, int | None]]:
    """Return what was changed on the page; the rest stays, because somebody else may have written it meanwhile."""
    given: dict[int, tuple[Rating | None, int | None]] = {}
    for employee_id in ids:
        level, points = (_touched(f"{name}-{employee_id}") for name in ("rating", "points"))
        if points and not is_id(points):
            faults[f"points-{employee_id}"] = [_("“%(text)s” is not a whole number.", text=points)]
            continue
        rating = Rating(level) if level in set(Rating) else None
        if rating is not None or points:
            given[employee_id] = (rating, int(points) if points else None)
    return given


def _touched(field: str) -> str:
    text = request.form.get(field, "").strip()
    return "" if text == request.form.get(f"was-{field}") else text


def _seen(ids: Iterable[int]) -> dict[int, tuple[Rating | None, int | None]]:
    """Return the ratings that the page showed, if sent."""
    seen = {}
    for employee_id in ids:
        level, points = (
            request.form.get(f"was-rating-{employee_id}"),
            request.form.get(f"was-points-{employee_id}"),
        )
        if level is not None and points is not None:
            score = int(points) if is_id(points) else None
            seen[employee_id] = (Rating(level) if level in set(Rating) else None, score)
    return seen


def _tests(scope: Scope) -> sa.Select[KnowledgeTest]:
    return (
        sa.select(KnowledgeTest)
        .join(KnowledgeTest.employee)
        .join(Employee.unit)
        .where(kept_employees(scope))
        .options(contains_eager(KnowledgeTest.employee).contains_eager(Employee.unit))
    )


register(
    bp,
    Catalogue(
        key="knowledge_test",
        plural_key="knowledge_tests",
        singular=_l("knowledge test"),
        plural=_l("Knowledge tests"),
        path="knowledge-tests",
        model=KnowledgeTest,
        statement=_tests,
        columns=(
            ListColumn(
                "name",
                _l("Person"),
                lambda t: t.employee.name,
                (Employee.sort_key, KnowledgeTest.year),
                link=lambda t: url_for("people.employee", id=t.employee_id),
            ),
            ListColumn("code", _l("Code"), lambda t: t.employee.code, (Employee.code,), wide_only=True),
            ListColumn("unit", _l("Unit"), lambda t: t.employee.unit.name, (Unit.sort_key, Employee.sort_key)),
            ListColumn("year", _l("Year"), lambda t: t.year, (KnowledgeTest.year,), number=True),
            ListColumn("score", _l("Points"), lambda t: number(t.score), (KnowledgeTest.score,), number=True),
            ListColumn("held", _l("Held on"), lambda t: day(t.held_on), (KnowledgeTest.held_on,), wide_only=True),
        ),
        search=PERSON_SEARCH,
        filters=(
            Filter(
                "year",
                _l("Year"),
                lambda: [(str(year), str(year)) for year in range(today().year, today().year - 6, -1)],
                lambda value: KnowledgeTest.year == int(value),
            ),
            Filter(
                "unit",
                _l("Unit (with those below)"),
                lambda: unit_choices(current_scope()),
                lambda value: Employee.unit_id.in_(subtree_ids([int(value)])),
            ),
        ),
        form=KnowledgeTestForm,
        save=operations.save_knowledge_test,
        delete=operations.delete_knowledge_test,
        readers=READERS,
        editors=CATALOGUE_EDITORS,
        edit_template="people/edit_with_person.html",
    ),
)
