"""The workbook of the seats in force; of many it is made in the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from .. import audit
from ..access import READERS, Scope
from ..accounts.models import User
from ..audit import Actor
from ..db import db
from ..errors import Refused
from ..exports.producers import Made, Progress, producer
from ..language import day, today
from ..needs.models import Round
from . import queries, seat_sheet

NAME = "enrolments.seats"
_LARGE = 2000  # needs: more than a second of work


def is_large(round_: Round, scope: Scope) -> bool:
    return queries.totals(scope, round_.id).needs > _LARGE


def seats_file(round_: Round, scope: Scope, *, actor: Actor) -> Made:
    """Name and content of the workbook; the download is noted."""
    with force_locale("vi"):
        content = seat_sheet.workbook(round_, scope).getvalue()
    audit.record(actor, "enrolments.download", "round", round_.id, str(round_), {"bytes": len(content)})
    return f"cho-hoc-dang-co-hieu-luc-{round_.code}-{day(today()).replace('/', '-')}.xlsx", content


@producer(NAME, READERS)
def seats(parameters: Mapping[str, Any], user: User, progress: Progress) -> Made:
    """The seats in force of the plan of the round `round`, of what the user may see."""
    round_ = db.session.get(Round, parameters["round"])
    if round_ is None:
        raise Refused(_("There is no such round any more."))
    progress(0, 1)
    made = seats_file(round_, user.scope(READERS), actor=user)
    progress(1, 1)
    return made
