"""Downloads of the workbook of seats in force; a large one is made in the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from ...accounts.models import User
from ...core import audit
from ...core.access import READERS, Scope
from ...core.audit import Actor
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import day, today
from ...exports.producers import Made, Progress, producer
from ...needs.models import Round
from .. import queries
from ..seats import workbook

NAME = "enrolments.seats"
_LARGE = 2000  # needs: more than a second of work


def is_large(round_: Round, scope: Scope) -> bool:
    return queries.totals(scope, round_.id).needs > _LARGE


def seats_file(round_: Round, scope: Scope, *, actor: Actor) -> Made:
    """Return name and content of the workbook; the download is logged."""
    with force_locale("vi"):
        content = workbook.workbook(round_, scope).getvalue()
    audit.record(actor, "enrolments.download", "round", round_.id, str(round_), {"bytes": len(content)})
    return f"cho-hoc-dang-co-hieu-luc-{round_.code}-{day(today()).replace('/', '-')}.xlsx", content


@producer(NAME, READERS)
def seats(parameters: Mapping[str, Any], user: User, progress: Progress) -> Made:
    """Make the workbook of the seats in force of the plan of the round `round`, within the user's scope."""
    round_ = db.session.get(Round, parameters["round"])
    if round_ is None:
        raise Refused(_("There is no such round any more."))
    progress(0, 1)
    made = seats_file(round_, user.scope(READERS), actor=user)
    progress(1, 1)
    return made
