"""Actions on single seats: confirm, decline, accept, place, substitute, swap; and cancel a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import ANSWERERS, PLANNERS, REGISTRARS, Role, allow, current_roles, current_scope
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.forms import Form, is_id
from ...core.i18n import number
from ...people.models import Employee
from ...web.confirming import asks
from .. import queries
from ..blueprint import bp
from ..forms import ExchangeForm, GroundForm, ReasonForm, SubstituteForm
from ..models import Enrolment
from ..rearranging import ejection_chains, manual, responses, swaps
from ..waiting_list import promotion


def _done(act: Callable[[], Any], said: str) -> bool:
    """Do it and commit; return whether it succeeded. A refusal is shown on the next page."""
    try:
        act()
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
        return False
    flash(said, "success")
    return True


def _seat(id: int) -> Enrolment:
    """Return an active seat of the user, or of a person of the user's units."""
    return queries.seat(id, current_scope()) or abort(404)


def _back(seat: Enrolment) -> str:
    if current_roles() & REGISTRARS:
        return url_for(".decision", need_id=seat.need_id)
    return url_for(".mine")


def _own(employee_id: int) -> bool:
    return Role.TRAINEE in current_roles() and employee_id == current_scope().employee_id


@bp.post("/seats/of/<int:id>/confirm")
@allow(ANSWERERS)
def confirm(id: int) -> Response:
    seat = _seat(id)
    _done(lambda: responses.confirm(seat, actor=current_user), _("Confirmed. See you in class."))
    return redirect(_back(seat))


@bp.post("/seats/of/<int:id>/accept")
@allow(ANSWERERS)
def accept(id: int) -> Response:
    seat = _seat(id)
    _done(lambda: responses.accept(seat, actor=current_user), _("Accepted: the seat is taken."))
    return redirect(_back(seat))


def _submitted(form: Form, act: Callable[[], Any], said: str) -> bool:
    """Do what a form asks for; False: it was not submitted, or the action was refused and the form shows why."""
    if not form.validate_on_submit():
        return False
    try:
        act()
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        form.show(refused)
        return False
    flash(said, "success")
    return True


def _with_reason(form: ReasonForm, act: Callable[[], Any], said: str, back: str, **shown: Any) -> str | Response:
    """Handle the page of an action that needs a reason: its effect, the form, and the action."""
    if _submitted(form, act, said):
        return redirect(back)
    return render_template("enrolments/act.html", form=form, back=back, **shown)


@bp.route("/seats/of/<int:id>/decline", methods=["GET", "POST"])
@allow(ANSWERERS)
def decline(id: int) -> str | Response:
    seat, form = _seat(id), ReasonForm()
    return _with_reason(
        form,
        lambda: responses.decline(seat, reason=form.reason.data or "", actor=current_user),
        _("The seat was given back."),
        _back(seat),
        seat=seat,
        title=_("Give back a seat"),
        told=_("The seat goes to whoever waits next. The need stays without a seat in this plan."),
        submit=_("Give it back"),
    )


@bp.route("/seats/of/<int:id>/take-back", methods=["GET", "POST"])
@allow(PLANNERS)
def take_back(id: int) -> str | Response:
    seat, form = _seat(id), ReasonForm()
    return _with_reason(
        form,
        lambda: manual.take_back(seat, reason=form.reason.data or "", actor=current_user),
        _("The seat was taken back."),
        url_for(".decision", need_id=seat.need_id),
        seat=seat,
        title=_("Take back a seat"),
        told=_(
            "The person waits again, before others of equal value, for the other classes of the course; the seat "
            "goes to whoever waits next. This class is not offered to the same person again, unless you allow it "
            "later."
        ),
        submit=_("Take it back"),
    )


@bp.route("/seats/of/<int:id>/substitute", methods=["GET", "POST"])
@allow(REGISTRARS)
def substitute(id: int) -> str | Response:
    seat, form = _seat(id), SubstituteForm()

    def act() -> None:
        instead = db.session.get_one(Employee, form.instead.data)
        manual.substitute(seat, instead, reason=form.reason.data or "", actor=current_user)

    return _with_reason(
        form,
        act,
        _("The other person has the seat."),
        url_for(".seats"),
        seat=seat,
        title=_("Send another person"),
        told=_("Somebody of the same unit who has an approved need for this course goes instead."),
        submit=_("Send the other"),
        stand_ins=manual.stand_ins(seat),
    )


