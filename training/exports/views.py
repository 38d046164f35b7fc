"""Pages: the requested files, one being made, and the file itself."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, abort, render_template, send_file, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ..core import audit
from ..core.access import READERS, allow
from ..core.db import db
from ..core.i18n import moment, number
from ..core.tables import ListColumn, listing
from . import queries
from .models import ExportFile, ExportState
from .operations import KEPT

bp = Blueprint("exports", __name__)

_COLUMNS = (
    ListColumn("title", _l("File"), lambda e: e.title, (ExportFile.title,),
           link=lambda e: url_for("exports.export", id=e.id)),
    ListColumn("state", _l("State"), lambda e: ExportState(e.state).label, (ExportFile.state,)),
    ListColumn("at", _l("Asked for at"), lambda e: moment(e.created_at), (ExportFile.created_at,)),
    ListColumn("size", _l("Size (kB)"), lambda e: number(-(-e.size // 1000)) if e.size else "", (ExportFile.size,),
           number=True, wide_only=True),
)  # fmt: skip


def _mine(export_id: int) -> ExportFile:
    return queries.export(export_id, current_user.id) or abort(404)


@bp.get("/downloads")
@allow(READERS)
def exports() -> str:
    page = listing(queries.exports_of(current_user.id), _COLUMNS, default_sort="-at")
    return render_template("exports/exports.html", page=page, days=KEPT.days)


@bp.get("/downloads/<int:id>")
@allow(READERS)
def export(id: int) -> str:
    found = _mine(id)
    state = ExportState(found.state)
    working = state in {ExportState.QUEUED, ExportState.WORKING}
    return render_template("exports/export.html", export=found, state=state, working=working, days=KEPT.days)


@bp.get("/downloads/<int:id>/progress")
@allow(READERS)
def progress(id: int) -> dict[str, Any]:
    found = _mine(id)
    state = ExportState(found.state)
    return {
        "working": state in {ExportState.QUEUED, ExportState.WORKING},
        "status": state.label,
        "done": found.done,
        "total": found.total,
    }


@bp.get("/downloads/<int:id>/file")
@allow(READERS)
def file(id: int) -> Response:
    found = _mine(id)
    if found.content is None or found.filename is None:
        abort(404)
    audit.record(current_user, "exports.download", "export_file", found.id, found.title, {"file": found.filename})
    db.session.commit()
    return send_file(BytesIO(found.content), as_attachment=True, download_name=found.filename)
