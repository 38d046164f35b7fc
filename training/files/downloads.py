"""Every file that is sent to somebody is in the audit log: who, when, which, how many rows.

A view need not do anything; if it has recorded the download itself, the figures are added to that entry.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any

from flask import Flask, Response, request
from flask_login import current_user
from werkzeug.http import parse_options_header

from ..core.audit import Actor, last_record, record
from ..core.db import db
from ..web.responses import is_static

_ROW = re.compile(rb"<row[ >]")
_SHEETS = "xl/worksheets/"
_OURS = frozenset({"download", "export", "download_own"})


def note(actor: Actor, name: str, content: bytes | None) -> None:
    """Record that `actor` is sent the file `name`.

    Args:
        content: None: it is written while it is sent.
    """
    facts: dict[str, Any] = {"file": name}
    if content is not None:
        facts |= {"rows": rows_in(name, content), "bytes": len(content)}
    facts = {key: value for key, value in facts.items() if value is not None}
    entry = last_record()
    if entry is not None and entry.operation.rpartition(".")[2] in _OURS:
        entry.after = {**(entry.after or {}), **facts}
    else:
        record(actor, "exports.file", "export_file", "", name, facts)


def rows_in(name: str, content: bytes) -> int | None:
    """Return how many rows a table has below its sheets' headings, or files an archive; None for others."""
    if name.endswith(".csv"):
        return max(sum(1 for _row in csv.reader(io.StringIO(content.decode("utf-8-sig", "replace")))) - 1, 0)
    if not name.endswith((".xlsx", ".zip")):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if name.endswith(".zip"):
                return len(archive.namelist())
            sheets = [one for one in archive.namelist() if one.startswith(_SHEETS) and one.endswith(".xml")]
            return sum(max(len(_ROW.findall(archive.read(sheet))) - 1, 0) for sheet in sheets)
    except zipfile.BadZipFile:
        return None


def _note_answer(response: Response) -> Response:
    name = response.headers.get("Content-Disposition", "")
    given = 200 <= response.status_code < 300
    if not name.startswith("attachment") or not given or not current_user.is_authenticated:
        return response
    response.headers["Accept-Ranges"] = "none"
    content = None
    if response.content_length is not None:  # streamed content is not gathered in memory
        response.direct_passthrough = False
        content = response.get_data()
    db.session.rollback()  # what the view did not commit is not written here
    note(current_user, _file_name(response), content)
    db.session.commit()
    return response


def _file_name(response: Response) -> str:
    return parse_options_header(response.headers.get("Content-Disposition"))[1].get("filename", "")


def _whole() -> None:
    """Send files whole: range and conditional requests would bypass the audit log."""
    if not is_static():
        for header in ("HTTP_RANGE", "HTTP_IF_RANGE"):
            request.environ.pop(header, None)


def init_app(app: Flask) -> None:
    app.before_request(_whole)
    app.after_request(_note_answer)
