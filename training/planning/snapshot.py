"""Convert rows to the optimizer's instance, in a few bulk queries.

Ids are the codes that users know ("NV001", "L001-a", "room:H1"). A need has no code and is named "n12:NV001/CVC",
so that a file, a violation or a conflict is readable without the database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from solver.instance import facts as solver_format

from ..budgets.models import Fund
from ..classes.models import ClassOption, ClassQuota, ClassReserve, TrainingClass
from ..classes.queries import lost_unless_held, paid_by_others, spendable
from ..completions.models import Completion
from ..core.db import db
from ..core.errors import Refused
from ..courses.models import Course, CourseEquivalence, PrerequisiteGroup
from ..holidays.work_calendar import Period
from ..needs.models import Need
from ..people.models import Absence, Employee, Place, Travel, Unit
from . import current_seats, need_facts
from . import pins as fixed
from .models import Plan
from .need_facts import planned_needs
from .need_sets import queries
from .policy.used import policy_of
from .scoring import Points, ScorePart, total, worth

_FEW = 2000  # from this many people on, queries do not list each id


@dataclass(frozen=True)
class PlanMoney:
    """Money that the optimizer does not read but its results show, as of the snapshot.

    Attributes:
        amounts: fund code → what it holds, in đồng.
        paid: (fund code, id of a class in the instance; "": none there) → đồng that were paid and are lost if the
            class is not held.
        others: class id → who pays in addition to its fund → đồng for the class and for each seat.
    """

    amounts: Mapping[str, int] = field(default_factory=dict)
    paid: Mapping[tuple[str, str], int] = field(default_factory=dict)
    others: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """An instance, and the mapping of its ids to the rows.

    Attributes:
        instance: what the optimizer reads.
        needs: need id in the instance → row id; likewise `options`, `classes`.
        units: unit code → row id.
        class_of: option row id → class row id.
        worths: need row id → the parts of its value.
        money: see `PlanMoney`.
        policy: the plan's policy, as a run stores it.
    """

    instance: solver_format.Instance
    needs: Mapping[str, int]
    options: Mapping[str, int]
    classes: Mapping[str, int]
    class_of: Mapping[int, int]
    worths: Mapping[int, list[ScorePart]]
    money: PlanMoney = field(default_factory=PlanMoney)
    policy: Mapping[str, int | None] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)


def need_name(need_id: int, employee_code: str, course_code: str) -> str:
    """Return the name of a need in the optimizer's files."""
    return f"n{need_id}:{employee_code}/{course_code}"


