"""Pages over public holidays."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from ..core.access import CATALOGUE_EDITORS, EVERYBODY, allow, current_roles
from ..core.crud import Catalogue, register
from ..core.db import db
from ..core.forms import choices_of
from ..core.i18n import day
from ..core.tables import Filter, ListColumn
from ..web.confirming import asks
from . import operations, queries
from .forms import HolidayForm
from .models import Holiday, HolidayKind, HolidayReach, HolidayState
from .panels import on_days

bp = Blueprint("holidays", __name__)


def _days(row: Holiday) -> str:
    return day(row.first) if row.first == row.last else f"{day(row.first)} – {day(row.last)}"


def _checked(row: Holiday) -> str | Markup:
    if row.checked_on is not None:
        return day(row.checked_on)
    return Markup('<span class="badge text-bg-warning">{}</span>').format(_("not compared"))


def _state(row: Holiday) -> str | Markup:
    label = HolidayState(row.state).label
    if row.state == HolidayState.DECREED:
        if row.source and row.checked_on is not None:
            return label
        label = _("Expected: source or comparison missing")  # a row older than the rule that requires both
    return Markup('<span class="badge text-bg-warning text-wrap">{}</span>').format(label)


def _edit_address(row: Holiday) -> str | None:
    return url_for("holidays.holiday_edit", id=row.id) if current_roles() & CATALOGUE_EDITORS else None


def _prepare(form: HolidayForm, _row: Holiday | None) -> None:
    form.kind.offer(choices_of(HolidayKind))
    form.reach.offer(choices_of(HolidayReach))
    form.state.offer(choices_of(HolidayState))


def _after(row: Holiday) -> str:
    """Return to the list, with a message on which classes fall on the days."""
    for sentence in on_days(row.first, row.last):
        flash(sentence, "warning")
    return url_for("holidays.holidays", year=row.first.year)


HOLIDAYS = Catalogue(
    key="holiday",
    plural_key="holidays",
    singular=_l("public holiday"),
    plural=_l("Public holidays"),
    path="holidays",
    model=Holiday,
    statement=lambda scope: sa.select(Holiday),
    columns=(
        ListColumn("days", _l("Days"), _days, (Holiday.first, Holiday.id)),
        ListColumn("name", _l("Name"), lambda h: h.name, (Holiday.name, Holiday.first), link=_edit_address),
        ListColumn("state", _l("Announced?"), _state, (Holiday.state, Holiday.first)),
        ListColumn(
            "kind",
            _l("Kind"),
            lambda h: HolidayKind(h.kind).label,
            (Holiday.kind, Holiday.first),
            wide_only=True,
        ),
        ListColumn(
            "reach",
            _l("Where"),
            lambda h: HolidayReach(h.reach).label,
            (Holiday.reach, Holiday.first),
            wide_only=True,
        ),
        ListColumn("source", _l("Source"), lambda h: h.source or ""),
        ListColumn("checked_on", _l("Compared on"), _checked, (Holiday.checked_on, Holiday.first)),
        ListColumn("entered_by", _l("Entered by"), lambda h: h.entered_by, wide_only=True),
        ListColumn("note", _l("Note"), lambda h: h.note or "", wide_only=True),
    ),
    default_sort="days",
    filters=(
        Filter("year", _l("Year"), queries.years, lambda value: sa.extract("year", Holiday.first) == int(value)),
        Filter("kind", _l("Kind"), lambda: choices_of(HolidayKind), lambda value: Holiday.kind == value),
        Filter("state", _l("Announced?"), lambda: choices_of(HolidayState), lambda value: Holiday.state == value),
    ),
    form=HolidayForm,
    prepare=_prepare,
    save=operations.save_holiday,
    delete=operations.delete_holiday,
    readers=EVERYBODY,
    after=_after,
    list_template="holidays/list.html",
)
register(bp, HOLIDAYS)


@bp.post("/holidays/official")
@allow(CATALOGUE_EDITORS)
@asks
def add_shipped() -> Response:
    added = operations.add_shipped(actor=current_user)
    db.session.commit()
    if added:
        flash(_("%(count)d rows were added. Compare those that nobody has compared yet.", count=added), "success")
    else:
        flash(_("All official days that this release knows stand in the list already."), "info")
    return redirect(url_for("holidays.holidays"))
