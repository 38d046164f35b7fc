"""The page on which a unit takes over proposals."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import REGISTRARS, allow, current_scope
from ...core.db import db
from ...core.errors import Refused
from ...core.forms import choices_of
from ...core.i18n import today
from ...people.queries import unit_choices
from ...web.confirming import asked, goes_back, question_page, sent
from .. import registering
from ..blueprint import bp
from ..models import Priority, Round
from ..proposals import Origin, Suggestion, TooMany, suggestions
from ..registering import Wish
from ..rules import why_closed
from . import questions
from .bulk_actions import warn_of_doubts
from .rounds import load_round, with_narrowing

SHOWN = 200
BOX = "wishes"


@bp.route("/rounds/<int:id>/proposals", methods=["GET", "POST"])
@allow(REGISTRARS)
def proposals(id: int) -> str | Response | tuple[str, int]:
    """Show what the reader's units could register, and register all ticked proposals, or none."""
    row = load_round(id)
    if not row.is_open(today()):
        flash(why_closed(row), "warning")
        return redirect(url_for(".round", id=id))
    units = unit_choices(current_scope())
    unit_id = request.args.get("unit", type=int)
    unit_id = unit_id if unit_id in {choice[0] for choice in units} else None
    origin = Origin(request.args["origin"]) if request.args.get("origin") in set(Origin) else None
    found: list[Suggestion] | None
    try:
        found = suggestions(row, current_scope(), unit_id=unit_id, origin=origin)
    except TooMany:
        found = None
    status = 200
    ticked = sent(BOX)
    if request.method == "POST" and found is not None and not goes_back():
        if request.form.get("everything"):
            chosen = [one for one in found if not one.against]
            if asked() and chosen:
                given = {one.key: _priority(one) for one in chosen}
                return question_page(questions.of_taking_over(found, given, box=BOX, back=ticked))
        else:
            chosen = [one for one in found if one.key in ticked]
        if chosen and not request.form.get("everything") and len(chosen) < len(ticked):
            flash(
                _("Some of what you chose is proposed no longer; nothing was written. Please look again."),
                "danger",
            )
        elif _take_over(row, chosen):
            return redirect(with_narrowing(url_for(".proposals", id=id)))
        status = 409
    page = render_template(
        "needs/proposals.html",
        round=row,
        found=(found or [])[:SHOWN],
        total=len(found or []),
        possible=sum(not one.against for one in found or []),
        narrow=found is None,
        units=units,
        unit_id=unit_id,
        origin=origin,
        origins=choices_of(Origin),
        priorities=choices_of(Priority),
        ticked=ticked,
        given={one.key: _priority(one) for one in found or []},
        query=with_narrowing(""),
        box=BOX,
    )
    return page, status


def _priority(one: Suggestion) -> Priority:
    """Return the priority chosen beside a proposal, else its default."""
    chosen = request.form.get(f"priority-{one.key}")
    return next((priority for priority in Priority if str(priority.value) == chosen), one.priority)


def _take_over(row: Round, chosen: list[Suggestion]) -> bool:
    """Register the chosen proposals, each with the priority shown beside it."""
    wishes = [Wish(one.employee.id, one.course.id, _priority(one), one.note) for one in chosen]
    if not wishes:
        flash(_("Choose at least one proposal."), "danger")
        return False
    try:
        made = registering.register_wishes(row, wishes, actor=current_user, scope=current_scope())
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults[:20]:
            flash(fault.message, "danger")
        return False
    flash(_("Taken over: %(count)s needs.", count=len(made)), "success")
    warn_of_doubts(made)
    return True
