"""What forms over several needs send, and the page that shows which of them were refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import current_scope
from ...core.db import db
from ...core.errors import Refused
from ...web.confirming import QuestionLine, asked, goes_back, packed, question_page, seen_versions
from ..approval import coverage
from ..approval.acts import NeedAct
from ..approval.workflow import move, waiting_at
from ..errors import ManyRefused
from ..models import Need
from ..warnings import doubts
from . import questions
from .tables import NEEDS_BOX

_TOLD = 5  # warnings that a message names; the others are counted
# Renders the page on which an act began, with the ticks and texts that were entered there.
Again = Callable[[], str]


def warn_of_doubts(made: Sequence[Need]) -> None:
    """Show warnings about needs that have just been registered: allowed, but rarely intended."""
    found = [
        f"{need.employee.name}: {text}" for need, told in zip(made, doubts(made), strict=True) for text in told
    ]
    if found:
        more = _("And %(count)d more.", count=len(found) - _TOLD) if len(found) > _TOLD else ""
        flash(_("Registered; please look again: %(doubts)s", doubts=" ".join([*found[:_TOLD], more])), "warning")


def refused_page(
    refused: ManyRefused, box: str, chosen: Any, fields: Mapping[str, Any], ask: bool = False
) -> tuple[str, int]:
    """Show who was refused and why. Nothing was written; one click repeats the act for the others.

    Args:
        chosen: ids of all for whom it was asked.
        fields: the other fields of the form.
        ask: whether continuing shows the page of confirmation first.
    """
    chosen = list(dict.fromkeys(chosen))
    others = [row_id for row_id in chosen if row_id not in refused.by_id]
    page = render_template(
        "needs/refused.html",
        faults=[fault.message for fault in refused.faults],
        count=len(others),
        others=others,
        everybody={**packed(box, chosen), **fields},
        box=box,
        fields=fields,
        ask=ask,
    )
    return page, 409


def act_on(
    needs: Sequence[Need],
    ticked: Sequence[int],
    act: NeedAct,
    back: str,
    done: Any,
    again: Again,
    *,
    aside: Sequence[QuestionLine] = (),
    told: Sequence[str] = (),
) -> Response | str | tuple[str, int]:
    """Do `act` to all ticked needs, or to none; then return to the list. If confirmation is requested, show the
    effect and the caller's further sentences first. If the act is refused as a whole, show the list again, with
    its ticks and the reason.

    Args:
        needs: the ticked needs that the reader may see.
        back: where the reader goes afterwards.
        done: text with %(count)s.
        again: the page on which the act began.
        aside: needs that the act leaves unchanged, each with the reason.
    """
    if goes_back():
        return again()
    if len(needs) < len(set(ticked)):
        abort(404)  # a need of another round or unit: no page of ours offers it
    chosen = [need.id for need in needs]
    seen = seen_versions(chosen)
    reason = request.form.get("reason") or None
    begun = {"from": request.form.get("from"), "reason": reason}
    try:
        if asked() and act is not NeedAct.RESTORE:  # restoring loses nothing
            more = {"from": begun["from"]}
            return question_page(questions.of_act(needs, act, reason, seen, more=more, aside=aside, told=told))
        move(needs, act, actor=current_user, scope=current_scope(), reason=reason, seen=seen)
        stuck = coverage.sentences_now(coverage.nobody_after(needs, waiting_at(needs)))
        db.session.commit()
    except ManyRefused as refused:
        db.session.rollback()
        return refused_page(refused, NEEDS_BOX, chosen, begun, asked())
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
        return again(), 409
    flash(str(done) % {"count": len(chosen)}, "success")
    for sentence in stuck:
        flash(sentence, "warning")
    return redirect(back)
