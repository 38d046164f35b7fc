"""What a scenario can change: the funds, classes and courses of its plan's year, for choices."""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _

from ...budgets.models import Fund
from ...classes.models import TrainingClass
from ...core.db import db
from ...core.i18n import money, number
from ...courses.models import Course
from ..models import Plan


def funds(plan: Plan) -> list[tuple[int, str]]:
    """Return (id, name with the amount) of the year's funds."""
    rows = db.session.execute(
        sa.select(Fund.id, Fund.name, Fund.amount).where(Fund.year == plan.round.year).order_by(Fund.sort_key)
    )
    return [(row.id, _("%(fund)s – has %(amount)s", fund=row.name, amount=money(row.amount))) for row in rows]


def classes(plan: Plan) -> list[tuple[int, str]]:
    """Return (id, code and name with the size) of the year's classes."""
    rows = db.session.execute(
        sa.select(
            TrainingClass.id,
            TrainingClass.code,
            TrainingClass.name,
            TrainingClass.min_seats,
            TrainingClass.max_seats,
        )
        .where(TrainingClass.year == plan.round.year)
        .order_by(TrainingClass.code)
    )
    return [
        (
            row.id,
            _(
                "%(code)s – %(name)s (%(least)s to %(most)s seats)",
                code=row.code,
                name=row.name,
                least=number(row.min_seats),
                most=number(row.max_seats),
            ),
        )
        for row in rows
    ]


def courses(plan: Plan) -> list[tuple[int, str]]:
    """Return (id, name) of the courses that have a class in the year."""
    rows = db.session.execute(
        sa.select(Course.id, Course.name)
        .join(TrainingClass, TrainingClass.course_id == Course.id)
        .where(TrainingClass.year == plan.round.year)
        .group_by(Course.id)
        .order_by(Course.sort_key)
    )
    return [(row.id, row.name) for row in rows]
