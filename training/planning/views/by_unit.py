"""Pages of a run by unit: what each unit asked for and got, its floor, and what stood against the rest."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from ...classes.models import TrainingClass
from ...core.access import PLAN_READERS, PLANNERS, Scope, allow, current_roles, current_scope
from ...core.db import db
from ...core.i18n import number, percent
from ...core.tables import Filter, ListColumn, Page, listing, listing_of, named
from ...courses.models import Course
from ...exports.asking import ask_for_file
from ...files.sheets import XLSX
from ...gaps.rules import StandardsStanding
from ...needs.models import Need, Priority
from ...people.models import Employee, Position, Unit
from ...people.queries import in_scope, position_choices, subtree_ids, unit_choices
from .. import queries
from ..blueprint import bp
from ..by_unit import figures, forecast, standards, words
from ..by_unit.figures import RunByUnit, UnitLine
from ..models import OptimizerRun, PlanState, RunNeed, RunPerson, RunRequirement
from ..rules.reasons import reason_label, reason_sentence
from . import downloads


def readable_run(run_id: int) -> OptimizerRun:
    """Return the run, if it has a plan that the reader may read; 404 otherwise."""
    run = queries.run(run_id)
    return run if run is not None and figures.may_read(run, current_user) else abort(404)


@bp.get("/plans/in-force/units")
@allow(PLAN_READERS)
def units_in_force() -> str | Response:
    """Show the plan in force by unit."""
    run_id = figures.in_force()
    if run_id is None:
        return render_template("planning/units_none.html")
    return redirect(url_for(".run_units", id=run_id))


@bp.get("/runs/<int:id>/units")
@allow(PLAN_READERS)
def run_units(id: int) -> str:
    """Show every unit that the reader sees."""
    scope = current_scope()
    run = readable_run(id)
    found = figures.by_unit(run, scope)
    return render_template(
        "planning/units.html",
        run=run,
        found=found,
        page=_list(run, found),
        days=found.days,
        names=lambda **chosen: _names_of_all(run, found, **chosen),
    )


@bp.post("/runs/<int:id>/units/count")
@allow(PLANNERS)
def run_units_count(id: int) -> Response:
    """Have the figures about standards counted, or counted again by the records of today."""
    run = readable_run(id)
    standards.ask(run.id)
    db.session.commit()
    flash(_("The figures about standards are being counted; reload this page in a moment."), "info")
    return redirect(url_for(".run_units", id=id))


# -- the list of units --------------------------------------------------------------------------------------------


def _list(run: OptimizerRun, found: RunByUnit) -> Page:
    """Return the units in the order of the tree; searched, filtered or sorted, as one flat list."""
    columns = [
        ListColumn("unit", _l("Unit"), lambda line: _name(run, line), (lambda line: line.sort_key,),
                   narrow_note=_people),
        ListColumn("needs", _l("Needs"), lambda line: number(line.whole.needs), (lambda line: line.whole.needs,),
                   lambda line: _address(run, line), number=True),
        ListColumn("met", _l("With a seat"), lambda line: number(line.whole.met), (lambda line: line.whole.met,),
                   lambda line: _address(run, line, outcome="seat"), number=True),
        ListColumn("share", _l("Share"), lambda line: percent(line.whole.share), (lambda line: line.whole.share,),
                   number=True),
        ListColumn("floor", _l("Floor"), lambda line: _floor(run, line, found.floor), (lambda line: line.short,)),
        ListColumn("against", _l("Against the rest"), lambda line: _against(run, line),
                   (lambda line: line.whole.needs - line.whole.met,), wide_only=True),
        ListColumn("meets", _l("Meet the standard"), lambda line: _meets(line.whole.meets, line.whole.judged),
                   (lambda line: line.whole.meets,), lambda line: _people_address(run, line, before="meets"),
                   number=True, wide_only=True),
        ListColumn("after", _l("After this plan"), _after, (lambda line: line.whole.more,),
                   lambda line: _people_address(run, line, after="meets"), number=True),
    ]  # fmt: skip
    if found.total.in_force is not None:
        now = ListColumn("now", _l("With a seat today"), lambda line: number(line.whole.in_force),
                         (lambda line: line.whole.in_force,), lambda line: _address(run, line, outcome="now"),
                         number=True, wide_only=True)  # fmt: skip
        columns.insert(4, now)
    filters = (
        Filter(
            "floor",
            _l("Floor"),
            [("below", _l("Below their floor")), ("kept", _l("At their floor or above"))],
            lambda value: lambda line: bool(line.own.needs) and bool(line.short) == (value == "below"),
        ),
    )
    return listing_of(found.lines, columns, search=lambda line: line.search_key, filters=filters)


def _address(run: OptimizerRun, line: UnitLine, **further: Any) -> str:
    return url_for("planning.run_unit", id=run.id, unit_id=line.id, **further)


def _names_of_all(run: OptimizerRun, found: RunByUnit, **chosen: Any) -> str | None:
    """Return where the names behind a figure of all units are; None: on no page of their own for this reader."""
    if PLANNERS & current_roles():
        return url_for("planning.run_needs", id=run.id, **chosen)
    roots = [line for line in found.lines if not line.depth]
    return _address(run, roots[0], **chosen) if len(roots) == 1 else None


def _people_address(run: OptimizerRun, line: UnitLine, **further: Any) -> str | None:
    return url_for("planning.run_people", id=run.id, unit=line.id, **further) if line.whole.staff else None


def _name(run: OptimizerRun, line: UnitLine) -> Markup:
    """Return the name; in the order of the tree, moved to the right by what is above it."""
    flat = any(request.args.get(key) for key in ("sort", "q", "floor"))
    indent = "" if flat else "\u2003" * line.depth
    return Markup('{}<a href="{}">{}</a>').format(indent, _address(run, line), line.name)


def _people(line: UnitLine) -> str:
    whole = line.whole
    return str(_("%(met)s of %(count)s people", met=number(whole.people_met), count=number(whole.people)))


def _floor(run: OptimizerRun, line: UnitLine, floor: int) -> Markup | str:
    """Return how the unit's own needs stand against the floor, and how many units below it are under theirs."""
    parts = []
    if line.short:
        parts.append(Markup('<a class="badge text-bg-danger" href="{}">{}</a> {}').format(
            _address(run, line, of=line.id, outcome="none"),
            _("below: short of %(count)s", count=number(line.short)),
            _("%(share)s of %(floor)s", share=percent(line.own.share), floor=percent(floor / 100, 0))
        ))  # fmt: skip
    elif line.own.needs:
        parts.append(Markup("{}").format(_("kept: %(share)s", share=percent(line.own.share))))
    under = line.units_short - bool(line.short)
    if under:
        parts.append(Markup('<a href="{}">{}</a>').format(
            url_for("planning.run_units", id=run.id, floor="below"),
            _("units under it below theirs: %(count)s", count=number(under)),
        ))  # fmt: skip
    return Markup("<br>").join(parts) if parts else "–"


