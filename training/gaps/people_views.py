"""The people behind a share: who meets the standard, who lacks what, who is not counted; page and workbook."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import contains_eager, joinedload
from werkzeug.wrappers import Response

from ..core.access import READERS, allow, current_scope
from ..core.db import db
from ..core.forms import parse_day
from ..core.i18n import day as as_day
from ..core.i18n import today
from ..core.tables import Filter, ListColumn, listing, named, narrowed
from ..exports.asking import ask_for_file
from ..people.models import Employee, Position, Unit
from ..people.queries import PERSON_SEARCH, kept_employees, position_choices, subtree_ids, unit_choices
from ..standards.wording import in_words
from . import downloads, reports
from .blueprint import bp
from .queries import states
from .rules import Horizon, StandardsStanding, State

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN_ON_PAGE = 3  # missing requirements named in the list; the others are counted
_NARROWING = ("q", "unit", "position", "rank")


_SEARCH = (*PERSON_SEARCH, named(Employee.position_id, Position))


def _standing_choices() -> list[tuple[str, str]]:
    return [(standing.value, standing.label) for standing in StandardsStanding]


def _people() -> sa.Select[Any]:
    """Return the people in service whom the reader sees, with the standing in the address, if any."""
    statement = sa.select(Employee).join(Employee.unit).where(kept_employees(current_scope()), Employee.active)
    chosen = request.args.get("standing")
    if chosen not in set(StandardsStanding):
        return statement
    ids = None  # everybody in service, which is cached
    if not current_scope().everything or any(request.args.get(key) for key in _NARROWING):
        others = [one for one in _people_filters() if one.key != "standing"]
        narrow, _text, _chosen = narrowed(statement, _SEARCH, others)
        listed = sa.func.string_agg(sa.cast(Employee.id, sa.Text), ",")
        ids = [int(one) for one in (db.session.scalar(narrow.with_only_columns(listed)) or "").split(",") if one]
    found = reports.stands(parse_day(request.args.get("day", "")) or today(), ids)
    matching = [employee_id for employee_id, stand in found.items() if stand.standing == chosen]
    return statement.where(Employee.id == sa.any_(sa.literal(matching, ARRAY(sa.Integer))))


@bp.get("/gaps/people")
@allow(READERS)
def people() -> str:
    """Show who meets the standard, who lacks what, who is not counted."""
    day = parse_day(request.args.get("day", "")) or today()
    lacking: dict[int, list[dict[str, Any]]] = {}
    stands: dict[int, StandardsStanding] = {}
    columns = (
        ListColumn(
            "name",
            _l("Full name"),
            lambda e: e.name,
            (Employee.sort_key,),
            link=lambda e: url_for("gaps.person", id=e.id, day=request.args.get("day")),
        ),
        ListColumn("unit", _l("Unit"), lambda e: e.unit.name, (Unit.sort_key, Employee.sort_key)),
        ListColumn("position", _l("Position"), lambda e: e.position.name if e.position else "", wide_only=True),
        ListColumn("rank", _l("Rank (code)"), lambda e: e.rank_code, (Employee.rank_code,), wide_only=True),
        ListColumn("standing", _l("Standard"), lambda e: stands[e.id].label),
        ListColumn("lacking", _l("Missing or not known"), lambda e: _in_short(lacking[e.id])),
    )
    shown = _people().options(contains_eager(Employee.unit), joinedload(Employee.position))
    page = listing(shown, columns, default_sort="name", search=_SEARCH, filters=_people_filters())
    table = states(day, [row.id for row in page.rows])
    for employee_id, gaps in table.of.items():
        held = [gap for gap in gaps if gap.horizon is Horizon.CURRENT]
        lacking[employee_id] = [
            {"asked": in_words(table.world.requirements[gap.asked.id]), "state": gap.state}
            for gap in held
            if gap.state in {State.MISSING, State.UNKNOWN}
        ]
        stands[employee_id] = table.standing(employee_id)
    return render_template("gaps/people.html", page=page, day=day, coming=day > today())


@bp.route("/gaps/people.xlsx", methods=["GET", "POST"])
@allow(READERS)
def people_export() -> str | Response:
    """Export the whole list as a workbook; a long one is made in the background."""
    day = parse_day(request.args.get("day", "")) or today()
    narrow, _text, _chosen = narrowed(_people(), _SEARCH, _people_filters())
    ordered = narrow.with_only_columns(Employee.id).order_by(Unit.sort_key, Employee.sort_key, Employee.id)
    ids = list(db.session.scalars(ordered))
    if len(ids) > downloads.LARGE:
        title = _("Gaps of people on %(day)s", day=as_day(day))
        return ask_for_file(downloads.NAME, {"day": day.isoformat(), "ids": ids}, title)
    name, content = downloads.people_file(ids, day, current_scope(), actor=current_user)
    db.session.commit()
    return send_file(content, _XLSX, as_attachment=True, download_name=name)


def _in_short(lacking: list[dict[str, Any]]) -> str:
    shown = [
        one["asked"] if one["state"] is State.MISSING else _("%(asked)s (no data)", asked=one["asked"])
        for one in lacking[:_SHOWN_ON_PAGE]
    ]
    if len(lacking) > _SHOWN_ON_PAGE:
        shown.append(_("and %(count)d more", count=len(lacking) - _SHOWN_ON_PAGE))
    return "; ".join(shown)


def _people_filters() -> tuple[Filter, ...]:
    return (
        Filter(
            "unit",
            _l("Unit (with those below)"),
            lambda: unit_choices(current_scope()),
            lambda value: Employee.unit_id.in_(subtree_ids([int(value)])),
        ),
        Filter(
            "position",
            _l("Position"),
            position_choices,
            lambda value: Employee.position_id == int(value),
        ),
        Filter("rank", _l("Rank (code)"), _rank_choices, lambda value: Employee.rank_code == value),
        Filter("standing", _l("Standard"), _standing_choices, lambda value: sa.true()),
    )


def _rank_choices() -> list[tuple[str, str]]:
    statement = sa.select(Employee.rank_code).where(Employee.rank_code.is_not(None)).distinct()
    return [(code, code) for code in sorted(filter(None, db.session.scalars(statement)))]
