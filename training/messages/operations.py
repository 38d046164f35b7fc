"""Writes over messages: active kinds, mail preferences, retries; requests for corrections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..accounts.models import User
from ..accounts.officers import accounts_with, officers_over
from ..accounts.queries import changed_fields
from ..core.access import Role
from ..core.audit import Actor, operation, utcnow
from ..core.audit import record as note
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.tasks import defer
from ..labels.fields import field_label
from ..people.models import Employee
from . import queries
from .kinds import KINDS, secret_kinds, wording
from .models import (
    Channel,
    CorrectionRequest,
    DataCorrectionState,
    KindSetting,
    MailChoice,
    Message,
    MessageState,
)
from .outbox import SENDING, tell, tell_people


def switch_kinds(wanted: Mapping[str, tuple[bool, bool]], *, actor: Actor) -> None:
    """Set the channels of messages from now on.

    Args:
        wanted: kind → (on the site, by mail); kinds that are not named keep theirs.
    """
    with operation(actor, "messages.switch_kinds") as session:
        stored = {row.kind: row for row in session.scalars(sa.select(KindSetting))}
        for kind, (site, mail) in wanted.items():
            row = stored.get(kind)
            if row is not None:
                row.site, row.mail = site, mail
            elif kind in KINDS and (site, mail) != (True, KINDS[kind].mail):
                session.add(KindSetting(kind=kind, site=site, mail=mail))


def choose_mail(user: User, wanted: bool, *, actor: Actor) -> None:
    """Set whether the account wants mails of the optional kinds."""
    with operation(actor, "messages.choose_mail") as session:
        row = queries.mail_choice(user.id)
        if row is None:
            session.add(MailChoice(user_id=user.id, wanted=wanted))
        else:
            row.wanted = wanted


def send_failed_again(*, actor: Actor) -> int:
    """Queue the mails that could not be sent once more; of secret ones nothing is left to send.

    Returns:
        How many.
    """
    statement = (
        sa.update(Message)
        .where(
            Message.channel == Channel.MAIL,
            Message.state == MessageState.FAILED,
            Message.kind.not_in(secret_kinds()),
        )
        .values(state=MessageState.QUEUED, tries=0, next_try_at=utcnow())
        .returning(Message.id)
    )
    count = len(db.session.scalars(statement).all())
    if count:
        note(actor, "messages.send_again", "message", "", _("Failed mails"), {"count": count})
        defer(SENDING, lock=SENDING)
    return count


# -- requests to put a record right -------------------------------------------------------------------------------


@wording("messages.correction_asked", label=_l("Somebody asks to have a record put right"))
def _asked(facts: Mapping[str, Any]) -> str:
    return str(_("%(person)s asks to have “%(about)s” put right.")) % facts


@wording("messages.correction_answered", label=_l("Answer to your request to put a record right"))
def _answered(facts: Mapping[str, Any]) -> str:
    if facts.get("nothing"):
        return str(_("“%(about)s”: nothing was to be put right: %(answer)s") % facts)
    if not facts["done"]:
        return str(_("“%(about)s” was not changed: %(answer)s") % facts)
    fields = ", ".join(field_label(key, facts["entity"]) for key in facts.get("fields", ()))
    if fields:
        text = _("“%(about)s” was put right (changed: %(fields)s): %(answer)s")
        return str(text % {**facts, "fields": fields})
    return str(_("“%(about)s” was put right: %(answer)s") % facts)


def ask_correction(employee: Employee, about: str, wanted: str, *, actor: Actor) -> CorrectionRequest:
    """Record that a person says that a record about them is wrong.

    The officers of their unit are notified, or the administrators if there are none.

    Raises:
        Refused: it does not say what, or what would be right.
    """
    faults = [
        Fault(field, _("Please fill this in."))
        for field, text in (("about", about), ("wanted", wanted))
        if not text.strip()
    ]
    if faults:
        raise Refused(*faults)
    with operation(actor, "messages.ask_correction") as session:
        made = CorrectionRequest(employee=employee, about=about.strip()[:200], wanted=wanted.strip()[:1000])
        session.add(made)
        session.flush()
        keepers = officers_over({employee.unit_id})[employee.unit_id] or accounts_with(Role.ADMINISTRATOR)
        facts = {"person": f"{employee.name} ({employee.code})", "about": made.about}
        key = f"messages.correction:{made.id}"
        tell(keepers, "messages.correction_asked", key, facts, f"/corrections/{made.id}")
        return made


def answer_correction(
    row: CorrectionRequest, answer: str, *, state: DataCorrectionState, change_id: int | None = None, actor: Actor
) -> None:
    """Answer a correction request; the person is notified, with the change.

    Args:
        change_id: of «put right»: the entry of the audit log that did it.

    Raises:
        Refused: the answer is empty, it is answered already, or «put right» names no change that was made to the
            person's record since they asked.
    """
    if not answer.strip():
        raise Refused(Fault("answer", _("Please fill this in.")))
    with operation(actor, "messages.answer_correction") as session:
        session.refresh(row, with_for_update={"of": CorrectionRequest})
        if row.state != DataCorrectionState.OPEN:
            raise Refused(_("This request is answered already."))
        change = None
        if state is DataCorrectionState.DONE:
            changes = {entry.id: entry for entry in queries.record_changes(row.employee_id, row.asked_at)}
            if not changes:
                raise Refused(
                    _("Nothing was changed in the record since the request: change it first, then say so here.")
                )
            change = changes.get(change_id or 0)
            if change is None:
                raise Refused(Fault("change", _("Choose the change that put it right.")))
        row.state, row.change = state, change
        row.answer, row.answered_at, row.answered_by = answer.strip()[:1000], utcnow(), actor.actor_name
        facts: dict[str, Any] = {
            "about": row.about,
            "answer": row.answer,
            "done": state is DataCorrectionState.DONE,
            "nothing": state is DataCorrectionState.NOTHING,
        }
        if change is not None:  # which fields; their values are on the person's own page only
            facts |= {"entity": change.entity, "fields": changed_fields(change)}
        key = f"messages.correction_answered:{row.id}"
        tell_people([row.employee_id], "messages.correction_answered", key, facts, "/my-data")
