"""Pages for approvers: the needs that wait for them, decisions, and delegations."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core import tables
from ...core.access import APPROVERS, CATALOGUE_EDITORS, READERS, allow, current_roles, current_scope
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import today
from ...gaps.queries import closing
from ...web.confirming import asks, sent_ids
from .. import queries
from ..approval import chains, coverage
from ..approval.acts import DECISIONS, NeedAct
from ..approval.approvers import hands_of, waiting_for
from ..blueprint import bp
from ..carry_over import earlier
from ..forms import DelegationForm
from ..models import Delegation
from .bulk_actions import act_on
from .need_page import show_need
from .tables import NEEDS_BOX, waiting_page

_DONE = {
    NeedAct.APPROVE: _l("Approved: %(count)s needs."),
    NeedAct.RETURN: _l("Returned: %(count)s needs."),
    NeedAct.CUT: _l("Cut: %(count)s needs."),
    NeedAct.RECONSIDER: _l("To be decided anew: %(count)s needs."),
}


@bp.get("/approvals")
@allow(READERS)
def approvals() -> str:
    """Show the needs that wait for the reader, at their own steps and at those delegated to them."""
    return _approvals_page()


def _approvals_page() -> str:
    """Return the list; after a refusal with the ticks and texts that were entered."""
    tables.show_as("needs.approvals")
    hands = hands_of(current_user)
    waiting = waiting_for(hands)
    grounds: dict[tuple[int, int], list[Any]] = {}
    carried: dict[int, str] = {}
    page = waiting_page(waiting, current_scope(), grounds, carried)
    if page.rows:
        grounds.update(closing(today(), {need.employee_id for need in page.rows}))
        carried.update(earlier(page.rows))
    return render_template(
        "needs/approvals.html",
        page=page,
        ticked=sent_ids(NEEDS_BOX),
        reason=request.form.get("reason", ""),
        lines=queries.waiting_lines(waiting),
        others=[hand.name for hand in hands.others],
        delegates=bool(current_roles() & (APPROVERS | CATALOGUE_EDITORS)),
        query=_query(),
        today=today(),
    )


def _query() -> str:
    return "?" + request.query_string.decode("ascii", "ignore") if request.query_string else ""


@bp.post("/approvals/<act>")
@allow(READERS)
def decide(act: str) -> Response | str | tuple[str, int]:
    """Approve, return, cut or decide again the ticked needs: all of them, or none."""
    if act not in set(DECISIONS):
        abort(404)
    ticked = sent_ids(NEEDS_BOX)
    needs = queries.needs_by_id(ticked, current_scope())
    if request.form.get("from") == "need" and len(ticked) == 1:
        need_id = ticked[0]
        back, again = url_for(".need", id=need_id), lambda: show_need(need_id)
    else:
        back, again = url_for(".approvals") + _query(), _approvals_page
    return act_on(needs, ticked, NeedAct(act), back, _DONE[NeedAct(act)], again)


@bp.get("/approvals/nobody")
@allow(CATALOGUE_EDITORS)
def nobody() -> str:
    """Show the steps at which nobody can act, and the needs that wait there."""
    rounds = [(row, coverage.uncovered(row, current_scope())) for row in coverage.rounds_to_watch()]
    return render_template("needs/nobody.html", rounds=[(row, found) for row, found in rounds if found])


# -- delegations ------------------------------------------------------------------------------------------------


@bp.route("/delegations", methods=["GET", "POST"])
@allow(READERS)
def delegations() -> str | Response:
    """Show and edit who acts for whom, from when to when."""
    everybody = bool(current_roles() & CATALOGUE_EDITORS)
    form = DelegationForm(giver_id=current_user.id)
    givers, takers = queries.delegation_choices(None if everybody else current_user.id)
    form.giver_id.offer(givers)
    form.taker_id.offer(takers)
    if form.validate_on_submit():
        try:
            saved = chains.save_delegation(form.values(), actor=current_user)
            db.session.commit()
            flash(_("Saved: %(row)s", row=saved), "success")
            return redirect(url_for(".delegations"))
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
    return render_template(
        "needs/delegations.html",
        form=form if givers else None,
        rows=queries.delegations(None if everybody else current_user.id),
        today=today(),
        everybody=everybody,
    )


@bp.post("/delegations/<int:id>/end")
@allow(READERS)
@asks
def delegation_end(id: int) -> Response:
    row = db.session.get(Delegation, id) or abort(404)
    try:
        chains.end_delegation(row, actor=current_user)
        db.session.commit()
        flash(_("The delegation has ended."), "success")
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
    return redirect(url_for(".delegations"))
