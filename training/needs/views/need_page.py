"""The page of one need."""

from __future__ import annotations

from flask import abort, render_template, request
from flask_login import current_user

from ...core.access import REGISTRARS, current_scope
from ...core.errors import Refused
from ...core.i18n import today
from ...gaps.queries import closing
from ...people.queries import in_scope
from .. import outcomes, queries
from ..approval import coverage
from ..approval.acts import NeedAct
from ..approval.approvers import chain_of, hands_of
from ..approval.workflow import judge, waiting_at
from ..carry_over import earlier
from ..models import ALIVE, WITH_UNIT, Need, NeedState, Priority
from ..rules import why_closed
from ..warnings import doubts
from .tables import grounds_of


def show_need(id: int) -> str:
    """Show one need: its course, grounds, state and history, and the acts open to the reader; after a refusal with
    the reason that was entered."""
    need = queries.need(id, current_scope()) or abort(404)
    hands = hands_of(current_user)
    pair = (need.employee_id, need.course_id)
    registers = in_scope(current_scope(REGISTRARS), need.employee.unit_id)
    open_now = need.round.is_open(today()) or need.state == NeedState.RETURNED
    grounds = closing(today(), [need.employee_id]) if need.employee.active else {}
    return render_template(
        "needs/need.html",
        need=need,
        reason=request.form.get("reason", ""),
        state=NeedState(need.state),
        priority=Priority(need.priority),
        grounds=grounds_of(need, grounds.get(pair, []), earlier([need])),
        became=outcomes.ends([need.id]).get(need.id),
        history=queries.history(need),
        doubts=doubts([need])[0],
        states=NeedState,
        decides=hands.may_act(need),
        nobody=coverage.nobody_after([need], waiting_at([need])),
        reconsiders=_may_reconsider(need),
        edits=registers and open_now and need.state in WITH_UNIT,
        submits=registers and open_now and need.state in {NeedState.DRAFT, NeedState.RETURNED},
        withdraws=registers and open_now and need.state in ALIVE,
        restores=registers and open_now and need.state == NeedState.WITHDRAWN,
        why_closed=None if open_now else why_closed(need.round),
    )


def _may_reconsider(need: Need) -> bool:
    try:
        judge(
            need,
            NeedAct.RECONSIDER,
            chain_of(need.round_id),
            hands_of(current_user),
            scope=current_scope(),
            reason="?",
        )
    except Refused:
        return False
    return True