def take(plan: Plan, *, valued: bool = True, margin: int = 0) -> Snapshot:
    """Return everything that the optimizer needs for `plan`, from current rows, without changes of a scenario.

    Completions of any date count, absences make their days busy, a quota includes the units below its units, and a
    course that substitutes another joins it in every prerequisite group. Seats in a class that has begun stay, and
    nobody else enters it.

    Args:
        valued: whether to compute the values of the needs; checking rules does not need them, and takes half the
            time without.
        margin: absences this many days before the first and after the last class are read, too.

    Raises:
        Refused: the rows contradict each other (a cycle of prerequisites, a class without an option…).
    """
    courses = courses_with_prerequisites()
    places: dict[int, str] = {row.id: row.code for row in db.session.execute(sa.select(Place.id, Place.code))}
    units = db.session.execute(
        sa.select(Unit.id, Unit.code, Unit.place_id, Unit.max_absent, Unit.parent_id).order_by(Unit.id)
    ).all()
    unit_codes = {unit.id: unit.code for unit in units}
    ended = current_seats.ended()
    classes = classes_where(
        sa.and_(TrainingClass.year == plan.round.year, TrainingClass.id.not_in(ended.classes)),
        subtrees_of((unit.id, unit.parent_id) for unit in units),
        unit_codes,
        places,
        without=ended.options,
    )
    rows = _needs(plan.round_id)
    points = Points.of(plan)
    worths = {one.need_id: worth(points, one.facts) for one in need_facts.of_plan(plan)} if valued else {}
    named = {row.id: need_name(row.id, row.employee, row.course) for row in rows}
    option_ids = {option.code: option.id for row, _class in classes for option in row.options}
    option_codes = {row_id: code for code, row_id in option_ids.items()}
    class_codes = {row.id: row.code for row, _class in classes}
    current = tuple(
        solver_format.Seat(named[need_id], option_codes[option_id])
        for need_id, option_id in current_seats.seats(plan.round_id)
        if need_id in named and option_id in option_codes
    )
    recorded = {named[need_id] for need_id in current_seats.recorded(plan.round_id) if need_id in named}
    made_classes = fixed.without_reserves_of_begun([made for _row, made in classes], current)
    pins, bans = fixed.pins_and_bans(plan.id, rows, named, made_classes, class_codes, current, recorded)
    stays = fixed.staying(made_classes, current, recorded)
    together, apart = queries.as_rules(queries.of_plan(plan), named, stays)
    try:
        instance = solver_format.Instance(
            name=f"{plan.name} ({plan.code})",
            travel=_travel(places),
            funds=_funds(plan.round.year, {row.fund_id for row, _class in classes}),
            units=tuple(solver_format.Unit(u.code, places[u.place_id], u.max_absent) for u in units),
            resources=tuple(
                sorted({r for _row, made in classes for option in made.options for r in option.resources})
            ),
            courses=courses,
            classes=tuple(made_classes),
            trainees=trainees_of(rows, unit_codes, _widened(days_of(classes), margin)),
            needs=tuple(
                solver_format.Need(named[row.id], row.employee, row.course, total(worths.get(row.id, ())))
                for row in rows
            ),
            pins=pins,
            bans=bans,
            current=current,
            together=together,
            apart=apart,
            policy=solver_format.Policy(
                floor_percent=plan.floor_percent,
                floor_penalty=plan.floor_penalty,
                change_penalty=plan.change_penalty,
                max_changes=plan.max_changes,
                max_changes_per_trainee=plan.max_changes_per_trainee,
            ),
        )
    except ValueError as error:  # the instance validates itself and names the place of each error
        raise Refused(_("The optimizer cannot use the data: %(fault)s", fault=error)) from error
    return Snapshot(
        instance=instance,
        needs={name: row_id for row_id, name in named.items()},
        options=option_ids,
        classes={code: row_id for row_id, code in class_codes.items()},
        class_of={option.id: row.id for row, _class in classes for option in row.options},
        worths=worths,
        money=_shown_money(instance.funds, class_codes),
        policy=policy_of(plan),
        units={code: row_id for row_id, code in unit_codes.items()},
    )


# -- courses --------------------------------------------------------------------------------------------------


def check_courses() -> None:
    """Check that prerequisites form no cycle, including equivalences.

    Raises:
        Refused: they form a cycle.
    """
    courses_with_prerequisites()


def courses_with_prerequisites() -> tuple[solver_format.Course, ...]:
    """Return all courses; every prerequisite group includes the courses that substitute one of its own.

    Raises:
        Refused: a course would have to be completed before itself.
    """
    rows = db.session.execute(sa.select(Course.id, Course.code).order_by(Course.id)).all()
    codes: dict[int, str] = {row.id: row.code for row in rows}
    substitutes: dict[int, set[int]] = defaultdict(set)
    for equivalence in db.session.execute(sa.select(CourseEquivalence.course_id, CourseEquivalence.substitute_id)):
        substitutes[equivalence.course_id].add(equivalence.substitute_id)
    groups: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    asks: dict[int, set[int]] = defaultdict(set)
    statement = sa.select(PrerequisiteGroup).options(selectinload(PrerequisiteGroup.alternatives))
    for group in db.session.scalars(statement.order_by(PrerequisiteGroup.id)):
        accepted = _closure({course.id for course in group.alternatives}, substitutes)
        groups[group.course_id].append(tuple(sorted(codes[course_id] for course_id in accepted)))
        asks[group.course_id] |= accepted
    circle = _circle(asks)
    if circle:
        way = " → ".join(codes[course_id] for course_id in circle)
        raise Refused(
            _(
                "Prerequisites and equivalences run in a circle: %(way)s. Take one of them away under Courses or "
                "Equivalences.",
                way=way,
            )
        )
    return tuple(solver_format.Course(code, tuple(groups.get(row_id, ()))) for row_id, code in codes.items())


def _closure(start: set[int], further: Mapping[int, set[int]]) -> set[int]:
    """Return `start` and everything reachable from it."""
    found, waiting = set(start), list(start)
    while waiting:
        for following in further.get(waiting.pop(), ()):
            if following not in found:
                found.add(following)
                waiting.append(following)
    return found


