"""The public page that says whether a paper is genuine. Whoever has the code has the paper before them, so it says
no more than they need to compare: kind, number, day, issuer, and of people the initials and the given name."""

from __future__ import annotations

import hashlib

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ..access import public
from . import queries
from .blueprint import bp
from .forms import CheckForm
from .models import Document, DocumentState, Paper
from .numbering import grouped, typed

_MOST = 5_000_000  # bytes of a file that is compared


@bp.route("/xac-minh", methods=["GET", "POST"])
@public
def check() -> str | Response:
    """By the code that is typed, or by the file itself."""
    form = CheckForm()
    if form.validate_on_submit():
        if form.file.data:
            found = queries.by_checksum(hashlib.sha256(form.file.data.read(_MOST)).hexdigest())
            return _answer(form, found, unknown=found is None, by_file=True)
        if form.code.data:
            return redirect(url_for(".check_code", code=typed(form.code.data)[:40] or "-"))
    return _answer(form, None, unknown=False)


@bp.get("/xac-minh/<code>")
@public
def check_code(code: str) -> str | Response | tuple[str, int]:
    found = queries.by_code(typed(code)[:40])
    form = CheckForm(formdata=None)
    page = _answer(form, found, unknown=found is None)
    return (page, 404) if found is None else page


def _answer(form: CheckForm, found: Document | None, *, unknown: bool, by_file: bool = False) -> str:
    return render_template(
        "documents/check.html",
        form=form,
        row=found,
        unknown=unknown,
        by_file=by_file,
        kind=Paper(found.kind) if found else None,
        state=DocumentState(found.state) if found else None,
        code=grouped(found.code) if found and not by_file else None,
        person=initials(found.employee.name) if found and found.employee else None,
        posted=request.method == "POST",
    )


def initials(name: str) -> str:
    """«T. T. Chi»: enough to compare with a paper, too little to learn anything."""
    *first, given = name.split() or [""]
    return " ".join([*(f"{word[0]}." for word in first), given])
