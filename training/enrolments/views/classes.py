"""Pages that change a running class: other days, split, merge, last day of entry.

Each page first shows who is affected.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from ...classes.calendars import on_holidays
from ...classes.models import ClassOption, TrainingClass
from ...classes.panels import class_panels
from ...core.access import PLANNERS, READERS, TRAINEES, Role, allow, current_roles, current_scope
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import day, number
from ...holidays.work_calendar import Period
from .. import queries
from ..blueprint import bp
from ..forms import CalendarForm, LastEntryForm, MergeForm, SplitForm, WithGround
from ..models import Enrolment, OpenClass
from ..rearranging import manual, reschedule
from ..rearranging.new_options import idle_options
from ..rearranging.reschedule import ClassActPreview
from ..seats import admission
from ..seats.obstacles import Situation


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member of the class, as shown on the page of a change."""

    seat: Enrolment
    ticked: bool
    why: Sequence[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """The preview as the page shows it."""

    lines: Sequence[MemberLine]
    in_the_way: Sequence[str]
    touched: int
    cannot: int
    stays: bool
    free: int
    waiting: int


def _open(id: int) -> OpenClass:
    return queries.open_class(id) or abort(404)


def _days(option: ClassOption) -> str:
    return ", ".join(f"{day(run.first)} – {day(run.last)}" for run in option.runs)


def _taken(made: TrainingClass) -> str:
    most, taken = number(made.max_seats), number(made.seats_taken)
    return str(_("%(taken)s of %(most)s seats taken", taken=taken, most=most))


def _calendar(option: ClassOption) -> str:
    return f"{_days(option)}, {option.place.name}"


def _seen(preview: ClassActPreview, ticked: Collection[int], *, cannot_first: bool = True) -> Seen:
    lines = [
        MemberLine(seat, seat.need_id in ticked, [broken.named for broken in preview.cannot.get(seat.need_id, ())])
        for seat in preview.members
    ]
    if cannot_first:
        lines.sort(key=lambda line: not line.why)
    in_the_way = [broken.named for broken in preview.in_the_way]
    return Seen(
        lines,
        in_the_way,
        len(preview.members),
        len(preview.cannot),
        preview.stays,
        preview.free,
        preview.waiting,
    )


def _tell_of_holidays(code: str, periods: list[Period]) -> None:
    told = on_holidays(code, periods)
    if told:
        flash(told, "warning")


def _ticked() -> list[int]:
    return request.form.getlist("ticked", type=int)


def _act(
    opened: OpenClass,
    form: WithGround,
    look: Callable[[], ClassActPreview],
    propose: Callable[[ClassActPreview], Collection[int]],
    do: Callable[[], Any],
    said: Callable[[], str],
    **shown: Any,
) -> str | Response:
    """Handle the page of a change.

    It shows the form; on "look" the preview; on "do" it makes the change and returns to the class.
    """
    seen = None
    if form.validate_on_submit():
        doing = request.form.get("act") == "do"
        try:
            if doing:
                do()
                db.session.commit()
                flash(said(), "success")
                _tell_of_holidays(opened.option.code, opened.option.periods)
                return redirect(url_for("classes.training_class", id=opened.class_id))
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        try:
            preview = look()
            seen = _seen(preview, _ticked() if doing else propose(preview))
        except Refused as refused:
            if not doing:
                form.show(refused)
        db.session.rollback()
    return render_template("enrolments/reshape.html", opened=opened, form=form, seen=seen, **shown)


@bp.route("/classes/<int:id>/move", methods=["GET", "POST"])
@allow(PLANNERS)
def move_class(id: int) -> str | Response:
    """Move a class to other days or another place; people who cannot come are listed by name."""
    opened = _open(id)
    now = opened.option
    before = _calendar(now)
    form = CalendarForm(
        data={
            "place_id": now.place_id,
            "sessions": [{"first": run.first, "last": run.last} for run in now.sessions],
            "room_ids": now.room_ids,
            "lecturer_ids": now.lecturer_ids,
        }
    )
    others = [option for option in opened.training_class.options if option.id != now.id]
    form.offer((option.id, f"{option.code}: {_days(option)} · {option.place.name}") for option in others)

    def to() -> Any:
        return form.option_id.data or form.calendar()

    return _act(
        opened,
        form,
        lambda: reschedule.look_at_move(opened, to(), actor=current_user),
        lambda preview: list(preview.cannot),
        lambda: reschedule.move_class(
            opened,
            to(),
            leaving=_ticked(),
            reason=form.reason.data or "",
            ground=form.ground.data,
            actor=current_user,
        ),
        lambda: _moved(opened, before),
        title=_("Move class %(code)s to other days", code=opened.training_class.code),
        told=_("Everybody in the class comes along; whoever confirmed the old days is asked again."),
        tick=_("Loses the seat"),
        submit=_("Move the class"),
    )


def _moved(opened: OpenClass, before: str) -> str:
    code, now = opened.training_class.code, _calendar(opened.option)
    if now == before:
        return str(_("Class %(code)s keeps its days and place; its rooms and lecturers are changed.", code=code))
    return str(_("Class %(code)s has moved. Before: %(before)s. Now: %(now)s.", code=code, before=before, now=now))


def _half(preview: ClassActPreview) -> list[int]:
    """Propose about half of the class, keeping people of one unit together."""
    by_unit = sorted(preview.members, key=lambda seat: (seat.employee.unit.sort_key, seat.id))
    return [seat.need_id for seat in by_unit[(len(by_unit) + 1) // 2 :]]


@bp.route("/classes/<int:id>/split", methods=["GET", "POST"])
@allow(PLANNERS)
def split_class(id: int) -> str | Response:
    """Move part of the class to a second one."""
    opened = _open(id)
    made = opened.training_class
    form = SplitForm(
        data={
            "code": f"{made.code}-2"[:40],
            "min_seats": 1,
            "max_seats": made.max_seats,
            "place_id": opened.option.place_id,
            "sessions": [{"first": run.first, "last": run.last} for run in opened.option.sessions],
        }
    )
    form.offer(
        (option.id, f"{option.training_class.code} · {_days(option)} · {option.place.name}")
        for option in idle_options(opened)
    )

    def into() -> Any:
        return form.option_id.data or form.new_class()

    def look() -> ClassActPreview:
        members = manual.touched_by_cancelling(opened)
        going = _ticked() or _half(ClassActPreview(members, {}, ()))
        return reschedule.look_at_split(opened, into(), going, actor=current_user)

    return _act(
        opened,
        form,
        look,
        lambda preview: [n for n in _ticked() or _half(preview) if n not in preview.cannot],
        lambda: reschedule.split_class(
            opened,
            into(),
            going=_ticked(),
            reason=form.reason.data or "",
            ground=form.ground.data,
            actor=current_user,
        ),
        lambda: _("The class is split in two."),
        title=_("Split class %(code)s", code=made.code),
        told=_("Whoever is ticked goes to the second class; nobody loses their seat."),
        tick=_("Goes to the second class"),
        submit=_("Split the class"),
    )


@bp.route("/classes/<int:id>/merge", methods=["GET", "POST"])
@allow(PLANNERS)
def merge_class(id: int) -> str | Response:
    """Move everybody to another class of the course and cancel this one."""
    opened = _open(id)
    form = MergeForm()
    others = {other.class_id: other for other in reschedule.partners(opened)}
    form.class_id.offer(
        (other.class_id, f"{other.training_class.code} · {_days(other.option)} · {_taken(other.training_class)}")
        for other in others.values()
    )
    return _act(
        opened,
        form,
        lambda: reschedule.look_at_merge(opened, others[form.class_id.data]),
        lambda preview: list(preview.cannot),
        lambda: reschedule.merge_class(
            opened,
            others[form.class_id.data],
            leaving=_ticked(),
            reason=form.reason.data or "",
            ground=form.ground.data,
            actor=current_user,
        ),
        lambda: _("The two classes are one."),
        title=_("Merge class %(code)s into another", code=opened.training_class.code),
        told=_("Everybody goes to the other class of the course, and this one does not take place."),
        tick=_("Loses the seat"),
        submit=_("Merge the classes"),
    )


@bp.post("/classes/<int:id>/last-entry")
@allow(PLANNERS)
def last_entry(id: int) -> Response:
    opened, form = _open(id), LastEntryForm()
    if form.validate():
        _told(
            lambda: manual.set_last_entry(opened, form.last_entry_on.data, actor=current_user),
            _("The last day of entry is set."),
        )
    else:
        flash("; ".join(str(fault) for fault in form.last_entry_on.errors), "danger")
        typed = request.form.get("last_entry_on", "")[:40]
        return redirect(url_for("classes.training_class", id=id, last_entry_on=typed))
    return redirect(url_for("classes.training_class", id=id))


@bp.post("/classes/<int:id>/plan-again")
@allow(PLANNERS)
def plan_again(id: int) -> Response:
    """Allow later plans to run a class that was called off."""
    row = queries.latest_open(id) or abort(404)
    _told(
        lambda: manual.plan_again(row, actor=current_user), _("The next run of the optimizer may open it again.")
    )
    return redirect(url_for("classes.training_class", id=id))


def _told(act: Callable[[], Any], said: str) -> None:
    try:
        act()
        db.session.commit()
        flash(said, "success")
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")


@class_panels.add(20)
def class_panel(row: TrainingClass) -> Markup | str:
    """Render how the class runs.

    Readers also see who has a seat against a rule and why; planners see the possible changes.
    """
    reader = bool(current_roles() & READERS)
    opened = queries.latest_open(row.id)
    if opened is None and not reader:
        return ""
    form = LastEntryForm(formdata=None, obj=opened) if opened else None
    if form is not None and request.args.get("last_entry_on"):
        form.last_entry_on.raw_data = [request.args["last_entry_on"]]  # keep the refused input for correction
    kept = []
    if reader and opened is not None and opened.cancelled_at is None:
        against = queries.roster(row.id, current_scope(READERS)).where(Enrolment.override_ground.is_not(None))
        kept = list(db.session.scalars(against.order_by(Enrolment.id)))
    return Markup(
        render_template(
            "enrolments/_class_panel.html",
            training_class=row,
            opened=opened,
            last_entry=admission.last_entry(opened) if opened else None,
            form=form,
            kept=kept,
            reader=reader,
            planner=Role.PLANNER in current_roles(),
        )
    )


@class_panels.add(22)
def own_standing(row: TrainingClass) -> Markup | str:
    """Render the obstacles of this class for a person who wants the course and has no seat, as on every page."""
    employee_id = current_scope(TRAINEES).employee_id
    if employee_id is None:
        return ""
    found = [unmet.need for unmet in queries.unmet_of(employee_id) if unmet.published]
    found = [need for need in found if need.course_id == row.course_id]
    if not found:
        return ""
    standings = [one for one in Situation(found).classes(found[0].id) if one.made.id == row.id]
    return Markup(render_template("enrolments/_own_standing.html", standings=standings)) if standings else ""
