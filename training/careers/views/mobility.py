"""Pages over rotations and over heads who are not locals."""

from __future__ import annotations

from datetime import date

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from ...core import audit
from ...core.access import SENSITIVE_READERS, allow, current_scope
from ...core.db import db
from ...core.forms import parse_day
from ...core.i18n import day, today
from ...core.tables import ListColumn, listing
from ...people.models import Assignment, Employee, Unit
from ...people.queries import PERSON_SEARCH, every_unit, in_scope
from .. import mobility
from ..blueprint import bp
from ..queries import LEAST_SHOWN
from .lists import READERS

_YEARS = 5


def _years_before(last: date, years: int) -> date:
    """Return the day after the same day `years` earlier, so that both days together are that many years."""
    before = date(last.year - years, last.month, min(last.day, 28))
    return date.fromordinal(before.toordinal() + 1)


@bp.get("/rotations")
@allow(READERS)
def rotations() -> str:
    """Show the rotation register of a period: five years by default."""
    last = parse_day(request.args.get("last", "")) or today()
    first = parse_day(request.args.get("first", "")) or _years_before(last, _YEARS)
    scope = current_scope()
    origins: dict[int, str] = {}
    columns = (
        ListColumn(
            "name",
            _l("Person"),
            lambda a: a.employee.name,
            (Employee.sort_key, Assignment.first),
            link=lambda a: url_for("people.employee", id=a.employee_id),
        ),
        ListColumn("from", _l("Came from"), lambda a: origins.get(a.id, ""), wide_only=True),
        ListColumn("unit", _l("Rotated to"), lambda a: a.unit.name, (Unit.sort_key, Assignment.first)),
        ListColumn("position", _l("Position"), lambda a: a.position.name if a.position else "", wide_only=True),
        ListColumn("first", _l("First day"), lambda a: day(a.first), (Assignment.first,)),
        ListColumn("last", _l("Last day"), lambda a: day(a.last), (Assignment.last,)),
        ListColumn("paper", _l("Decision"), lambda a: a.paper, wide_only=True),
    )
    page = listing(mobility.rotations(first, last, scope), columns, default_sort="-first", search=PERSON_SEARCH)
    origins.update(mobility.came_from(page.rows))
    return render_template(
        "careers/rotations.html",
        first=first,
        last=last,
        page=page,
        counts=mobility.rotation_counts(first, last, scope),
    )


@bp.get("/heads")
@allow(READERS)
def heads() -> str:
    """Show heads who are not locals of the place of their unit.

    Their names are shown to those who may read the home places of people, and the reading is recorded. Others see
    counts, of no fewer people than would reveal each of them.
    """
    scope = current_scope()
    on = parse_day(request.args.get("day", "")) or today()
    root = request.args.get("unit", type=int)
    found = mobility.heads_on(on, scope, root)
    reader = current_scope(SENSITIVE_READERS)
    rows = [row for row in found.rows if in_scope(reader, row.employee.unit_id)] if reader.sensitive else None
    if rows:
        codes = [row.employee.code for row in rows]
        label = str(_l("Heads who are not locals"))
        audit.record(current_user, "careers.read_home_places", "employee", "*", label, {"people": codes})
    page = render_template(
        "careers/heads.html",
        day=on,
        root=root,
        units=every_unit(),
        found=found,
        rows=rows,
        told=scope.sensitive or len(found.rows) >= LEAST_SHOWN,
        kinds=[one for one in found.by_kind() if scope.sensitive or one[1] >= LEAST_SHOWN],
    )
    db.session.commit()  # after the page is made: a commit expires the rows, and each would be read again
    return page