def _circle(asks: Mapping[int, set[int]]) -> list[int] | None:
    """Return a cycle in the directed graph `asks`, the first node repeated at the end; None if there is none."""
    done: set[int] = set()
    for start in asks:
        way: list[int] = []
        waiting = [(start, 0)]
        while waiting:
            node, depth = waiting.pop()
            del way[depth:]
            if node in way:
                return [*way[way.index(node) :], node]
            if node in done:
                continue
            way.append(node)
            following = [n for n in sorted(asks.get(node, ())) if n in way or n not in done]
            if following:
                waiting.extend((n, depth + 1) for n in following)
            else:
                done.add(node)
        done.update(_closure({start}, asks))
    return None


# -- classes --------------------------------------------------------------------------------------------------


def subtrees_of(units: Iterable[tuple[int, int | None]]) -> dict[int, list[int]]:
    """Return each unit → itself and every unit below it."""
    parents = dict(units)
    found: dict[int, list[int]] = defaultdict(list)
    for unit_id in parents:
        above: int | None = unit_id
        seen: set[int] = set()
        while above is not None and above not in seen:
            seen.add(above)
            found[above].append(unit_id)
            above = parents.get(above)
    return found


def classes_where(
    condition: sa.ColumnElement[bool],
    subtrees: Mapping[int, list[int]],
    unit_codes: Mapping[int, str],
    places: Mapping[int, str],
    without: Set[int] = frozenset(),
) -> list[tuple[TrainingClass, solver_format.TrainingClass]]:
    """Return classes, as rows and in the optimizer's format, without the options of these ids."""
    statement = (
        sa.select(TrainingClass)
        .where(condition)
        .order_by(TrainingClass.code)
        .options(
            joinedload(TrainingClass.course),
            joinedload(TrainingClass.fund),
            selectinload(TrainingClass.options).options(
                selectinload(ClassOption.sessions),
                selectinload(ClassOption.rooms),
                selectinload(ClassOption.lecturers),
            ),
            selectinload(TrainingClass.quotas).selectinload(ClassQuota.units),
            selectinload(TrainingClass.reserves).selectinload(ClassReserve.units),
        )
        # Rows in the session may be older than the database: publishing reads under a lock.
        .execution_options(populate_existing=True)
    )
    rows = list(db.session.scalars(statement))
    faults = [
        _("Class %(code)s has no option with dates: add one, or delete the class.", code=row.code)
        for row in rows
        if not row.options or any(not option.sessions for option in row.options)
    ]
    if faults:
        raise Refused(*faults)
    return [
        (
            row,
            solver_format.TrainingClass(
                id=row.code,
                course=row.course.code,
                min_seats=row.min_seats,
                max_seats=row.max_seats,
                fund=row.fund.code,
                fixed_cost=row.fixed_cost,
                seat_cost=row.seat_cost,
                options=tuple(
                    solver_format.Option(
                        id=option.code,
                        place=places[option.place_id],
                        sessions=tuple((run.first, run.last) for run in option.runs),
                        resources=tuple(
                            [f"room:{room.code}" for room in option.rooms]
                            + [f"lecturer:{lecturer.code}" for lecturer in option.lecturers]
                        ),
                    )
                    for option in row.options
                    if option.id not in without
                ),
                quotas=tuple(
                    solver_format.Quota(
                        tuple(sorted({unit_codes[below] for unit in quota.units for below in subtrees[unit.id]})),
                        quota.max_seats,
                    )
                    for quota in row.quotas
                    if quota.units
                ),
                reserves=_reserves(row, subtrees, unit_codes),
            ),
        )
        for row in rows
    ]


def _reserves(
    row: TrainingClass, subtrees: Mapping[int, list[int]], unit_codes: Mapping[int, str]
) -> tuple[solver_format.Reserve, ...]:
    """Return the reserves with the units below theirs.

    If units were nested later, some belong to two reserves: each then counts for the one that names the nearest
    unit above it.
    """
    named = [(len(subtrees[unit.id]), at, unit.id) for at, one in enumerate(row.reserves) for unit in one.units]
    owner: dict[int, int] = {}
    for _size, at, unit_id in sorted(named):
        for below in subtrees[unit_id]:
            owner.setdefault(below, at)
    codes: dict[int, list[str]] = defaultdict(list)
    for below, at in owner.items():
        codes[at].append(unit_codes[below])
    return tuple(
        solver_format.Reserve(tuple(sorted(codes[at])), one.min_seats, one.release)
        for at, one in enumerate(row.reserves)
        if codes[at]
    )


def days_of(classes: Sequence[tuple[TrainingClass, solver_format.TrainingClass]]) -> Period | None:
    """Return the first and the last day on which any class could be held."""
    sessions = [session for _row, made in classes for option in made.options for session in option.sessions]
    return (min(first for first, _last in sessions), max(last for _first, last in sessions)) if sessions else None


