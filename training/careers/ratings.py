"""Ratings of the people of a unit for a year, within the limit of excellent ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..core.access import ALL, Scope
from ..core.audit import Actor, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..people import rating_rules
from ..people.history import stays_on
from ..people.models import Employee, Unit
from ..people.operations import save_employee
from ..people.queries import in_scope, kept_employees
from ..people.rating_rules import Objection, Written, objections
from .models import ExcellentGround, KnowledgeTest
from .operations import save_knowledge_test
from .queries import limits_on
from .rules import ListLimits, Rating, most_excellent, rating_of

GROUND_LENGTH = 400


@dataclass(slots=True)
class UnitRatings:
    """Ratings of a year in a unit: those who were in it on the year's last day.

    Attributes:
        ground: why there are more excellent ones than the limit allows, if recorded.
        counts: by rating; people without one, or with an unknown text, are `unrated`.
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


def ratings_of_year(year: int, scope: Scope, limits: ListLimits | None) -> list[UnitRatings]:
    """Return ratings by unit, in Vietnamese order of the units."""
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
    """Return the people who were in `unit` on the last day of `year`, by name."""
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
    seen: Mapping[int, tuple[Rating | None, int | None]] | None = None,
) -> None:
    """Set the ratings of a year, and the results of its knowledge test, of people of a unit.

    Args:
        unit: those who were in it on the year's last day are rated together.
        given: person → (rating, points of the test); None leaves what is recorded as it is. Others stay.
        ground: why more may be rated excellent than the limits allow; None: as recorded for the unit and the year.
        seen: person → (rating, points) as shown to the rater: one that has changed since must be reviewed first.

    Raises:
        Refused: somebody was not in the unit, somebody else rated meanwhile, or `judge_ratings` objects.
    """
    with operation(actor, "careers.rate_unit"):
        if not in_scope(scope, unit.id):
            raise Refused(Fault("", _("This belongs to units that are not yours.")))
        people = {rated.employee.id: rated for rated in people_rated(unit, year, scope)}
        if set(given) - set(people):
            raise Refused(Fault("", _("Somebody was not in this unit.")))
        reason = (ground or "").strip()
        if len(reason) > GROUND_LENGTH:
            raise Refused(Fault("ground", _("At most %(max)d characters.", max=GROUND_LENGTH)))
        changed = list(_changed_meanwhile(people, given, seen or {}))
        if changed:
            raise Refused(*changed)
        for employee_id, (rating, points) in given.items():
            _write(people[employee_id], year, rating, points, actor)
        recorded = db.session.scalar(
            sa.select(ExcellentGround).where(ExcellentGround.unit_id == unit.id, ExcellentGround.year == year)
        )
        if reason and (recorded is None or recorded.ground != reason):
            recorded = recorded or ExcellentGround(unit_id=unit.id, year=year)
            recorded.ground = reason
            db.session.add(recorded)
        faults = {
            (field, objection.message): Fault(field, objection.message)
            for objection in objections()
            for field in ("ground" if objection.together else f"rating-{objection.employee.id}",)
        }
        if faults:
            raise Refused(*faults.values())


def _changed_meanwhile(
    people: Mapping[int, Rated],
    given: Mapping[int, tuple[Rating | None, int | None]],
    seen: Mapping[int, tuple[Rating | None, int | None]],
) -> Iterator[Fault]:
    """Yield what somebody else wrote since the page was made, if another value would overwrite it."""
    for employee_id, (rating, points) in given.items():
        if employee_id not in seen:
            continue
        before, rated = seen[employee_id], people[employee_id]
        if rating is not None and rated.rating not in (before[0], rating):
            told = rated.rating.label if rated.rating is not None else "–"
            text = _("Somebody else has written “%(value)s” here in the meantime.", value=told)
            yield Fault(f"rating-{employee_id}", text)
        score = rated.test.score if rated.test is not None else None
        if points is not None and score not in (before[1], points):
            text = _("Somebody else has written “%(value)s” here in the meantime.", value=score)
            yield Fault(f"points-{employee_id}", text)


