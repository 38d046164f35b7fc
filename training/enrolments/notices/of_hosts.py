"""Notify the accounts of hosts when one of their classes opens, is moved or is cancelled.

As for trainees, this starts once the plan was announced: until then publishing can be undone. Trainees who join or
leave a class are reported every morning (`of_seats.tell_daily`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...accounts.models import user_host
from ...classes.models import TrainingClass
from ...core.db import db
from ...messages.kinds import wording
from ...messages.outbox import tell
from ..models import OpenClass
from ..publishing.announced import told_plans
from .of_seats import about, option_facts
from .wording import when_and_where, with_reason


def tell_hosts(rows: Sequence[OpenClass], before: Mapping[int, int], *, reason: str | None) -> None:
    """Notify the hosts of classes of what an operation did to them, within its transaction.

    Args:
        rows: the classes as they are now; a cancelled one is no longer held.
        before: class id → its previous option; without the classes that did not run.
        reason: why, in words.
    """
    db.session.flush()
    known = told_plans({row.plan_id for row in rows})
    rows = [row for row in rows if row.plan_id in known]
    accounts = accounts_of({row.class_id for row in rows})
    rows = [row for row in rows if row.class_id in accounts]
    facts = option_facts(
        {row.option_id for row in rows} | {before[r.class_id] for r in rows if r.class_id in before}
    )
    for row in rows:
        said: dict[str, Any] = {"class": facts[row.option_id], "reason": reason}
        if row.cancelled_at is not None:
            kind = "enrolments.class_off"
        elif row.class_id not in before:
            kind = "enrolments.class_opened"
        elif facts[before[row.class_id]] != facts[row.option_id]:  # not for room or lecturer alone
            kind, said["before"] = "enrolments.class_moved", facts[before[row.class_id]]
        else:
            continue
        key = f"class:{row.class_id}:open:{row.id}:{'off' if row.cancelled_at else row.revision}"
        tell(accounts[row.class_id], kind, key, said, f"/classes/{row.class_id}", about=about(row.class_id))


def accounts_of(class_ids: Collection[int]) -> dict[int, list[int]]:
    """Return class id → the accounts of its host."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = db.session.execute(
        sa.select(TrainingClass.id, user_host.c.user_id)
        .join(user_host, user_host.c.host_id == TrainingClass.host_id)
        .where(TrainingClass.id.in_(class_ids))
        .order_by(user_host.c.user_id)
    )
    for class_id, user_id in rows:
        found[class_id].append(user_id)
    return found


@wording("enrolments.class_opened", label=_l("A class is yours to hold"))
def _opened(facts: Mapping[str, Any]) -> str:
    text = _("Class %(class)s (%(course)s) is yours to hold: %(when)s.")
    return str(text) % {**facts["class"], "when": when_and_where(facts["class"])}


@wording("enrolments.class_moved", label=_l("A class of yours has other days or another place"))
def _moved(facts: Mapping[str, Any]) -> str:
    text = _("Class %(class)s (%(course)s) is held at another time or place. Before: %(before)s. Now: %(now)s.")
    told = {"before": when_and_where(facts["before"]), "now": when_and_where(facts["class"])}
    return with_reason(str(text) % {**facts["class"], **told}, facts)


@wording("enrolments.class_off", label=_l("A class of yours is not held"))
def _off(facts: Mapping[str, Any]) -> str:
    text = _("Class %(class)s (%(course)s) is not held: %(when)s.")
    return with_reason(str(text) % {**facts["class"], "when": when_and_where(facts["class"])}, facts)
