"""Gaps of people as a workbook; for many people the worker makes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale

from ..accounts.models import User
from ..core import audit
from ..core.access import READERS, Scope
from ..core.audit import Actor
from ..core.db import db
from ..core.i18n import day as as_day
from ..core.i18n import today
from ..exports.producers import Made, Progress, producer
from ..people.models import Employee, Position, Unit
from ..people.queries import kept_employees
from ..standards.wording import in_words
from .export import people_workbook
from .queries import GapTable, states
from .rules import Gap, Horizon, State

NAME = "gaps.people"
LARGE = 1500  # people: more than a second of work


def people_file(ids: Collection[int], day: date, scope: Scope, *, actor: Actor) -> tuple[str, BytesIO]:
    """Return name and content of the workbook of the people `ids`, by unit and name; record the download."""
    content = people_workbook(_lines(ids, day, scope), day, coming=day > today())
    audit.record(actor, "gaps.download", "employee", None, as_day(day), {"people": len(ids)})
    return f"tieu-chuan-{as_day(day).replace('/', '-')}.xlsx", content


@producer(NAME, READERS)
def people(parameters: Mapping[str, Any], user: User, progress: Progress) -> Made:
    """Export the people `ids` as of `day`, as far as the user may see them."""
    progress(0, 1)
    name, content = people_file(
        parameters["ids"], date.fromisoformat(parameters["day"]), user.scope(READERS), actor=user
    )
    progress(1, 1)
    return name, content.getvalue()


def _lines(ids: Collection[int], day: date, scope: Scope) -> list[list[str | None]]:
    statement = (
        sa.select(Employee.id, Employee.code, Employee.name, Unit.name, Position.name, Employee.rank_code)
        .join(Employee.unit)
        .outerjoin(Employee.position)
        .where(kept_employees(scope), Employee.id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Integer))))
        .order_by(Unit.sort_key, Employee.sort_key, Employee.id)
    )
    people = db.session.execute(statement).all()
    table = states(day, [row[0] for row in people])
    with force_locale("vi"):
        words = {number: in_words(requirement) for number, requirement in table.world.requirements.items()}
        return [
            [*row[1:], table.standing(row[0]).label, *_cells(table, table.of[row[0]], words)] for row in people
        ]


def _cells(table: GapTable, gaps: list[Gap], words: Mapping[int, str]) -> list[str]:
    """Return the cells: missing, expiring and unknown requirements now, and those of planned titles."""
    now = [gap for gap in gaps if gap.horizon is Horizon.CURRENT]
    planned = [gap for gap in gaps if gap.horizon is Horizon.PLANNED and gap.state is State.MISSING]
    return [
        "; ".join(words[gap.asked.id] for gap in now if gap.state is State.MISSING),
        "; ".join(
            f"{words[gap.asked.id]} ({as_day(gap.verdict.until)})" for gap in now if gap.state is State.EXPIRING
        ),
        "; ".join(words[gap.asked.id] for gap in now if gap.state is State.UNKNOWN),
        "; ".join(f"{words[gap.asked.id]} ({table.subject(gap).name})" for gap in planned),
    ]
