"""Every file that somebody is given stands in the audit log: who, when, which, how many rows. A view need not
think of it; where it has noted the download in its own words, the figures are added to that entry."""

from __future__ import annotations

import csv
import io
import re
import zipfile

from flask import Flask, Response
from flask_login import current_user
from werkzeug.http import parse_options_header

from .audit import Actor, last_record, record
from .db import db

_ROW = re.compile(rb"<row[ >]")
_SHEETS = "xl/worksheets/"
_OURS = frozenset({"download", "export", "download_own"})


def note(actor: Actor, name: str, content: bytes) -> None:
    """Note that `actor` is given the file `name`."""
    facts = {"file": name, "rows": rows_in(name, content), "bytes": len(content)}
    facts = {key: value for key, value in facts.items() if value is not None}
    entry = last_record()
    if entry is not None and entry.operation.rpartition(".")[2] in _OURS:
        entry.after = {**(entry.after or {}), **facts}
    else:
        record(actor, "exports.file", "export_file", "", name, facts)


def rows_in(name: str, content: bytes) -> int | None:
    """How many rows a table has below the heading of each sheet, or files an archive; None: it is neither."""
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
    if not name.startswith("attachment") or response.status_code != 200 or not current_user.is_authenticated:
        return response
    response.direct_passthrough = False
    content = response.get_data()
    db.session.rollback()  # what the view left unwritten is not ours to write
    note(current_user, _file_name(response), content)
    db.session.commit()
    return response


def _file_name(response: Response) -> str:
    return parse_options_header(response.headers.get("Content-Disposition"))[1].get("filename", "")


def init_app(app: Flask) -> None:
    app.after_request(_note_answer)