def _against(run: OptimizerRun, line: UnitLine) -> Markup | str:
    found = words.by_weight(line.whole)
    parts = [
        Markup('<a href="{}">{}</a>: {}').format(
            _address(run, line, reason=one.code), one.label, number(one.needs)
        )
        for one in found[: words.MOST_REASONS]
    ]
    rest = sum(one.needs for one in found[words.MOST_REASONS :])
    if rest:
        parts.append(Markup("{}: {}").format(_("other reasons"), number(rest)))
    return Markup("<br>").join(parts)


def _meets(people: int | None, judged: int | None) -> str:
    return "–" if people is None else f"{number(people)} / {number(judged)}"


def _after(line: UnitLine) -> str:
    whole = line.whole
    if whole.more is None:
        return "–"
    return f"{_meets(whole.meets_after, whole.judged_after)} ({'+' if whole.more > 0 else ''}{number(whole.more)})"


# -- one unit -----------------------------------------------------------------------------------------------------


@bp.get("/runs/<int:id>/units/<int:unit_id>")
@allow(PLAN_READERS)
def run_unit(id: int, unit_id: int) -> str:
    """Show the people of a unit and of those below it, with their seats and reasons."""
    scope = current_scope()
    run = readable_run(id)
    found = figures.by_unit(run, scope)
    lines = found.subtree(unit_id) or abort(404)
    line = lines[0]
    return render_template(
        "planning/unit.html",
        run=run,
        floor=found.floor,
        line=line,
        reasons=words.by_weight(line.whole),
        page=_names(run, lines, scope),
        days=found.days,
        meets=_meets(line.whole.meets, line.whole.judged),
        after=_after(line),
    )