def _widened(days: Period | None, margin: int) -> Period | None:
    by = timedelta(days=margin)
    return (days[0] - by, days[1] + by) if days else None


# -- people and needs -----------------------------------------------------------------------------------------


def _needs(round_id: int) -> Sequence[Any]:
    """Return (need id, employee id, employee code, unit id, most days, course code) of the needs to decide."""
    return db.session.execute(
        sa.select(
            Need.id,
            Employee.id.label("employee_id"),
            Employee.code.label("employee"),
            Employee.unit_id,
            Employee.max_days,
            Course.code.label("course"),
        )
        .join(Employee, Need.employee_id == Employee.id)
        .join(Course, Need.course_id == Course.id)
        .where(*planned_needs(round_id))
        .order_by(Need.id)
    ).all()


def trainees_of(
    needs: Sequence[Any],
    unit_codes: Mapping[int, str],
    days: Period | None,
) -> tuple[solver_format.Trainee, ...]:
    """Return the people of `needs` (rows as from `_needs`), with their completions and busy days.

    Busy means absent or out of service.
    """
    people = {row.employee_id: row for row in needs}
    few = len(people) < _FEW
    completed: dict[int, set[str]] = defaultdict(set)
    done_by = sa.select(Completion.employee_id, Course.code).join(Completion.course)
    for done in db.session.execute(done_by.where(Completion.employee_id.in_(people)) if few else done_by):
        completed[done.employee_id].add(done.code)
    busy: dict[int, list[tuple[date, date]]] = defaultdict(list)
    if days:
        absences = sa.select(Absence.employee_id, Absence.first, Absence.last).where(
            Absence.last >= days[0], Absence.first <= days[1]
        )
        if few:
            absences = absences.where(Absence.employee_id.in_(people))
        for absence in db.session.execute(absences.order_by(Absence.first)):
            busy[absence.employee_id].append((absence.first, absence.last))
        leaving = sa.select(Employee.id, Employee.leaves_on).where(Employee.leaves_on <= days[1])
        for row in db.session.execute(leaving.order_by(Employee.id)):
            busy[row.id].append((row.leaves_on, days[1]))
    return tuple(
        solver_format.Trainee(
            id=row.employee,
            unit=unit_codes[row.unit_id],
            completed=tuple(sorted(completed.get(employee_id, ()))),
            busy=tuple(busy.get(employee_id, ())),
            max_days=row.max_days,
        )
        for employee_id, row in people.items()
    )


# -- money, travel, decisions -----------------------------------------------------------------------------------


def _funds(year: int, used: set[int]) -> tuple[solver_format.Fund, ...]:
    """Return the funds with what each has for classes.

    Payments for classes that are not held are lost. If the optimizer runs such a class again, it is charged in
    full, so that no fund is overdrawn.
    """
    statement = sa.select(Fund.code, spendable()).where(sa.or_(Fund.year == year, Fund.id.in_(used)))
    return tuple(
        solver_format.Fund(code, amount) for code, amount in db.session.execute(statement.order_by(Fund.code))
    )


def _shown_money(funds: Iterable[solver_format.Fund], class_codes: Mapping[int, str]) -> PlanMoney:
    """Return the money that results show.

    Args:
        class_codes: row id of a class → its id in the instance.
    """
    wanted = Fund.code.in_([fund.id for fund in funds])
    rows = db.session.execute(sa.select(Fund.id, Fund.code, Fund.amount).where(wanted)).all()
    fund_codes = {row.id: row.code for row in rows}
    paid: Counter[tuple[str, str]] = Counter()
    for class_id, by_fund in lost_unless_held(fund_codes, class_codes).items():
        for fund_id, amount in by_fund.items():
            paid[fund_codes[fund_id], class_codes.get(class_id, "")] += amount
    return PlanMoney(
        amounts={row.code: row.amount for row in rows},
        paid=paid,
        others={class_codes[class_id]: payers for class_id, payers in paid_by_others(class_codes).items()},
    )


def _travel(places: Mapping[int, str]) -> dict[str, dict[str, int]]:
    points: dict[str, dict[str, int]] = defaultdict(dict)
    for row in db.session.execute(sa.select(Travel.origin_id, Travel.destination_id, Travel.points)):
        points[places[row.origin_id]][places[row.destination_id]] = row.points
    return dict(points)
