"""Rating the people of a unit for a year, within the limit of excellent ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
from .models import ExcellentGround, KnowledgeTest
from .operations import save_knowledge_test
from .queries import limits_on
from .rules import Limits, Rating, most_excellent, rating_of

GROUND_LENGTH = 400


@dataclass(slots=True)
class UnitRatings:
    """Ratings of a year in a unit: those who were in it on the year's last day.

    Attributes:
        ground: why there are more excellent ones than the limit allows, where somebody said so.
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
    ground: str | None = None

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
    grounds = sa.select(ExcellentGround.unit_id, ExcellentGround.ground).where(ExcellentGround.year == year)
    for unit_id, ground in db.session.execute(grounds):
        if unit_id in found:
            found[unit_id].ground = ground
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
    ground: str | None = None,
) -> None:
    """Set the ratings of a year, and the results of its knowledge test, of people of a unit.

    Args:
        unit: those who were in it on the year's last day are rated together.
        given: person → (rating, points of the test); None leaves what is recorded as it is. Others stay.
        ground: why more may be rated excellent than the limits allow; None: as recorded for the unit and the year.

    Raises:
        Refused: more excellent ratings than the limits allow, without a ground; one without the points that it
            asks for, or a person who was not in the unit; nothing was written.
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
        recorded = db.session.scalar(
            sa.select(ExcellentGround).where(ExcellentGround.unit_id == unit.id, ExcellentGround.year == year)
        )
        reason = (ground or "").strip()
        if len(reason) > GROUND_LENGTH:
            faults.append(Fault("ground", _("At most %(max)d characters.", max=GROUND_LENGTH)))
        if most is not None and counts[Rating.EXCELLENT] > most and not (reason or recorded):
            faults.append(Fault("ground", _too_many(counts, most, limits)))
        if faults:
            raise Refused(*faults)
        for employee_id, (rating, points) in given.items():
            _write(people[employee_id], year, rating, points, actor)
        if reason and (recorded is None or recorded.ground != reason):
            recorded = recorded or ExcellentGround(unit_id=unit.id, year=year)
            recorded.ground = reason
            db.session.add(recorded)


def _too_many(counts: Mapping[Rating, int], most: int, limits: Limits | None) -> str:
    assert limits is not None, "without limits nothing is too many"
    return str(
        _(
            "%(count)d people would be rated excellent: %(most)d at most, %(percent)d %% of the %(good)d rated "
            "“completed well”; more needs a ground, given on the page of the unit's ratings.",
            count=counts[Rating.EXCELLENT],
            most=most,
            percent=limits.most_excellent,
            good=counts[Rating.GOOD],
        )
    )


def too_many_excellent(employee_ids: Collection[int], year: int) -> dict[int, str]:
    """employee id → why their rating as excellent for `year` cannot stand: their unit has more of them than the
    limits allow, and nobody recorded a ground. For those who write many ratings at once, after the flush.

    Args:
        employee_ids: of those whose ratings were written.
    """
    limits = limits_on(date(year, 12, 31))
    if limits is None or limits.most_excellent is None or not employee_ids:
        return {}
    stays = stays_on(date(year, 12, 31))
    wanted = sa.any_(sa.literal(list(employee_ids), sa.ARRAY(sa.Integer)))
    grounds = sa.select(ExcellentGround.unit_id).where(ExcellentGround.year == year)
    units = sa.select(stays.c.unit_id).where(stays.c.employee_id == wanted, stays.c.unit_id.not_in(grounds))
    statement = (
        sa.select(stays.c.unit_id, stays.c.employee_id, Employee.ratings[str(year)].astext)
        .join(Employee, Employee.id == stays.c.employee_id)
        .where(stays.c.unit_id.in_(units))
    )
    counts: dict[int, dict[Rating, int]] = {}
    excellent: list[tuple[int, int]] = []
    for unit_id, employee_id, words in db.session.execute(statement):
        rating = rating_of(words)
        if rating is not None:
            of_unit = counts.setdefault(unit_id, dict.fromkeys(Rating, 0))
            of_unit[rating] += 1
            if rating is Rating.EXCELLENT and employee_id in employee_ids:
                excellent.append((employee_id, unit_id))
    found = {}
    for employee_id, unit_id in excellent:
        most = most_excellent(counts[unit_id][Rating.GOOD], limits)
        if most is not None and counts[unit_id][Rating.EXCELLENT] > most:
            found[employee_id] = _too_many(counts[unit_id], most, limits)
    return found


def ground_of(unit: Unit, year: int) -> str | None:
    """Why more people of the unit are rated excellent than the limits allow, where somebody said so."""
    statement = sa.select(ExcellentGround.ground)
    return db.session.scalar(statement.where(ExcellentGround.unit_id == unit.id, ExcellentGround.year == year))


def _write(rated: Rated, year: int, rating: Rating | None, points: int | None, actor: Actor) -> None:
    employee = rated.employee
    if rating is not None and rating is not rated.rating:
        save_employee({"ratings": {**employee.ratings, str(year): rating.text}}, actor=actor, row=employee)
    if points is not None and (rated.test is None or rated.test.score != points):
        values: dict[str, Any] = {"score": points}
        if rated.test is None:
            values |= {"employee_id": employee.id, "year": year}
        save_knowledge_test(values, actor=actor, row=rated.test)