def _names(run: OptimizerRun, lines: list[UnitLine], scope: Scope) -> Page:
    names = {line.id: line.name for line in lines}
    planner = bool(PLANNERS & current_roles())
    outcome = {"seat": RunNeed.option_id.is_not(None), "none": RunNeed.option_id.is_(None)}
    today = [("now", _l("With a seat today"))] if run.standing == PlanState.PUBLISHED else []

    def detail(row: RunNeed) -> str | None:
        if planner:
            return url_for("planning.run_need", id=run.id, need_id=row.need_id)
        seen = in_scope(scope, row.need.employee.unit_id)  # somebody who has left the unit since is not
        return url_for("needs.need", id=row.need_id) if seen else None

    columns = (
        ListColumn("person", _l("Person"), lambda r: r.need.employee.name, (Employee.sort_key,), detail),
        ListColumn("code", _l("Code"), lambda r: r.need.employee.code, (Employee.code,), wide_only=True),
        ListColumn("unit", _l("Unit"), lambda r: names[r.unit_id or r.need.employee.unit_id], wide_only=True),
        ListColumn("course", _l("Course"), lambda r: r.need.course.name, (Course.sort_key,)),
        ListColumn(
            "priority", _l("Priority"), lambda r: Priority(r.need.priority).label, (Need.priority,), wide_only=True
        ),
        ListColumn("result", _l("Result"), _result, (TrainingClass.code, RunNeed.reason)),
    )
    filters = (
        Filter(
            "outcome",
            _l("Result"),
            [("seat", _l("Has a seat")), ("none", _l("Without a seat")), *today],
            lambda value: figures.has_seat_now(run) if value == "now" else outcome[value],
        ),
        Filter(
            "reason",
            _l("Reason"),
            [(one.code, one.label) for one in words.by_weight(lines[0].whole)],
            lambda value: RunNeed.reason == value,
        ),
        Filter(
            "of",
            _l("People of"),
            [(line.id, line.name) for line in lines if line.own.needs],
            lambda value: int(value) == figures.UNIT_THEN,
        ),
    )
    return listing(
        figures.people_of(run, lines),
        columns,
        default_sort="person",
        search=(
            Employee.search_key,
            named(figures.UNIT_THEN, Unit),
            Course.search_key,
            TrainingClass.search_key,
        ),
        filters=filters,
        tie=RunNeed.need_id,
    )


def _result(row: RunNeed) -> Markup | str:
    if row.option:
        return str(_("Has a seat in class %(class)s.", **{"class": row.option.training_class.code}))
    return Markup('<strong>{}.</strong> <span class="small">{}</span>').format(
        reason_label(row.reason), reason_sentence(row.reason)
    )


# -- the people of units and their standards ----------------------------------------------------------------------


@bp.get("/runs/<int:id>/people")
@allow(PLAN_READERS)
def run_people(id: int) -> str:
    """Show who of the reader's units meets the standards before and after the plan."""
    scope = current_scope()
    run = readable_run(id)
    return render_template(
        "planning/people.html",
        run=run,
        days=(run.standards_on, run.standards_after) if run.standards_on else None,
        page=_standings(run, scope),
    )


