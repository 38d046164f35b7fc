"""Pages: what can be imported and exported, an upload, earlier imports."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import CATALOGUE_EDITORS, READERS, allow, current_roles, current_scope
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import moment, today
from ...core.tables import ListColumn, listing
from ...exports.asking import ask_for_file
from ...web.confirming import asks
from .. import operations, queries
from ..blueprint import bp
from ..form_writing import export_form, write_form
from ..forms import UploadForm
from ..kinds.all_kinds import WORKBOOK, exportable, exporters_of, importable, importers_of, label, sheets_of
from ..kinds.registration_forms import NEED_FORMS
from ..models import WORKING, BatchStatus, ImportBatch
from ..writing import XLSX, export, export_csv, template
from . import downloads

_OF_ROUND = ("needs", NEED_FORMS.name)  # imports into a round that is chosen beside the file

_COLUMNS = (
    ListColumn(
        "file",
        _l("File"),
        lambda b: b.filename,
        (ImportBatch.filename,),
        link=lambda b: url_for("imports.batch", id=b.id),
    ),
    ListColumn("kind", _l("Contents"), lambda b: label(b.kind), (ImportBatch.kind,)),
    ListColumn("status", _l("State"), lambda b: BatchStatus(b.status).label, (ImportBatch.status,)),
    ListColumn("at", _l("Uploaded"), lambda b: moment(b.created_at), (ImportBatch.created_at,)),
)


@bp.get("/imports")
@allow(READERS)
def home() -> str:
    roles = current_roles()
    imports, exports = importable(roles), exportable(roles)
    names = [name for name in dict.fromkeys([WORKBOOK, *exports, *imports]) if name in {*imports, *exports}]
    return render_template(
        "imports/home.html",
        kinds=[(name, label(name), name in imports, name in exports) for name in names],
        page=listing(_batches(), _COLUMNS, default_sort="-at"),
    )


@bp.app_template_global("may_import")
def may_import(kind: str) -> bool:
    """Return whether the reader may import this kind; otherwise no button leads to it."""
    return kind in importable(current_roles())


@bp.app_template_global("may_export")
def may_export(kind: str) -> bool:
    return kind in exportable(current_roles())


def _importable(kind: str) -> str:
    return kind if kind in importable(current_roles()) else abort(404)


@bp.get("/imports/<kind>/template")
@allow(READERS)
def template_of(kind: str) -> Response:
    sensitive = current_scope(importers_of(_importable(kind))).sensitive
    if kind == NEED_FORMS.name:
        content = write_form("", (), sensitive=sensitive)
    else:
        omitted = ("round", "state", "reason") if kind == "needs" else ()
        content = template(sheets_of(kind), sensitive=sensitive, omitted=omitted)
    return _download(content, f"mau-{kind}.xlsx")


@bp.route("/exports/<kind>", methods=["GET", "POST"])
@allow(READERS)
def export_of(kind: str) -> str | Response:
    """Export all rows that the reader may see, in the columns of the import; `format=csv` for the first sheet as
    CSV. If they are many, the worker makes the file."""
    if kind not in exportable(current_roles()):
        abort(404)
    sheets, scope = sheets_of(kind), current_scope(exporters_of(kind))
    context = {"round": request.args["round"]} if request.args.get("round") else {}
    if downloads.is_large(kind, scope):
        wanted = {"kind": kind, **context, "format": "csv" if request.args.get("format") == "csv" else "xlsx"}
        return ask_for_file(downloads.NAME, wanted, label(kind))
    operations.note_export(kind, actor=current_user, sensitive=scope.sensitive)
    if request.args.get("format") == "csv":
        content, ending = export_csv(sheets[0], scope=scope, context=context), "csv"
    elif kind == NEED_FORMS.name:
        content, ending = export_form(scope=scope, context=context), "xlsx"
    else:
        content, ending = export(sheets, scope=scope, context=context), "xlsx"
    db.session.commit()
    return _download(content, f"{kind}-{today():%Y%m%d}.{ending}")


def _download(content: bytes, name: str) -> Response:
    mimetype = XLSX if name.endswith(".xlsx") else "text/csv; charset=utf-8"
    return send_file(BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)


@bp.route("/imports/<kind>/new", methods=["GET", "POST"])
@allow(READERS)
def upload(kind: str) -> str | Response:
    _importable(kind)
    form = UploadForm()
    if kind in _OF_ROUND:
        form.round.offer(queries.rounds())
        if request.method == "GET":
            form.round.data = request.args.get("round") or next((code for code, _name in queries.rounds()), None)
    else:
        del form.round
    if form.validate_on_submit():
        file = form.file.data
        chosen = {"round": form.round.data} if kind in _OF_ROUND and form.round.data else {}
        try:
            batch = operations.upload(
                kind,
                file.filename or "",
                file.read(),
                actor=current_user,
                context=chosen,
                corrects=_corrected(kind),
            )
        except Refused as refused:
            form.show(refused)
        else:
            db.session.commit()
            return redirect(url_for("imports.batch", id=batch.id))
    return render_template("imports/upload.html", form=form, kind=kind, label=label(kind))


def _corrected(kind: str) -> ImportBatch | None:
    """Return the reader's own upload that the new file corrects."""
    mine = queries.batches(current_user.id).where(
        ImportBatch.id == request.args.get("corrects", type=int), ImportBatch.kind == kind
    )
    found: ImportBatch | None = db.session.scalar(mine)
    return found


