"""The consolidation of a large round, made by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...accounts.models import User
from ...core import audit
from ...core.access import READERS
from ...core.db import db
from ...core.errors import Refused
from ...exports.producers import Made, Progress, producer
from ..approval.consolidation import workbook
from ..models import Need, Round

NAME = "needs.consolidation"
_LARGE = 2000  # needs: more than a second of work


def is_large(round_: Round) -> bool:
    return (db.session.scalar(sa.select(sa.func.count()).where(Need.round_id == round_.id)) or 0) > _LARGE


@producer(NAME, READERS)
def consolidation(parameters: Mapping[str, Any], user: User, progress: Progress) -> Made:
    """Return the workbook of the round `round`, of what the user may see."""
    row = db.session.get(Round, parameters["round"])
    if row is None:
        raise Refused(_("There is no such round any more."))
    progress(0, 1)
    content = workbook(row, user.scope(READERS))
    audit.record(user, "needs.download", "round", row.id, str(row), {"bytes": len(content)})
    progress(1, 1)
    return f"nhu-cau-{row.code}.xlsx", content
