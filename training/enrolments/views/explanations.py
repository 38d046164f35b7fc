"""The page on what would give a need a seat in the plan in force, for the person and those who may see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import READERS, TRAINEES, allow, current_scope, require
from ...core.db import db
from ...core.errors import Refused
from ...planning.explanations import operations, page
from ...planning.explanations.acts import WayToAct, edits
from ...planning.models import RunNeed
from .. import queries
from ..blueprint import bp
from ..rearranging import explained, manual

EXPLAINED = READERS | TRAINEES


def _without_seat(need_id: int) -> RunNeed:
    """Return the plan's decision on a need that the reader may see; 404 if there is none, or if it is a seat."""
    _need, row = queries.decision(need_id, current_scope()) or abort(404)
    return row if row is not None and row.option_id is None else abort(404)


@bp.get("/seats/<int:need_id>/explanation")
@allow(EXPLAINED)
def explanation(need_id: int) -> str:
    row, seat = _without_seat(need_id), manual.seat_of(need_id)

    def acts(change: Mapping[str, Any]) -> Iterator[WayToAct]:
        if seat is None:
            yield from explained.acts(need_id, change)
            yield from edits(change)

    return render_template(
        "planning/explanation.html",
        **page.context(row, current_scope(), acts),
        seat=seat,
        in_force=False,
        ask=url_for(".explain", need_id=need_id),
        here=url_for(".explanation", need_id=need_id),
        look=url_for(".explanation_progress", need_id=need_id),
        stop=url_for(".explanation_stop", need_id=need_id),
        back=url_for(".decision", need_id=need_id),
    )


@bp.post("/seats/<int:need_id>/explanation")
@allow(EXPLAINED)
def explain(need_id: int) -> Response:
    """Start the computation; nothing happens if it is under way or there is an answer."""
    try:
        operations.ask(_without_seat(need_id), user=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "warning")
    return redirect(url_for(".explanation", need_id=need_id))


@bp.get("/seats/<int:need_id>/explanation/progress")
@allow(EXPLAINED)
def explanation_progress(need_id: int) -> dict[str, Any]:
    row = _without_seat(need_id)
    asked = operations.explanation(row.run_id, need_id) or abort(404)
    return page.progress(asked)


@bp.post("/seats/<int:need_id>/explanation/stop")
@allow(EXPLAINED)
def explanation_stop(need_id: int) -> Response:
    """Stop the computation: for who asked for it, and for planners."""
    row = _without_seat(need_id)
    asked = operations.explanation(row.run_id, need_id) or abort(404)
    require(page.may_stop(asked))
    operations.stop(asked, actor=current_user)
    db.session.commit()
    return redirect(url_for(".explanation", need_id=need_id))
