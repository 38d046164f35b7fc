"""Rating the people of a unit for a year, within the limit of excellent ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..access import ALL, Scope
from ..audit import Actor, operation
from ..db import db
from ..errors import Fault, Refused
from ..people.history import stays_on
from ..people.models import Employee, Unit
from ..people.operations import save_employee
from ..people.queries import in_scope, kept_employees
from .models import KnowledgeTest
from .operations import save_knowledge_test
from .queries import limits_on
from .rules import Limits, Rating, most_excellent, rating_of


@dataclass(slots=True)
class UnitRatings:
    """Ratings of a year in a unit: those who were in it on the year's last day.

    Attributes:
        counts: by rating; people without one, or whose words mean none, are `unrated`.
        most: how many may be rated excellent; None: no limit.
        tested: people with a result of the knowledge test; `points`: its sum.
    """

    unit: Unit
    counts: dict[Rating, int]
    unrated: int = 0
    tested: int = 0
    points: int = 0
    most: int | None = None

    @property
    def over(self) -> bool:
        return self.most is not None and self.counts[Rating.EXCELLENT] > self.most

    @property
    def people(self) -> int:
        return sum(self.counts.values()) + self.unrated


def ratings_of_year(year: int, scope: Scope, limits: Limits | None) -> list[UnitRatings]:
    """Ratings by unit, in Vietnamese order of the units."""
    stays = stays_on(date(year, 12, 31))
    text = Employee.ratings[str(year)].astext
    statement = (
        sa.select(Unit, text, sa.func.count(), sa.func.count(KnowledgeTest.id), sa.func.sum(KnowledgeTest.score))
        .select_from(Employee)
        .join(stays, stays.c.employee_id == Employee.id)
        .join(Unit, Unit.id == stays.c.unit_id)
        .outerjoin(KnowledgeTest, sa.and_(KnowledgeTest.employee_id == Employee.id, KnowledgeTest.year == year))
        .where(kept_employees(scope))
        .group_by(Unit.id, text)
        .order_by(Unit.sort_key, Unit.id)
    )
    found: dict[int, UnitRatings] = {}
    for unit, words, people, tested, points in db.session.execute(statement):
        row = found.setdefault(unit.id, UnitRatings(unit, dict.fromkeys(Rating, 0)))
        rating = rating_of(words)
        if rating is None:
            row.unrated += people
        else:
            row.counts[rating] += people
        row.tested += tested
        row.points += points or 0
    for row in found.values():
        row.most = most_excellent(row.counts[Rating.GOOD], limits)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Rated:
    """Somebody's rating of a year, with the result of the knowledge test."""

    employee: Employee
    rating: Rating | None
    test: KnowledgeTest | None


def people_rated(unit: Unit, year: int, scope: Scope) -> list[Rated]:
    """The people who were in `unit` on the last day of `year`, by name."""
    stays = stays_on(date(year, 12, 31))
    statement = (
        sa.select(Employee, KnowledgeTest)
        .join(stays, stays.c.employee_id == Employee.id)
        .outerjoin(KnowledgeTest, sa.and_(KnowledgeTest.employee_id == Employee.id, KnowledgeTest.year == year))
        .where(stays.c.unit_id == unit.id, kept_employees(scope))
        .options(joinedload(Employee.position))
        .order_by(Employee.sort_key, Employee.id)
    )
    return [
        Rated(employee, rating_of(employee.ratings.get(str(year))), test)
        for employee, test in db.session.execute(statement)
    ]


def rate_unit(
    unit: Unit,
    year: int,
    given: Mapping[int, tuple[Rating | None, int | None]],
    *,
    actor: Actor,
    scope: Scope = ALL,
) -> None:
    """Set the ratings of a year, and the results of its knowledge test, of people of a unit.

    Args:
        unit: those who were in it on the year's last day are rated together.
        given: person → (rating, points of the test); None leaves what is recorded as it is. Others stay.

    Raises:
        Refused: more excellent ratings than the limits allow, one without the points that it asks for, or a person
            who was not in the unit; nothing was written.
    """
    with operation(actor, "careers.rate_unit"):
        if not in_scope(scope, unit.id):
            raise Refused(Fault("", _("This belongs to units that are not yours.")))
        people = {rated.employee.id: rated for rated in people_rated(unit, year, scope)}
        limits = limits_on(date(year, 12, 31))
        faults = [Fault("", _("Somebody was not in this unit."))] if set(given) - set(people) else []
        counts = dict.fromkeys(Rating, 0)
        for employee_id, rated in people.items():
            rating, points = given.get(employee_id, (None, None))
            rating = rating or rated.rating
            if rating is None:
                continue
            counts[rating] += 1
            points = points if points is not None else rated.test.score if rated.test else None
            least = limits.excellent_score if limits is not None else None
            if rating is Rating.EXCELLENT and least is not None and (points is None or points < least):
                faults.append(
                    Fault(
                        f"rating-{employee_id}",
                        _("“Excellent” asks for %(least)d points in the knowledge test.", least=least),
                    )
                )
        most = most_excellent(counts[Rating.GOOD], limits)
        if most is not None and limits is not None and counts[Rating.EXCELLENT] > most:
            faults.append(
                Fault(
                    "",
                    _(
                        "%(count)d people would be rated excellent: %(most)d at most, %(percent)d %% of the "
                        "%(good)d rated “completed well”.",
                        count=counts[Rating.EXCELLENT],
                        most=most,
                        percent=limits.most_excellent,
                        good=counts[Rating.GOOD],
                    ),
                )
            )
        if faults:
            raise Refused(*faults)
        for employee_id, (rating, points) in given.items():
            _write(people[employee_id], year, rating, points, actor)


def _write(rated: Rated, year: int, rating: Rating | None, points: int | None, actor: Actor) -> None:
    employee = rated.employee
    if rating is not None and rating is not rated.rating:
        save_employee({"ratings": {**employee.ratings, str(year): rating.text}}, actor=actor, row=employee)
    if points is not None and (rated.test is None or rated.test.score != points):
        values: dict[str, Any] = {"score": points}
        if rated.test is None:
            values |= {"employee_id": employee.id, "year": year}
        save_knowledge_test(values, actor=actor, row=rated.test)