def _requirement_filters(run: OptimizerRun) -> tuple[Filter, ...]:
    """Return the filters by what is missing after the plan, and by what binds: together, of one requirement."""
    words_of = forecast.requirements_of(run)
    of_key = {str(ids[0]): ids for ids in words_of.values()}
    reasons = {one for one, _count in forecast.reasons_of(run)}

    def missing(*conditions: Any) -> Any:
        ids = of_key.get(request.args.get("requirement", ""))
        return forecast.is_missing(run, *conditions, *([RunRequirement.requirement_id.in_(ids)] if ids else []))

    return (
        Filter(
            "requirement",
            _l("Missing after this plan"),
            [(str(ids[0]), f"{kind}: {text}") for (kind, text), ids in words_of.items()],
            lambda value: missing(),
        ),
        Filter(
            "reason",
            _l("What binds"),
            sorted(((one, words.binding_label(one)) for one in reasons), key=lambda pair: pair[1]),
            lambda value: missing(RunRequirement.reason == value),
        ),
    )


def _standings(run: OptimizerRun, scope: Scope) -> Page:
    def detail(row: RunPerson) -> str | None:
        seen = in_scope(scope, row.employee.unit_id)  # somebody who has left the unit since is not
        return url_for("gaps.person", id=row.employee_id) if seen else None

    columns = (
        ListColumn(
            "name", _l("Full name"), lambda r: r.employee.name, (Employee.sort_key,), detail,
            narrow_note=lambda r: r.unit.name,
        ),
        ListColumn("code", _l("Code"), lambda r: r.employee.code, (Employee.code,), wide_only=True),
        ListColumn("unit", _l("Unit"), lambda r: r.unit.name, (Unit.sort_key, Employee.sort_key), wide_only=True),
        ListColumn(
            "position", _l("Position"), lambda r: r.position.name if r.position else "", (Position.sort_key,),
            wide_only=True,
        ),
        ListColumn("before", _l("When it was made"), lambda r: r.before.label, (RunPerson.standing,)),
        ListColumn("after", _l("After this plan"), lambda r: r.after.label, (RunPerson.standing_after,)),
    )  # fmt: skip
    standings = [(one.value, one.label) for one in StandardsStanding]
    filters = (
        Filter(
            "unit",
            _l("Unit (with those below)"),
            lambda: unit_choices(scope),
            lambda value: RunPerson.unit_id.in_(subtree_ids([int(value)])),
        ),
        *(
            [
                Filter(
                    "of",
                    _l("People of"),
                    lambda: unit_choices(scope),
                    lambda value: RunPerson.unit_id == int(value),
                )
            ]
            if request.args.get("of")
            else []
        ),
        Filter("position", _l("Position"), position_choices, lambda value: RunPerson.position_id == int(value)),
        Filter("before", _l("When it was made"), standings, lambda value: RunPerson.standing == value),
        Filter("after", _l("After this plan"), standings, lambda value: RunPerson.standing_after == value),
        *_requirement_filters(run),
    )
    return listing(
        figures.standings_of(run, scope),
        columns,
        default_sort="name",
        search=(Employee.search_key, named(RunPerson.unit_id, Unit), named(RunPerson.position_id, Position)),
        filters=filters,
        tie=RunPerson.employee_id,
    )


# -- the workbook -------------------------------------------------------------------------------------------------


@bp.route("/runs/<int:id>/units.xlsx", methods=["GET", "POST"])
@allow(PLAN_READERS)
def run_units_export(id: int) -> str | Response:
    """Export the same figures, and all names; the worker makes a large workbook."""
    scope = current_scope()
    run = readable_run(id)
    if downloads.many(figures.by_unit(run, scope).total.needs):
        return ask_for_file(downloads.BY_UNIT, {"run": id}, _("By unit: %(plan)s", plan=run.plan))
    name, content = downloads.units_file(run, scope, current_user)
    db.session.commit()
    return send_file(BytesIO(content), mimetype=XLSX, as_attachment=True, download_name=name)