def _batches() -> Any:
    """Return the uploads that the reader may see: their own; all for planners and administrators."""
    return queries.batches(None if current_roles() & CATALOGUE_EDITORS else current_user.id)


def _batch(batch_id: int) -> ImportBatch:
    """Return the upload, if the signed-in person may see it; 404 otherwise."""
    statement = _batches().where(ImportBatch.id == batch_id)
    found: ImportBatch | None = db.session.scalar(statement)
    return found if found is not None else abort(404)


@bp.get("/imports/batches/<int:id>")
@allow(READERS)
def batch(id: int) -> str:
    found = _batch(id)
    return render_template(
        "imports/progress.html" if found.status in WORKING else "imports/batch.html",
        batch=found,
        status=BatchStatus(found.status),
        label=label(found.kind),
        sheet_label=label,
        preview=found.preview or {},
        round_name=dict(queries.rounds()).get(found.context.get("round", "")) or found.context.get("round"),
        again=url_for("imports.upload", kind=found.kind, round=found.context.get("round"), corrects=id),
        may_answer=found.status in (BatchStatus.READY, BatchStatus.FAULTY)
        and found.kind in importable(current_roles()),
        may_apply=found.status == BatchStatus.READY and found.kind in importable(current_roles()),
    )


@bp.get("/imports/batches/<int:id>/progress")
@allow(READERS)
def progress(id: int) -> dict[str, Any]:
    found = _batch(id)
    return {
        "working": found.status in WORKING,
        "status": BatchStatus(found.status).label,
        "done": found.rows_done,
        "total": found.rows_total,
    }


@bp.post("/imports/batches/<int:id>/answers")
@allow(READERS)
def answer(id: int) -> Response:
    """Store the uploader's answers about the file, which is then previewed again."""
    found = _batch(id)
    if found.kind not in importable(current_roles()):
        abort(404)
    try:
        operations.answer(found, request.form, actor=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "danger")
    return redirect(url_for("imports.batch", id=id))


@bp.post("/imports/batches/<int:id>/apply")
@allow(READERS)
def apply(id: int) -> Response:
    found = _batch(id)
    if found.kind not in importable(current_roles()):
        abort(404)
    try:
        operations.request_apply(found, actor=current_user, overwrite="overwrite" in request.form)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "danger")
    return redirect(url_for("imports.batch", id=id))


@bp.post("/imports/batches/<int:id>/discard")
@allow(READERS)
@asks
def discard(id: int) -> Response:
    try:
        operations.discard(_batch(id), actor=current_user)
        db.session.commit()
        flash(_("The upload was discarded; nothing of it was written."), "success")
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "danger")
    return redirect(url_for("imports.home"))