def _too_many(counts: Mapping[Rating, int], most: int, limits: ListLimits) -> str:
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


@rating_rules.judge.by
def judge_ratings(written: Sequence[Written]) -> Iterator[Objection]:
    """Yield objections to written ratings, on any path (`people.rating_rules` calls this after the flush).

    - An excellent one without the points in the knowledge test that the limits require.
    - Those that leave their unit with more excellent ones than the limits allow, and no ground recorded: people
      newly rated excellent, and people no longer rated well. A change that brings such a unit nearer to the limit
      is
      allowed.
    """
    by_year: dict[int, list[Written]] = {}
    for one in written:
        by_year.setdefault(one.year, []).append(one)
    for year, ones in sorted(by_year.items()):
        limits = limits_on(date(year, 12, 31))
        if limits is not None:
            yield from _without_points(ones, year, limits)
            yield from _beyond_limit(ones, year, limits)


def _now(one: Written) -> Rating | None:
    return rating_of(one.employee.ratings.get(str(one.year)))


def _without_points(written: Sequence[Written], year: int, limits: ListLimits) -> Iterator[Objection]:
    least = limits.excellent_score
    if least is None:
        return
    excellent = [one.employee for one in written if _now(one) is Rating.EXCELLENT]
    enough = sa.select(KnowledgeTest.employee_id).where(
        KnowledgeTest.employee_id == _any_of(excellent), KnowledgeTest.year == year, KnowledgeTest.score >= least
    )
    tested = set(db.session.scalars(enough))
    message = _("“Excellent” asks for %(least)d points in the knowledge test.", least=least)
    for employee in excellent:
        if employee.id not in tested:
            yield Objection(employee, year, message, together=False)


def _beyond_limit(written: Sequence[Written], year: int, limits: ListLimits) -> Iterator[Objection]:
    worse = {one.employee.id: one.employee for one in written if _makes_worse(rating_of(one.before), _now(one))}
    if limits.most_excellent is None or not worse:
        return
    stays = stays_on(date(year, 12, 31))
    grounds = sa.select(ExcellentGround.unit_id).where(ExcellentGround.year == year)
    units = sa.select(stays.c.unit_id).where(
        stays.c.employee_id == _any_of(worse.values()), stays.c.unit_id.not_in(grounds)
    )
    statement = (
        sa.select(stays.c.unit_id, stays.c.employee_id, Employee.ratings[str(year)].astext)
        .join(Employee, Employee.id == stays.c.employee_id)
        .where(stays.c.unit_id.in_(units))
    )
    counts: dict[int, dict[Rating, int]] = {}
    concerned: list[tuple[Employee, int]] = []
    for unit_id, employee_id, words in db.session.execute(statement):
        of_unit = counts.setdefault(unit_id, dict.fromkeys(Rating, 0))
        rating = rating_of(words)
        if rating is not None:
            of_unit[rating] += 1
        if employee_id in worse:
            concerned.append((worse[employee_id], unit_id))
    for employee, unit_id in concerned:
        most = most_excellent(counts[unit_id][Rating.GOOD], limits)
        if most is not None and counts[unit_id][Rating.EXCELLENT] > most:
            yield Objection(employee, year, _too_many(counts[unit_id], most, limits), together=True)


def _makes_worse(before: Rating | None, now: Rating | None) -> bool:
    """Return whether the change of a rating brings its unit nearer to too many excellent ones."""
    return before is not now and (now is Rating.EXCELLENT or before is Rating.GOOD)


def _any_of(people: Iterable[Employee]) -> sa.CollectionAggregate[Any]:
    return sa.any_(sa.literal([employee.id for employee in people], sa.ARRAY(sa.Integer)))


def ground_of(unit: Unit, year: int) -> str | None:
    """Return the recorded ground for more excellent ratings in the unit than the limits allow."""
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
