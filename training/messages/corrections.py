"""Pages: one's own data, to view and to download; requests for corrections, and their answers."""

from __future__ import annotations

from io import BytesIO

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ..accounts.queries import changes as told
from ..core import audit
from ..core.access import STAFF, TRAINEES, allow, current_scope
from ..core.db import db
from ..core.errors import Refused
from ..core.i18n import moment
from ..core.tables import Filter, ListColumn, listing
from ..labels.records import act_label, entity_label
from ..people.models import Employee, Unit
from ..web.confirming import asks
from . import operations, own_data, queries
from .blueprint import bp
from .forms import CorrectionAnswerForm, CorrectionForm
from .models import CorrectionRequest, DataCorrectionState

_ANSWERS = {
    "yes": DataCorrectionState.DONE,
    "nothing": DataCorrectionState.NOTHING,
    "no": DataCorrectionState.REFUSED,
}


def _myself() -> Employee:
    return queries.person(current_scope().employee_id or 0) or abort(404)


@bp.get("/my-data")
@allow(TRAINEES)
def own() -> str:
    """Show all data held on the signed-in person; the reading is recorded, as all such readings are."""
    person = _myself()
    held = own_data.held_on(person.id)
    audit.record(current_user, "people.read_own", "employee", person.id, str(person), {})
    db.session.commit()
    return render_template(
        "messages/own_data.html",
        held=held,
        corrections=queries.corrections_of(person.id),
        state=DataCorrectionState,
        told=told,
    )


@bp.get("/my-data/file")
@allow(TRAINEES)
def own_file() -> Response:
    """Download the same."""
    person = _myself()
    content = own_data.archive(person)
    audit.record(current_user, "people.download_own", "employee", person.id, str(person), {"bytes": len(content)})
    db.session.commit()
    return send_file(BytesIO(content), as_attachment=True, download_name=f"du-lieu-{person.code}.zip")


@bp.route("/my-data/correction", methods=["GET", "POST"])
@allow(TRAINEES)
def correction_new() -> str | Response:
    person, form = _myself(), CorrectionForm()
    if form.validate_on_submit():
        try:
            operations.ask_correction(person, form.about.data or "", form.wanted.data or "", actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Your request was sent to whoever keeps your record."), "success")
            return redirect(url_for(".own"))
    return render_template("messages/correction_new.html", form=form)


@bp.get("/corrections")
@allow(STAFF)
def requests() -> str:
    """Show requests of the people whose records one keeps."""
    columns = (
        ListColumn("at", _l("Asked for at"), lambda r: moment(r.asked_at), (CorrectionRequest.id,),
               link=lambda r: url_for(".correction", id=r.id)),
        ListColumn("person", _l("Person"), lambda r: r.employee.name, (Employee.sort_key,)),
        ListColumn("unit", _l("Unit"), lambda r: r.employee.unit.name, (Unit.sort_key,), wide_only=True),
        ListColumn("about", _l("What is wrong"), lambda r: r.about, (CorrectionRequest.about,)),
        ListColumn("state", _l("State"), lambda r: DataCorrectionState(r.state).label, (CorrectionRequest.state,)),
    )  # fmt: skip
    states = Filter(
        "state",
        _l("State"),
        lambda: [(state.value, state.label) for state in DataCorrectionState],
        lambda value: CorrectionRequest.state == value,
    )
    page = listing(
        queries.corrections(current_scope()),
        columns,
        default_sort="-at",
        search=(Employee.search_key, Unit.search_key),
        filters=(states,),
    )
    return render_template("messages/corrections.html", page=page)


@bp.route("/corrections/<int:id>", methods=["GET", "POST"])
@allow(STAFF)
@asks
def correction(id: int) -> str | Response:
    """Show one request, and answer it."""
    row = queries.correction(id, current_scope()) or abort(404)
    form = CorrectionAnswerForm()
    if form.validate_on_submit():
        said, chosen = request.form.get("done", ""), request.form.get("change", type=int)
        try:
            state = _ANSWERS.get(said) or abort(400)
            operations.answer_correction(
                row, form.answer.data or "", state=state, change_id=chosen, actor=current_user
            )
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("The answer was sent."), "success")
            return redirect(url_for(".requests"))
    if row.state == DataCorrectionState.OPEN:
        found = queries.record_changes(row.employee_id, row.asked_at)
    else:
        found = [row.change] if row.change is not None else []
    return render_template(
        "messages/correction.html",
        row=row,
        form=form,
        state=DataCorrectionState(row.state),
        changes=[(entry, entity_label(entry.entity), act_label(entry.operation), told(entry)) for entry in found],
        chosen=request.form.get("change", type=int),
    )
