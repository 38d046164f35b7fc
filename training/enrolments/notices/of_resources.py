"""Notify people when a running class gets another lecturer or room and keeps its days and place.

Seats do not change: answers stay, and summons letters stay valid. Trainees are notified of a new room, because
their page and calendar show it; the host's accounts are notified of both. The database session detects the change
whatever wrote it: the class form, a sheet, or a move to "other days" that are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import event
from sqlalchemy.orm import Session, joinedload

from ...classes.models import ClassOption
from ...core.audit import at_end, memo, utcnow
from ...core.db import db
from ...messages.kinds import wording
from ...messages.outbox import News, tell, tell_each
from ...people.models import Employee
from ..models import Enrolment, EnrolmentState, OpenClass
from ..publishing.announced import told_plans
from .of_hosts import accounts_of
from .of_seats import MINE, about, option_facts
from .wording import with_reason

_CHANGED, _REASON = "resources changed", "why resources changed"  # keys under which the session keeps them
_LISTS = ("rooms", "lecturers")


def because(reason: str) -> None:
    """Set the reason for changes of rooms or lecturers in this operation, for the notices."""
    memo()[_REASON] = reason


@event.listens_for(Session, "before_flush")
def _see(session: Session, _context: Any, _instances: Any) -> None:
    if "operation" not in session.info:
        return
    for row in session.dirty:
        if isinstance(row, ClassOption) and row.id is not None:
            for name in _LISTS:
                history = sa.inspect(row).attrs[name].history
                if history.has_changes():
                    before = [str(one) for one in (*history.unchanged, *history.deleted)]
                    memo().setdefault(_CHANGED, {}).setdefault(row.id, {}).setdefault(name, before)
                    at_end(_tell)


def _tell() -> None:
    """Notify people of the changed options in which a class runs."""
    changed: dict[int, dict[str, list[str]]] = memo().pop(_CHANGED, {})
    reason = memo().pop(_REASON, None)
    rows = db.session.scalars(
        sa.select(OpenClass)
        .where(OpenClass.option_id.in_(changed), OpenClass.cancelled_at.is_(None))
        .options(joinedload(OpenClass.option))
    ).all()
    known = told_plans({row.plan_id for row in rows}) if rows else set()
    facts = option_facts({row.option_id for row in rows if row.plan_id in known})
    hosts = accounts_of({row.class_id for row in rows})
    for row in rows:
        if row.plan_id not in known:
            continue
        said: dict[str, Any] = {"class": facts[row.option_id], "reason": reason}
        for name, before in changed[row.option_id].items():
            now = [str(one) for one in getattr(row.option, name)]
            if sorted(now) != sorted(before):
                said[name] = [sorted(before), now]
        key = f"class:{row.class_id}:resources:{utcnow().isoformat()}"
        if any(name in said for name in _LISTS):
            address = f"/classes/{row.class_id}"
            told = "enrolments.class_resources"
            tell(hosts.get(row.class_id, []), told, key, said, address, about=about(row.class_id))
        if said.get("rooms", [[], []])[1]:
            _tell_people(row, key, {name: value for name, value in said.items() if name != "lecturers"})
    db.session.flush()


def _tell_people(row: OpenClass, key: str, said: Mapping[str, Any]) -> None:
    people = db.session.scalars(
        sa.select(Enrolment.employee_id)
        .join(Enrolment.employee)
        .where(Enrolment.class_id == row.class_id, Enrolment.state != EnrolmentState.CANCELLED, Employee.active)
        .order_by(Enrolment.id)
    )
    news = News("enrolments.room_changed", f"{key}:rooms", said, MINE, about(row.class_id))
    tell_each((employee_id, news) for employee_id in people.all())


@wording("enrolments.room_changed", label=_l("Your class has another room"))
def _room_changed(facts: Mapping[str, Any]) -> str:
    text = _(
        "Class %(class)s (%(course)s) has another room: %(rooms)s. Days and place stay as they are; your answer "
        "and your letter of summons stay valid."
    )
    return with_reason(str(text) % {**facts["class"], "rooms": ", ".join(facts["rooms"][1])}, facts)


@wording("enrolments.class_resources", label=_l("A class of yours has another lecturer or room"))
def _class_resources(facts: Mapping[str, Any]) -> str:
    parts = [str(_("Class %(class)s (%(course)s): days and place stay as they are.")) % facts["class"]]
    for name, text in (
        ("lecturers", _("Lecturers before: %(before)s. Now: %(now)s.")),
        ("rooms", _("Rooms before: %(before)s. Now: %(now)s.")),
    ):
        if name in facts:
            before, now = (", ".join(names) or "–" for names in facts[name])
            parts.append(str(text) % {"before": before, "now": now})
    return with_reason(" ".join(parts), facts)