@bp.route("/seats/of/<int:id>/exchange", methods=["GET", "POST"])
@allow(REGISTRARS)
def exchange(id: int) -> str | Response:
    """List the people with whom a swap is possible, and do it."""
    seat, form = _seat(id), ExchangeForm()

    def act() -> None:
        held = swaps.seat_in_course(form.other.data, seat)
        other = queries.seat(held.id, current_scope()) if held else None
        if other is None:
            raise Refused(Fault("other", _("This person has no seat in another class of the course.")))
        swaps.exchange(seat, other, reason=(form.reason.data or "").strip(), actor=current_user)

    back = url_for(".roster", id=seat.class_id)
    if _submitted(form, act, _("The two have changed classes.")):
        return redirect(back)
    found = swaps.partners(seat, current_scope())
    return render_template("enrolments/exchange.html", form=form, seat=seat, partners=found, back=back)


@bp.post("/waiting/<int:id>/leave")
@allow(ANSWERERS)
@asks
def leave(id: int) -> Response:
    entry = queries.waiting_entry(id, current_scope()) or abort(404)
    _done(lambda: promotion.leave(entry, actor=current_user), _("You wait no longer."))
    return redirect(url_for(".mine") if _own(entry.need.employee_id) else url_for(".seats"))


@bp.post("/needs/<int:need_id>/wait")
@allow(ANSWERERS)
def join(need_id: int) -> Response:
    """Join the waiting list (again): after leaving it, giving a seat back, or not accepting an offer."""
    need, _row = queries.decision(need_id, current_scope()) or abort(404)
    _done(lambda: promotion.join(need, actor=current_user), _("On the waiting list again."))
    return redirect(url_for(".mine") if _own(need.employee_id) else url_for(".decision", need_id=need_id))


@bp.post("/seats/of/<int:id>/offer-again")
@allow(PLANNERS)
def offer_again(id: int) -> Response:
    """Allow the waiting list to offer the class of a lost seat to the same person again."""
    seat = queries.kept_out_seat(id) or abort(404)
    _done(lambda: manual.offer_again(seat, actor=current_user), _("The class may be offered again."))
    return redirect(url_for(".decision", need_id=seat.need_id))


@bp.route("/needs/<int:need_id>/place", methods=["GET", "POST"])
@allow(PLANNERS)
def place(need_id: int) -> str | Response:
    """List every open class of the course with the rules that a seat in it would break; give one."""
    need = queries.need(need_id) or abort(404)
    form: Form = GroundForm()
    if request.method == "POST" and form.validate():
        class_id = request.form.get("class_id", type=int) or abort(400)
        ground = form.values()["ground"]
        if _done(lambda: manual.place(need, class_id, actor=current_user, ground=ground), _("The seat is given.")):
            return redirect(url_for(".decision", need_id=need_id))
    try:
        alternatives = manual.alternatives(need)
    except Refused as refused:  # for example withdrawn meanwhile
        for fault in refused.faults:
            flash(fault.message, "danger")
        return redirect(url_for(".seats"))
    return render_template(
        "enrolments/place.html",
        need=need,
        form=form,
        alternatives=alternatives,
        chains=ejection_chains.chains(need, alternatives),
        wanted=request.args.get("class", type=int),
    )


@bp.post("/needs/<int:need_id>/chain")
@allow(PLANNERS)
def place_chain(need_id: int) -> Response:
    """Move others to other classes and give the need the seat that becomes free."""
    need = queries.need(need_id) or abort(404)
    into = request.form.get("into", type=int) or abort(400)
    steps = _steps(request.form.get("moves", "")) or abort(400)
    if _done(
        lambda: ejection_chains.place_by_chain(need, into, steps, actor=current_user),
        _("Everybody has their new seat."),
    ):
        return redirect(url_for(".decision", need_id=need_id))
    return redirect(url_for(".place", need_id=need_id))


def _steps(text: str) -> list[ejection_chains.ChainStep]:
    """Parse "seat.version.class" of each move, separated by spaces; empty if the text is malformed."""
    parts = [part.split(".") for part in text.split()]
    if any(len(part) != 3 or not all(map(is_id, part)) for part in parts):
        return []
    return [ejection_chains.ChainStep(int(seat), int(version), int(to)) for seat, version, to in parts]


@bp.route("/classes/<int:id>/cancel", methods=["GET", "POST"])
@allow(PLANNERS)
def cancel_class(id: int) -> str | Response:
    """Show who is affected if the class is cancelled, and cancel it."""
    opened = queries.open_class(id) or abort(404)
    form = ReasonForm()
    touched = manual.touched_by_cancelling(opened)
    return _with_reason(
        form,
        lambda: manual.cancel_class(opened, reason=form.reason.data or "", actor=current_user),
        _("The class is called off."),
        url_for("classes.training_class", id=id),
        title=_("Call off class %(code)s", code=opened.training_class.code),
        told=_(
            "%(count)s people lose their seat. They wait again, before others of equal value; where another class "
            "of the course has room, they are offered it.",
            count=number(len(touched)),
        ),
        touched=touched,
        submit=_("Call it off"),
    )
