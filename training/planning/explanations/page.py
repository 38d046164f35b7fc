"""What the page of an explanation shows: its progress, then the answer; for the pages of planning and of seats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from ...core.access import PLANNERS, Scope, current_roles
from ...core.chunked_jobs import WorkState
from ...core.i18n import number
from .. import queries
from ..models import RunExplanation, RunNeed
from ..rule_texts import text_of
from ..rules.reasons import reason_label, reason_sentence
from .acts import WayToAct
from .answer import answer, option_codes
from .computing import SECONDS, stage_label
from .operations import ENDED_WITHOUT, explanation, waiting_before

Acts = Callable[[Mapping[str, Any]], Iterable[WayToAct]]


def context(row: RunNeed, scope: Scope, acts: Acts) -> dict[str, Any]:
    """Return the values of `planning/explanation.html`.

    Args:
        row: the decision of a run on a need without a seat.
        scope: the people whom the reader may see.
        acts: how a planner makes a change.
    """
    asked = explanation(row.run_id, row.need_id)
    ready = asked is not None and asked.state == WorkState.READY
    planner = bool(current_roles() & PLANNERS)
    found = answer(asked, named=planner) if asked is not None and ready else None
    remedies = [(one, list(acts(one.change)) if planner else []) for one in found.remedies] if found else []
    return {
        "planner": planner,
        "remedies": remedies,
        "row": row,
        "need": row.need,
        "run": queries.run(row.run_id),
        "label": reason_label(row.reason),
        "sentence": _reason(row, scope),
        "asked": asked,
        "progress": progress(asked) if asked is not None else None,
        "found": found,
        "options": queries.classes_of_options(option_codes(found)) if found else {},
        "limit": int(SECONDS),
        "ended_without": asked is not None and asked.state in ENDED_WITHOUT,
        "stopped": asked is not None and asked.state == WorkState.STOPPED,
        "may_stop": asked is not None and may_stop(asked),
    }


def may_stop(asked: RunExplanation) -> bool:
    """Return whether the signed-in person may stop it: who asked for it, and planners."""
    return asked.user_id == current_user.id or bool(current_roles() & PLANNERS)


def _reason(row: RunNeed, scope: Scope) -> str:
    """Return the reason, addressed to the person where they read it themself."""
    own = text_of(row.reason).own if row.need.employee_id == scope.employee_id else ""
    return str(own or reason_sentence(row.reason))


def progress(asked: RunExplanation) -> dict[str, Any]:
    """Return how far it is, in the reader's language."""
    state = WorkState(asked.state)
    status, working = state.label, state == WorkState.WORKING
    if working and (stage := stage_label(asked.stage)):
        status = f"{status}: {stage}"
    elif state == WorkState.QUEUED and (before := waiting_before(asked)):
        status = _("%(state)s; answered before it: %(count)s", state=status, count=number(before))
    return {
        "working": state.active,
        "status": status,
        "done": min(int(SECONDS), round(asked.seconds or 0)) if working else 0,
        "total": int(SECONDS) if working else 0,
    }
