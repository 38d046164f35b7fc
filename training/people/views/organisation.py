"""Pages over units in time: reorganisations, places in the trees, headcounts then and now."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import CATALOGUE_EDITORS, READERS, allow, current_scope
from ...core.db import db
from ...core.errors import Refused
from ...core.forms import choices_of, is_id, parse_day
from ...core.i18n import today
from ...web.confirming import asks
from .. import history, queries, reorganisation
from ..blueprint import bp
from ..forms import ParentForm, ReorganisationForm
from ..models import Tree, Unit, UnitKind, UnitLink, UnitSuccession

_MOST_CHOICES = 300  # people whose unit is chosen one by one on a page; more are placed by a sheet


@bp.route("/units/reorganise", methods=["GET", "POST"])
@allow(CATALOGUE_EDITORS)
def reorganise() -> str | Response:
    """Close, merge or split units: a preview of the moves first, then the act."""
    form = ReorganisationForm(data={"predecessor_ids": request.args.getlist("unit", int), "closes": True})
    units = queries.every_unit(only_living=True)
    form.predecessor_ids.choices = form.successor_ids.choices = units
    plan = preview = None
    if form.validate_on_submit():
        plan = _plan(form)
        try:
            if "apply" in request.form:
                moved = reorganisation.reorganise(plan, actor=current_user)
                db.session.commit()
                flash(
                    _(
                        "Done: %(people)d people and %(units)d units below moved.",
                        people=sum(unit is not None for _person, unit in moved.people),
                        units=len(moved.units),
                    ),
                    "success",
                )
                return redirect(url_for("people.unit", id=plan.predecessors[0].id))
            preview = reorganisation.preview(plan)
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
    return render_template(
        "people/reorganise.html",
        form=form,
        plan=plan,
        preview=preview,
        counts=_by_target(preview) if preview else [],
        choose=preview is not None and _one_by_one(plan, preview),
    )


def _one_by_one(plan: reorganisation.Reorganisation | None, preview: reorganisation.ReorganisationPreview) -> bool:
    """Return whether there is something to choose for each person, and few enough of them."""
    assert plan is not None
    options = len(plan.successors) + (not plan.closes)
    return options > 1 and len(preview.people) <= _MOST_CHOICES


def _plan(form: ReorganisationForm) -> reorganisation.Reorganisation:
    def chosen(ids: list[int] | None) -> list[Unit]:
        ids = ids or []
        found = {unit.id: unit for unit in db.session.scalars(sa.select(Unit).where(Unit.id.in_(ids)))}
        return [found[unit_id] for unit_id in ids if unit_id in found]

    placements = {
        int(name.removeprefix("place-")): int(value)
        for name, value in request.form.items()
        if is_id(name.removeprefix("place-")) and is_id(value)
    }
    assert form.since.data is not None, "the form requires it"
    return reorganisation.Reorganisation(
        chosen(form.predecessor_ids.data),
        chosen(form.successor_ids.data),
        form.since.data,
        form.paper.data,
        form.closes.data,
        placements,
    )


def _by_target(preview: reorganisation.ReorganisationPreview) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for _person, unit in preview.people:
        name = unit.name if unit is not None else _("stay where they are")
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda entry: -entry[1])


@bp.route("/units/<int:id>/parent", methods=["GET", "POST"])
@allow(CATALOGUE_EDITORS)
def unit_parent(id: int) -> str | Response:
    """Put a unit below another one from a day on, in the state tree or in that of the Party."""
    row = db.session.scalar(queries.units(current_scope()).where(Unit.id == id)) or abort(404)
    form = ParentForm()
    form.tree.offer(choices_of(Tree))
    form.parent_id.offer((unit_id, name) for unit_id, name in queries.every_unit() if unit_id != id)
    if form.validate_on_submit():
        assert form.since.data is not None, "the form requires it"
        parent = db.session.get(Unit, form.parent_id.data) if form.parent_id.data else None
        try:
            reorganisation.set_parent(row, parent, form.tree.data, since=form.since.data, actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Saved: %(row)s", row=row), "success")
            return redirect(url_for("people.unit", id=id))
    return render_template("people/unit_parent.html", form=form, unit=row)


@bp.post("/units/links/<int:id>/delete")
@allow(CATALOGUE_EDITORS)
@asks
def unit_link_delete(id: int) -> Response:
    row = db.session.get(UnitLink, id) or abort(404)
    unit_id = row.unit_id
    reorganisation.delete_unit_link(row, actor=current_user)
    db.session.commit()
    return redirect(url_for("people.unit", id=unit_id))


@bp.post("/units/successions/<int:id>/delete")
@allow(CATALOGUE_EDITORS)
@asks
def unit_succession_delete(id: int) -> Response:
    row = db.session.get(UnitSuccession, id) or abort(404)
    unit_id = row.predecessor_id
    reorganisation.delete_unit_succession(row, actor=current_user)
    db.session.commit()
    return redirect(url_for("people.unit", id=unit_id))


@bp.get("/units/headcounts")
@allow(READERS)
def headcounts() -> str:
    """Show people by unit on a day: in the units of that day, or in those that do their work today."""
    day = parse_day(request.args.get("day", "")) or today()
    now = request.args.get("units") == "now"
    tree = Tree.PARTY if request.args.get("tree") == Tree.PARTY else Tree.STATE
    found = history.headcounts(day, current_scope(), now=now, tree=tree)
    root = request.args.get("below", type=int)
    chosen = found.by_unit.get(root) if root else None
    rows = [found.by_unit[i] for i in (chosen.children if chosen else found.tops)]
    return render_template(
        "people/headcounts.html",
        day=day,
        now=now,
        tree=tree,
        trees=choices_of(Tree),
        found=found,
        chosen=chosen,
        path=_path(found, chosen),
        rows=[row for row in rows if row.people_below or chosen or row.children],
        kinds=[(UnitKind(kind).label, count) for kind, count in _in_order(found.kinds)],
        kind_label=lambda kind: UnitKind(kind).label,
        address=lambda **changes: _address(day, now, tree, **changes),
    )


def _in_order(kinds: dict[str, int]) -> list[tuple[str, int]]:
    order = list(UnitKind)
    return sorted(kinds.items(), key=lambda entry: order.index(UnitKind(entry[0])))


def _path(found: history.Headcounts, chosen: history.Headcount | None) -> list[Unit]:
    """Return the units above the chosen one, the topmost first."""
    above = {child: unit_id for unit_id, count in found.by_unit.items() for child in count.children}
    path: list[Unit] = []
    unit_id = above.get(chosen.unit.id) if chosen is not None and chosen.unit is not None else None
    while unit_id is not None and len(path) < 30:
        unit = found.by_unit[unit_id].unit
        if unit is not None:
            path.insert(0, unit)
        unit_id = above.get(unit_id)
    return path


def _address(day: date, now: bool, tree: str, **changes: Any) -> str:
    parameters = {"day": f"{day:%d/%m/%Y}", "units": "now" if now else None, "tree": tree, **changes}
    return url_for("people.headcounts", **{key: value for key, value in parameters.items() if value})
