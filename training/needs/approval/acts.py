"""The acts on a need and the states in which each is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from ..models import ALIVE, ApprovalStep, Need, NeedState
from .approvers import Approver


class NeedAct(StrEnum):
    """An act on a need. The values are stored in the history and used in addresses."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    CUT = "cut"
    RECONSIDER = "reconsider"
    WITHDRAW = "withdraw"
    RESTORE = "restore"

    @property
    def label(self) -> str:
        return str(_ACTS[self])


_ACTS = {
    NeedAct.SUBMIT: _l("Submit"),
    NeedAct.APPROVE: _l("Approve"),
    NeedAct.RETURN: _l("Return"),
    NeedAct.CUT: _l("Cut"),
    NeedAct.RECONSIDER: _l("Decide anew"),
    NeedAct.WITHDRAW: _l("Withdraw"),
    NeedAct.RESTORE: _l("Register again"),
}

# Acts of approvers; the other acts are the unit's own.
DECISIONS = frozenset({NeedAct.APPROVE, NeedAct.RETURN, NeedAct.CUT, NeedAct.RECONSIDER})
WITH_REASON = frozenset({NeedAct.RETURN, NeedAct.CUT, NeedAct.RECONSIDER})
WITHOUT_SEAT = frozenset({NeedAct.WITHDRAW, NeedAct.RECONSIDER})
FROM: dict[NeedAct, frozenset[NeedState]] = {
    NeedAct.SUBMIT: frozenset({NeedState.DRAFT, NeedState.RETURNED}),
    NeedAct.APPROVE: frozenset({NeedState.SUBMITTED}),
    NeedAct.RETURN: frozenset({NeedState.SUBMITTED}),
    NeedAct.CUT: frozenset({NeedState.SUBMITTED}),
    NeedAct.RECONSIDER: frozenset({NeedState.CUT, NeedState.APPROVED}),
    NeedAct.WITHDRAW: ALIVE,
    NeedAct.RESTORE: frozenset({NeedState.WITHDRAWN}),
}
# The act that a sheet asks for when it names a state other than the present one.
TOWARDS: dict[NeedState, NeedAct] = {
    NeedState.REGISTERED: NeedAct.RESTORE,
    NeedState.DRAFT: NeedAct.RESTORE,
    NeedState.SUBMITTED: NeedAct.SUBMIT,
    NeedState.APPROVED: NeedAct.APPROVE,
    NeedState.RETURNED: NeedAct.RETURN,
    NeedState.CUT: NeedAct.CUT,
    NeedState.WITHDRAWN: NeedAct.WITHDRAW,
}


@dataclass(frozen=True, slots=True)
class Transition:
    """An allowed act: the state it leads to, and the person in whose name it is done."""

    need: Need
    act: NeedAct
    state: NeedState
    step: ApprovalStep | None
    reason: str | None = None
    hand: Approver | None = None
