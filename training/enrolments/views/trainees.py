"""Pages of trainees: the month, the calendar feed, requests for another class; and the month of a unit."""

from __future__ import annotations

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from ...classes.models import TrainingClass
from ...classes.panels import class_panels
from ...core.access import READERS, STAFF, TRAINEES, allow, current_roles, current_scope, public
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import today
from ...holidays.queries import work_calendar
from ...people.models import Employee
from ...people.queries import kept_employees, subtree_ids, unit_choices
from ...web.addresses import absolute
from ...web.confirming import asks
from ..blueprint import bp
from ..calendar import feed, months
from ..forms import ReasonForm
from ..rearranging import requests
from ..trainee_models import CalendarFeed


def _me() -> int:
    return current_scope().employee_id or abort(404)


# -- months ----------------------------------------------------------------------------------------------------


@bp.get("/my-classes/calendar")
@allow(TRAINEES)
def my_month() -> str:
    """Show the user's classes and absences, one month at a time."""
    month = months.month_of(request.args.get("month", ""), today())
    entries = months.own(_me(), month)
    return render_template(
        "enrolments/my_month.html",
        month=month,
        holidays=work_calendar().off,
        entries=entries,
        classes=months.classes_of(entry for day in entries.values() for entry in day),
        later=None if entries else months.next_class_day(month, Employee.id == _me()),
        today=today(),
    )


@bp.get("/seats/calendar")
@allow(READERS)
def unit_month() -> str:
    """Show seats and absences of the user's people side by side, optionally of one unit and those below it."""
    scope = current_scope()
    month = months.month_of(request.args.get("month", ""), today())
    units = unit_choices(scope)
    unit = request.args.get("unit", type=int)
    people = kept_employees(scope)
    if unit in dict(units):
        people = people & Employee.unit_id.in_(subtree_ids([unit])) if unit is not None else people
    else:
        unit = None
    page = max(1, request.args.get("page", 1, type=int) or 1)
    board = months.board(month, people, page)
    return render_template(
        "enrolments/unit_month.html",
        month=month,
        holidays=work_calendar().off,
        board=board,
        classes=months.classes_of(entry for row in board.rows for cell in row.cells for entry in cell),
        later=None if board.rows else months.next_class_day(month, people),
        units=units,
        unit=unit,
        page=page,
        pages=max(1, -(-board.total // months.PEOPLE_SHOWN)),
        today=today(),
    )


# -- the calendar feed -----------------------------------------------------------------------------------------


@bp.get("/my-classes/feed")
@allow(TRAINEES)
def feed_settings() -> str:
    """Show the user's secret address. Viewing creates nothing, so it may be repeated."""
    standing = feed.feed_of(_me())
    token = feed.secret_of(standing) if standing is not None else None
    address = absolute(url_for(".calendar", token=token)) if token else None
    return render_template("enrolments/feed.html", feed=standing, address=address)


def _named(standing: CalendarFeed) -> str:
    """Identify the address shown on the page, so that a confirmation never applies to a later one."""
    return f"{standing.id}.{standing.version}"


@bp.get("/my-classes/feed/new")
@allow(TRAINEES)
def feed_ask() -> str | Response:
    """Ask whether the present address shall end."""
    standing = feed.feed_of(_me())
    if standing is None:
        return redirect(url_for(".feed_settings"))
    return render_template("enrolments/feed_new.html", feed=standing, named=_named(standing))


@bp.post("/my-classes/feed")
@allow(TRAINEES)
def feed_new() -> Response:
    """Create a new secret address.

    The present one ends only if the form names it, so a form sent twice creates one address.
    """
    standing = feed.hold_feed(_me())  # of simultaneous requests, one creates it and the others find it
    named = request.form.get("replaces", "")
    if standing is not None and named != _named(standing):
        return redirect(url_for(".feed_settings" if named else ".feed_ask"))
    feed.new_address(_me(), actor=current_user)
    db.session.commit()
    flash(_("Your address is made: subscribe to it."), "success")
    return redirect(url_for(".feed_settings"))


@bp.post("/my-classes/feed/end")
@allow(TRAINEES)
@asks
def feed_end() -> Response:
    feed.end_address(_me(), actor=current_user)
    db.session.commit()
    flash(_("The address no longer works."), "success")
    return redirect(url_for(".feed_settings"))


@bp.get("/calendar/<token>.ics")
@public
def calendar(token: str) -> Response:
    """Return the calendar that belongs to the secret; for programs, which send no password."""
    employee_id = feed.reader_of(token) or abort(404)
    rows = feed.events(employee_id)
    response = make_response(feed.as_ical(rows))
    db.session.commit()
    response.content_type = "text/calendar; charset=utf-8"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    response.last_modified = feed.changed(rows)
    return response.make_conditional(request)


# -- another class ---------------------------------------------------------------------------------------------


@bp.route("/my-classes/<int:need_id>/other", methods=["GET", "POST"])
@allow(TRAINEES)
def ask_other(need_id: int) -> str | Response:
    """Show the classes that may be requested, with their effect on others; send a request."""
    need = requests.own_need(need_id, _me()) or abort(404)
    form, refusals = ReasonForm(), []
    if form.validate_on_submit():
        class_id = request.form.get("class_id", type=int) or abort(400)
        try:
            requests.ask(need, class_id, form.reason.data or "", actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Your request was sent to the planner."), "success")
            return redirect(url_for(".mine"))
    try:
        choices = requests.choices(need)
    except Refused as refused:
        choices, refusals = requests.Choices([], []), [fault.message for fault in refused.faults]
    return render_template(
        "enrolments/ask_other.html",
        need=need,
        form=form,
        choices=choices,
        refusals=refusals,
        waiting=requests.open_requests([need.id]).get(need.id),
    )


@bp.post("/seat-requests/<int:id>/withdraw")
@allow(TRAINEES)
def request_withdraw(id: int) -> Response:
    row = requests.request(id, current_scope()) or abort(404)
    if row.need.employee_id != _me():
        abort(404)
    try:
        requests.withdraw(row, actor=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "danger")
    else:
        flash(_("You ask for it no longer."), "success")
    return redirect(url_for(".mine"))


def own_requests(employee_id: int) -> Markup:
    """Render the person's requests, for their page of classes."""
    return Markup(render_template("enrolments/_requests.html", requests=requests.requests_of(employee_id)))


@class_panels.add(25)
def class_messages(row: TrainingClass) -> Markup | str:
    """Render the link from a class's page to the messages sent about it."""
    if not current_roles() & STAFF:
        return ""
    return Markup(render_template("enrolments/_class_messages.html", training_class=row))
