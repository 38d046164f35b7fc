"""The public page that says whether a paper is genuine. Whoever has the code has the paper before them, so it says
no more than they need to compare: kind, number, day, issuer, and of people the initials and the given name."""

from __future__ import annotations

import hashlib

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..access import public
from ..db import db
from . import operations, outdated, queries
from .blueprint import bp
from .forms import CheckForm
from .models import Document, DocumentState
from .numbering import grouped, typed

_MOST = 5_000_000  # bytes of a file that is compared


@bp.route("/xac-minh", methods=["GET", "POST"])
@public
def check() -> str | Response | tuple[str, int]:
    """By the code that is typed, or by the file itself."""
    form = CheckForm()
    if form.validate_on_submit():
        if form.file.data:
            if queries.checks_locked(request.remote_addr or ""):
                return _locked()
            found = queries.by_checksum(hashlib.sha256(form.file.data.read(_MOST)).hexdigest())
            _note(found)
            return _answer(form, found, unknown=found is None, by_file=True)
        if form.code.data:
            return redirect(url_for(".check_code", code=typed(form.code.data)[:40] or "-"))
    return _answer(form, None, unknown=False)


@bp.get("/xac-minh/<code>")
@public
def check_code(code: str) -> str | Response | tuple[str, int]:
    if queries.checks_locked(request.remote_addr or ""):
        return _locked()
    found = queries.by_code(typed(code)[:40])
    _note(found)
    form = CheckForm(formdata=None)
    page = _answer(form, found, unknown=found is None)
    return (page, 404) if found is None else page


def _note(found: Document | None) -> None:
    """Count an address's tries at papers that do not exist, as sign-in counts its failures."""
    if found is None:
        operations.note_failed_check(request.remote_addr or "")
        db.session.commit()


def _locked() -> tuple[str, int]:
    return _answer(CheckForm(formdata=None), None, unknown=False, wait=queries.LOCK_MINUTES), 429


def _answer(form: CheckForm, found: Document | None, *, unknown: bool, by_file: bool = False,
            wait: int | None = None) -> str:  # fmt: skip
    return render_template(
        "documents/check.html",
        form=form,
        row=found,
        unknown=unknown,
        by_file=by_file,
        outdated=(outdated.why(found) or outdated.undone(found)) if found else None,
        wait=wait,
        state=DocumentState(found.state) if found else None,
        code=grouped(found.code) if found and not by_file else None,
        person=initials(found.employee.name) if found and found.employee else None,
        posted=request.method == "POST",
    )


def initials(name: str) -> str:
    """«T. T. Chi»: enough to compare with a paper, too little to learn anything."""
    *first, given = name.split() or [""]
    return " ".join([*(f"{word[0]}." for word in first), given])
