"""The outcome of each need.

It is exactly one of: a seat, a course passed or failed, a place in the queue, a reason, the end of the need
itself, a carry-over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.db import db
from ...core.i18n import moment
from ...core.provided import Provided
from ...needs import outcomes
from ...needs.models import PLANNED, Need, Round
from ...planning.models import Plan, PlanState, RunNeed
from ...planning.rules.reasons import reason_label
from ..models import Enrolment, EnrolmentState, How, WaitingListEntry, WaitingState


class OutcomeKind(StrEnum):
    SEATED = "seated"
    COMPLETED = "completed"  # attended the class and passed
    FAILED = "failed"
    WAITING = "waiting"
    UNMET = "unmet"
    ENDED = "ended"  # withdrawn or cut, or not approved
    CARRIED = "carried"
    UNDECIDED = "undecided"  # its round has no plan in force, or the need came after the plan

    @property
    def label(self) -> str:
        return str(_FATES[self])


_FATES = {
    OutcomeKind.SEATED: _l("Has a seat"),
    OutcomeKind.COMPLETED: _l("Completed"),
    OutcomeKind.FAILED: _l("Did not pass"),
    OutcomeKind.WAITING: _l("Waiting"),
    OutcomeKind.UNMET: _l("Without a seat"),
    OutcomeKind.ENDED: _l("Not in the plan"),
    OutcomeKind.CARRIED: _l("Carried over"),
    OutcomeKind.UNDECIDED: _l("Not decided yet"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a need, with the reason in a few words if there is one."""

    kind: OutcomeKind
    why: str = ""


results: Provided[[Collection[int]], dict[int, Outcome]] = Provided(
    "seats that ended in a course passed or failed"
)


def outcomes_of(need_ids: Collection[int]) -> dict[int, Outcome]:
    """Return need id → its outcome, in six queries whatever their number."""
    wanted = sa.select(Need.id, Need.state).where(Need.id.in_(need_ids))
    needs = {row.id: row.state for row in db.session.execute(wanted)}
    later = sa.select(Need.carried_from_id, Round.name).join(Need.round).where(Need.carried_from_id.in_(need_ids))
    carried = {row.carried_from_id: row.name for row in db.session.execute(later)}
    seats: dict[int, Enrolment] = {}
    for seat in db.session.scalars(
        sa.select(Enrolment)
        .where(
            Enrolment.need_id.in_(need_ids),
            Enrolment.ended_how.is_distinct_from(How.UNPUBLISHED),  # an undone publication does not count
        )
        .order_by(Enrolment.ended_at.nulls_last())
    ):
        seats[seat.need_id] = seat  # an active one comes last
    entries: dict[int, str] = {}
    for row in db.session.execute(
        sa.select(WaitingListEntry.need_id, WaitingListEntry.state)
        .where(WaitingListEntry.need_id.in_(need_ids))
        .order_by(WaitingListEntry.id)
    ):
        entries[row.need_id] = row.state
    decided = {
        row.need_id: row.reason
        for row in db.session.execute(
            sa.select(RunNeed.need_id, RunNeed.reason)
            .join(Plan, Plan.published_run_id == RunNeed.run_id)
            .where(Plan.state == PlanState.PUBLISHED, RunNeed.need_id.in_(need_ids))
        )
    }
    living_ids = [seat.id for seat in seats.values() if seat.state != EnrolmentState.CANCELLED]
    ended = results(living_ids)
    found = {}
    for need_id, state in needs.items():
        seat_or_none = seats.get(need_id)
        if seat_or_none is not None and seat_or_none.state != EnrolmentState.CANCELLED:
            told = ended.get(seat_or_none.id, Outcome(OutcomeKind.SEATED, _offered(seat_or_none)))
            lives_on = told.kind is OutcomeKind.FAILED and need_id in carried
            found[need_id] = Outcome(OutcomeKind.CARRIED, told.why) if lives_on else told
        elif need_id in carried:
            still = state in PLANNED and entries.get(need_id) == WaitingState.WAITING
            found[need_id] = Outcome(OutcomeKind.CARRIED, _carried(carried[need_id], still))
        elif state not in PLANNED:
            found[need_id] = Outcome(OutcomeKind.ENDED)
        elif entries.get(need_id) == WaitingState.WAITING:
            found[need_id] = Outcome(OutcomeKind.WAITING, _why(seat_or_none, None, decided.get(need_id)))
        elif need_id not in decided:
            found[need_id] = Outcome(OutcomeKind.UNDECIDED)
        else:
            found[need_id] = Outcome(OutcomeKind.UNMET, _why(seat_or_none, entries.get(need_id), decided[need_id]))
    return found


@outcomes.ends.by
def _in_words(need_ids: Collection[int]) -> dict[int, str]:
    """Return need id → its outcome in words, with the reason or the class.

    Undecided and ended needs are left out: their own state says as much.
    """
    if not need_ids:
        return {}
    seats = outcomes.seats(need_ids)
    found = {}
    for need_id, told in outcomes_of(need_ids).items():
        if told.kind in {OutcomeKind.UNDECIDED, OutcomeKind.ENDED}:
            continue
        whole = told.kind is OutcomeKind.CARRIED or (
            told.kind is OutcomeKind.SEATED and told.why
        )  # the words contain the reason
        more = [told.why] if told.why else []
        if told.kind in {OutcomeKind.SEATED, OutcomeKind.COMPLETED} and need_id in seats:
            more.append(seats[need_id])
        found[need_id] = " · ".join(more) if whole else ": ".join([told.kind.label, " · ".join(more)])
    return found


def _offered(seat: Enrolment) -> str:
    """Describe an offer, which is not a seat yet."""
    if seat.state != EnrolmentState.OFFERED:
        return ""
    return str(_("Offered, held until %(when)s", when=moment(seat.offer_ends_at)))


def _carried(round_name: str, waits: bool) -> str:
    """Describe a need that a later round took over.

    It keeps its place in the queue, because a seat may still become free.
    """
    if waits:
        return str(_("Carried over into “%(round)s”, and still on the waiting list", round=round_name))
    return str(_("Carried over into “%(round)s”", round=round_name))


def _why(ended: Enrolment | None, entry: str | None, reason: str | None) -> str:
    if ended is not None and ended.ended_how:
        substituted = ended.ended_how == How.SUBSTITUTED  # `how` of the substitute's seat
        label = str(_("Another person goes instead")) if substituted else How(ended.ended_how).label
        return f"{label}: {ended.end_reason}" if ended.end_reason else label
    if entry == WaitingState.LEFT:
        return str(_("Left the waiting list"))
    return reason_label(reason)
