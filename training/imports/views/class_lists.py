"""Pages for the list of a class, beside the class's book: download, upload and preview."""

from __future__ import annotations

from io import BytesIO

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import HOSTS, allow
from ...core.db import db
from ...core.errors import Refused
from ...enrolments.models import OpenClass
from ...results import queries as books
from ...results.blueprint import book_scope, the_class
from .. import operations
from ..blueprint import bp
from ..class_lists import sheets, uploads
from ..forms import UploadForm
from ..models import CLASS_SHEET, WORKING, BatchStatus, ImportBatch
from ..questions import answers_given
from ..writing import XLSX


def _page(name: str, row: OpenClass, **shown: object) -> str:
    """Return a page in the frame of the class's book."""
    state = books.book_state(row.class_id)
    return render_template(
        f"imports/{name}.html", opened=row, training_class=row.training_class, state=state, **shown
    )


@bp.get("/class-books/<int:id>/list")
@allow(HOSTS)
def class_list(id: int) -> Response:
    """Download the people of the class with their scores and marks, to be filled in."""
    row = the_class(id)
    name = f"diem-{row.training_class.code}.xlsx".replace("/", "-")
    content = BytesIO(sheets.write_list(row))
    return send_file(content, mimetype=XLSX, as_attachment=True, download_name=name)


@bp.route("/class-books/<int:id>/list/upload", methods=["GET", "POST"])
@allow(HOSTS)
def upload_class_list(id: int) -> str | Response:
    row, form = the_class(id), UploadForm()
    del form.round
    if form.validate_on_submit():
        file = form.file.data
        try:
            batch = uploads.take(row, file.filename or "", file.read(), actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
            row = the_class(id)
        else:
            return redirect(url_for(".class_sheet", id=id, batch_id=batch.id))
    return _page("class_sheet_upload", row, form=form)


def _own(class_id: int, batch_id: int) -> ImportBatch:
    """Return the upload, if the signed-in person made it for that class; 404 otherwise."""
    statement = sa.select(ImportBatch).where(
        ImportBatch.id == batch_id,
        ImportBatch.kind == CLASS_SHEET,
        ImportBatch.user_id == current_user.id,
        ImportBatch.context["class"].as_integer() == class_id,
    )
    return db.session.scalar(statement) or abort(404)


@bp.get("/class-books/<int:id>/list/upload/<int:batch_id>/progress")
@allow(HOSTS)
def class_sheet_progress(id: int, batch_id: int) -> dict[str, object]:
    the_class(id)
    status = BatchStatus(_own(id, batch_id).status)
    return {"working": status in WORKING, "status": status.label, "done": 0, "total": None}


@bp.post("/class-books/<int:id>/list/upload/<int:batch_id>/discard")
@allow(HOSTS)
def class_sheet_discard(id: int, batch_id: int) -> Response:
    the_class(id)
    try:
        operations.discard(_own(id, batch_id), actor=current_user)
        db.session.commit()
        flash(_("The upload was discarded; nothing of it was written."), "success")
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "danger")
    return redirect(url_for("results.scores", id=id))


@bp.route("/class-books/<int:id>/list/upload/<int:batch_id>", methods=["GET", "POST"])
@allow(HOSTS)
def class_sheet(id: int, batch_id: int) -> str | Response:
    """Show what a filled-in list would change and what is wrong with it; when submitted, write it."""
    row = the_class(id)
    batch = _own(id, batch_id)
    if request.method == "POST":
        try:
            changed = uploads.apply(
                batch,
                row,
                overwrite="overwrite" in request.form,
                actor=current_user,
                scope=book_scope(),
                answers=answers_given((batch.preview or {}).get("questions", ()), request.form),
            )
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            for fault in refused.faults:
                flash(fault.message, "danger")
        else:
            if changed is not None:
                flash(_("%(count)d values saved.", count=changed), "success")
                return redirect(url_for("results.scores", id=id))
            flash(_("Nothing was written: something was changed in the meantime. Look again."), "danger")
        return redirect(url_for(".class_sheet", id=id, batch_id=batch_id))
    status = BatchStatus(batch.status)
    if status in WORKING:
        address = url_for(".class_sheet_progress", id=id, batch_id=batch_id)
        return _page("class_sheet_progress", row, batch=batch, status=status, progress=address)
    outdated = None
    if status is BatchStatus.READY:
        try:
            uploads.readable(batch)
        except Refused as refused:
            outdated = str(refused)
    preview = {} if outdated else batch.preview or {}
    return _page("class_sheet", row, batch=batch, status=status, preview=preview, outdated=outdated)
