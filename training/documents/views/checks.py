"""The public page that shows whether a paper is genuine, and what was printed on it, so that a changed name, day
of birth or grade is visible. The code cannot be guessed, and a person who has it has the paper with the same
facts; lists of people can be queried only by name. See decision 16."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ...accounts import attempts
from ...accounts.attempts import Limit
from ...core.access import public
from ...core.db import db
from .. import outdated, queries
from ..blueprint import bp
from ..forms import CheckForm
from ..models import Document, DocumentState
from ..numbering import grouped, typed
from ..papers import printed

_KIND = "check"
_LIMIT = Limit(free=50, first=timedelta(minutes=1), longest=timedelta(minutes=15))
_MOST = 5_000_000  # bytes of a file to compare


@bp.route("/xac-minh", methods=["GET", "POST"])
@public
def check() -> str | Response | tuple[str, int, dict[str, str]]:
    """Check a paper by its code, or by the file itself."""
    form = CheckForm()
    if form.validate_on_submit():
        if form.file.data:
            found = queries.by_checksum(hashlib.sha256(form.file.data.read(_MOST)).hexdigest())
            if found is None and (wait := _unknown()):
                return _locked(wait)
            return _answer(form, found, unknown=found is None, by_file=True)
        if form.code.data:
            return redirect(url_for(".check_code", code=typed(form.code.data)[:40] or "-"))
    return _answer(form, None, unknown=False)


@bp.get("/xac-minh/<code>")
@public
def check_code(code: str) -> str | Response | tuple[str, int, dict[str, str]]:
    found = queries.by_code(typed(code)[:40])
    if found is None and (wait := _unknown()):
        return _locked(wait)
    form = CheckForm(formdata=None)
    name = request.args.get("name", "").strip()[:200]
    page = _answer(form, found, unknown=found is None, name=name)
    answer = make_response(page, 404 if found is None else 200)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _unknown() -> timedelta:
    """Count a query for a paper that does not exist.

    Returns:
        how long the same network waits for its next such answer. A genuine paper is shown meanwhile: its code has
        80 bits and cannot be found by trying, so that nobody is blocked by the attempts of others.
    """
    address = request.remote_addr or ""
    wait = attempts.wait(_KIND, _LIMIT, address=address)
    if not wait:
        attempts.note(_KIND, "", address)
        db.session.commit()
    return wait


def _locked(wait: timedelta) -> tuple[str, int, dict[str, str]]:
    page = _answer(CheckForm(formdata=None), None, unknown=False, wait=attempts.minutes(wait))
    return page, 429, {"Retry-After": str(int(wait.total_seconds()) + 1)}


def _answer(form: CheckForm, found: Document | None, *, unknown: bool, by_file: bool = False,
            wait: int | None = None, name: str = "") -> str:  # fmt: skip
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
        printed=printed.facts_printed(found) if found else [],
        lists=found is not None and printed.lists_people(found),
        name=name,
        lines=printed.rows_of(found, name) if found and name else [],
        posted=request.method == "POST",
    )
