"""Current obstacles between needs and the classes of their courses: the same answer for every page.

A plan stores the reasons of the day on which it was made (`RunNeed`). This module computes those of now: current
rows, judged by the same rules (`solver.explain.reasons`), every rule of every class, always in the same order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ...budgets.models import Fund
from ...classes.models import ClassOption, TrainingClass
from ...classes.queries import runs_of_options, spendable
from ...core.db import db
from ...core.i18n import today
from ...courses.models import Course
from ...needs.models import Need, Round
from ...people.models import Employee, Place, Unit
from ...planning import models as planning
from ...planning import snapshot, violations
from ...planning.need_sets import queries
from ...planning.rules import reasons, seat_state
from ...planning.rules.reasons import ObstacleInWords
from ...planning.rules.reserve_claims import with_seats_kept
from ..models import Enrolment, EnrolmentState, OpenClass
from . import admission, gradebook_guard


@dataclass(frozen=True, slots=True)
class ClassStanding:
    """The position of a need towards one class of its course.

    Attributes:
        made, option: the class, and the calendar in which it runs; None: it does not run.
        free: free seats.
        obstacles: all obstacles, in the fixed order; empty: the need could have a seat there now.
        here: the need has its seat in it.
    """

    made: TrainingClass
    option: ClassOption | None
    free: int
    obstacles: tuple[ObstacleInWords, ...]
    here: bool = False

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(one.code for one in self.obstacles)

    @property
    def free_to_enter(self) -> bool:
        return not self.obstacles and not self.here


@dataclass(frozen=True, slots=True)
class OwnSeat:
    """An active seat of a person whose needs are judged."""

    id: int
    need_id: int
    employee_id: int
    class_id: int
    option_id: int
    class_code: str
    course: str
    name: str  # of its need, as the rules call it


class Situation:
    """The rows around some needs, read in a fixed number of queries, and the conclusions for each need.

    Args:
        needs: needs with or without a seat, of any people.
    """

    def __init__(self, needs: Collection[Need]) -> None:
        self.needs = {need.id: need for need in needs}
        self._rows = self._read_needs()
        people = {row.employee_id for row in self._rows.values()}
        self.seats = self._read_seats(people)
        self.opened = self._read_open()
        units = db.session.execute(
            sa.select(Unit.id, Unit.code, Unit.place_id, Unit.max_absent, Unit.parent_id).order_by(Unit.id)
        ).all()
        self._unit_codes = {unit.id: unit.code for unit in units}
        self._unit_limits = {unit.id: unit.max_absent for unit in units}
        self._classes = self._read_classes(units)
        self.made = {row.id: row for row, _made in self._classes}
        self._code_of = {row.id: row.code for row in self.made.values()}
        self._options = {option.id: option for row in self.made.values() for option in row.options}
        self._course_names = dict(db.session.execute(sa.select(Course.code, Course.name)).all())
        self._idle: Mapping[int, str] | None = None
        self._found: dict[int, list[ClassStanding]] = {}
        self.state = self._build(units)
        open_here = [row for class_id, row in self.opened.items() if class_id in self.made]
        self._closed: dict[int, list[violations.Violation]] = defaultdict(list)
        for found in (admission.begun(open_here), gradebook_guard.closed([row.class_id for row in open_here])):
            for class_id, broken in found.items():
                self._closed[class_id].append(broken)
        self._twice: dict[int, list[violations.Violation]] = defaultdict(list)
        for broken in admission.seated_elsewhere(list(self.needs.values())):
            for need_id in broken.need_ids:
                self._twice[need_id].append(broken)

    # -- questions ---------------------------------------------------------------------------------------------

    def classes(self, need_id: int) -> list[ClassStanding]:
        """Return every class of the need's course that is not over, with its obstacles, by first day."""
        if need_id not in self._found:
            self._found[need_id] = self._look(need_id)
        return self._found[need_id]

    def _look(self, need_id: int) -> list[ClassStanding]:
        row, name = self._rows[need_id], self.name(need_id)
        seat = next((seat for seat in self.seats if seat.need_id == need_id), None)
        found = []
        with self.without([name] if seat else []):
            for made in self._of_course(row):
                runs = self.opened.get(made.id)
                found.append(
                    ClassStanding(
                        made,
                        self._options.get(runs.option_id) if runs else None,
                        made.max_seats - made.seats_taken,
                        tuple(self._obstacles(need_id, made)),
                        here=seat is not None and seat.class_id == made.id,
                    )
                )
        return sorted(found, key=lambda one: (_begins(one), one.made.code))

    def reason(self, need_id: int) -> str | None:
        """Return the current reason, as a plan would state it; None: a class is open to the need."""
        classes = self.classes(need_id)
        if not classes:
            return "no-class"
        if any(one.free_to_enter for one in classes):
            return None
        firsts = [one.obstacles[0].code for one in sorted(classes, key=lambda one: one.made.code) if not one.here]
        return seat_state.main_code(firsts) if firsts else None

    def blocks(self, need_id: int, class_id: int) -> list[Mapping[str, Any]]:
        """Return the obstacles by rules of a plan to a seat in an open class, in the current state."""
        return seat_state.blocks(self.state, self.name(need_id), self._code_of[class_id])

    def closed(self, need_id: int, class_id: int) -> bool:
        """Whether the class, or the whole course for this person, is closed regardless of the rules of a plan."""
        return bool(self._closed[class_id] or self._twice[need_id])

    def name(self, need_id: int) -> str:
        """Return the need's name in the instance."""
        row = self._rows[need_id]
        return snapshot.need_name(need_id, row.employee, row.course)

    def own_seats(self, need_id: int) -> list[OwnSeat]:
        """Return the other seats of the need's person."""
        person = self._rows[need_id].employee_id
        return [seat for seat in self.seats if seat.employee_id == person and seat.need_id != need_id]

    def unit_code(self, need_id: int) -> str:
        code: str = self._unit_codes[self._rows[need_id].unit_id]
        return code

    def unit_limit(self, need_id: int) -> int | None:
        """Return how many people the need's unit may release at once; None: no limit."""
        limit: int | None = self._unit_limits[self._rows[need_id].unit_id]
        return limit

    def unmet_groups(self, need_id: int) -> list[tuple[str, ...]]:
        """Return the unmet prerequisite groups, as codes of courses of which one must come first."""
        return seat_state.unmet_groups(self.state, self.name(need_id))

    def begins(self, option_id: int) -> date:
        return self._options[option_id].runs[0].first

    def ends(self, option_id: int) -> date:
        return self._options[option_id].runs[-1].last

    @contextmanager
    def without(self, names: Collection[str]) -> Iterator[None]:
        """Judge as if the needs of these names had given their seats back."""
        held = {name: self.state.unseat(name) for name in names}
        try:
            yield
        finally:
            for name, option in held.items():
                self.state.seat(name, option)

    # -- in words ----------------------------------------------------------------------------------------------

    def _obstacles(self, need_id: int, made: TrainingClass) -> list[ObstacleInWords]:
        idle = self._why_idle().get(made.id, "") if made.id not in self.opened else ""
        found = seat_state.class_obstacles(self.state, self.name(need_id), made.code, self._course_names, idle)
        found += [
            ObstacleInWords(one.rule, one.sentence) for one in (*self._closed[made.id], *self._twice[need_id])
        ]
        return seat_state.in_order(found)

    def _why_idle(self) -> Mapping[int, str]:
        """Return class that does not run → why, in a few words; read on first use."""
        if self._idle is None:
            self._idle = _why_idle([class_id for class_id in self.made if class_id not in self.opened])
        return self._idle

    # -- reading -----------------------------------------------------------------------------------------------

    def _read_needs(self) -> dict[int, Any]:
        statement = (
            sa.select(
                Need.id,
                Need.employee_id,
                Need.course_id,
                Round.year,
                Employee.code.label("employee"),
                Employee.unit_id,
                Employee.max_days,
                Course.code.label("course"),
            )
            .join(Need.employee)
            .join(Need.course)
            .join(Need.round)
            .where(Need.id.in_(self.needs))
        )
        return {row.id: row for row in db.session.execute(statement)}

    def _read_seats(self, people: Collection[int]) -> list[OwnSeat]:
        """Return the active seats of the people.

        Of two for one course the later counts, as in the rules of a plan, because the earlier class was failed. A
        need being judged takes precedence over others of its course.
        """
        statement = (
            sa.select(
                Enrolment.id,
                Enrolment.need_id,
                Enrolment.employee_id,
                Enrolment.class_id,
                Enrolment.option_id,
                Need.course_id,
                TrainingClass.code.label("class_code"),
                Course.code.label("course"),
                Employee.code.label("employee"),
            )
            .join(Enrolment.need)
            .join(Need.course)
            .join(Enrolment.employee)
            .join(Enrolment.training_class)
            .where(Enrolment.employee_id.in_(people), Enrolment.state != EnrolmentState.CANCELLED)
            .order_by(Enrolment.id)
        )
        judged = {(row.employee_id, row.course_id): row.id for row in self._rows.values()}
        kept: dict[tuple[int, int], OwnSeat] = {}
        for row in db.session.execute(statement):
            pair = (row.employee_id, row.course_id)
            if judged.get(pair, row.need_id) == row.need_id:
                name = snapshot.need_name(row.need_id, row.employee, row.course)
                kept[pair] = OwnSeat(
                    row.id,
                    row.need_id,
                    row.employee_id,
                    row.class_id,
                    row.option_id,
                    row.class_code,
                    row.course,
                    name,
                )
        return list(kept.values())

    def _read_open(self) -> dict[int, OpenClass]:
        courses = {row.course_id for row in self._rows.values()}
        rows = db.session.scalars(
            sa.select(OpenClass)
            .join(OpenClass.training_class)
            .where(
                OpenClass.cancelled_at.is_(None),
                sa.or_(
                    TrainingClass.course_id.in_(courses),
                    OpenClass.class_id.in_([seat.class_id for seat in self.seats]),
                ),
            )
        )
        return {row.class_id: row for row in rows}

    def _read_classes(self, units: Sequence[Any]) -> list[tuple[TrainingClass, Any]]:
        pairs = {(row.course_id, row.year) for row in self._rows.values()}
        places: dict[int, str] = {row.id: row.code for row in db.session.execute(sa.select(Place.id, Place.code))}
        dated = TrainingClass.options.any() & ~TrainingClass.options.any(~ClassOption.sessions.any())
        found = snapshot.classes_where(
            sa.and_(
                sa.or_(
                    TrainingClass.id.in_(self.opened),
                    sa.tuple_(TrainingClass.course_id, TrainingClass.year).in_(pairs),
                ),
                dated,
            ),
            snapshot.subtrees_of((unit.id, unit.parent_id) for unit in units),
            self._unit_codes,
            places,
        )
        return list(with_seats_kept(found))

    def _of_course(self, row: Any) -> list[TrainingClass]:
        """Return the candidate classes: those of the round's year, and others that run and have not begun."""
        return [
            made
            for made in self.made.values()
            if made.course_id == row.course_id
            and (made.year == row.year or (made.id in self.opened and self._comes(made.id)))
        ]

    def _comes(self, class_id: int) -> bool:
        return self.begins(self.opened[class_id].option_id) > today()

    def _build(self, units: Sequence[Any]) -> Any:
        """Return the state that `planning.rules.seat_state` builds from the rows."""
        self.seats = [seat for seat in self.seats if seat.option_id in self._options]
        people = {row.employee_id: row for row in self._rows.values()}
        needs = {row.id: (self.name(row.id), row.employee, row.course) for row in self._rows.values()}
        for seat in self.seats:
            needs[seat.need_id] = (seat.name, people[seat.employee_id].employee, seat.course)
        sets = queries.in_force(needs.keys())
        partners = self._read_partners({need_id for one in sets for need_id in one.need_ids} - needs.keys())
        for row in partners:
            people.setdefault(row.employee_id, row)
            needs[row.id] = (snapshot.need_name(row.id, row.employee, row.course), row.employee, row.course)
        funds = db.session.execute(
            sa.select(Fund.id, Fund.code, spendable().label("amount")).where(
                Fund.id.in_({row.fund_id for row in self.made.values()})
            )
        ).all()
        held = [
            *((seat.name, self._options[seat.option_id].code) for seat in self.seats),
            *(
                (needs[row.id][0], self._options[row.option_id].code)
                for row in partners
                if row.option_id in self._options
            ),
        ]
        named = {need_id: name for need_id, (name, *_codes) in needs.items()}
        return seat_state.state_of(
            list(people.values()),
            needs,
            held,
            [self._options[row.option_id].code for class_id, row in self.opened.items() if class_id in self.made],
            self._classes,
            units,
            funds,
            seat_state.HeldByAll(self._by_unit(), self._away(), _spent([fund.id for fund in funds])),
            queries.as_rules(sets, named, seat_state.staying(self._classes, held)),
        )

    def _read_partners(self, need_ids: Collection[int]) -> Sequence[Any]:
        """Return needs of other people in one set with the judged ones, with the option of their active seat."""
        if not need_ids:
            return []
        return db.session.execute(
            sa.select(
                Need.id,
                Need.employee_id,
                Employee.code.label("employee"),
                Employee.unit_id,
                Employee.max_days,
                Course.code.label("course"),
                Enrolment.option_id,
            )
            .join(Need.employee)
            .join(Need.course)
            .outerjoin(
                Enrolment, sa.and_(Enrolment.need_id == Need.id, Enrolment.state != EnrolmentState.CANCELLED)
            )
            .where(Need.id.in_(need_ids))
        ).all()

    def _by_unit(self) -> dict[tuple[str, str], int]:
        """Return (class, unit) → seats, of the classes with seats kept for certain units."""
        bounded = [row.id for row in self.made.values() if row.quotas or row.reserves]
        if not bounded:
            return {}
        rows = db.session.execute(
            sa.select(Enrolment.class_id, Employee.unit_id, sa.func.count())
            .join(Enrolment.employee)
            .where(Enrolment.state != EnrolmentState.CANCELLED, Enrolment.class_id.in_(bounded))
            .group_by(Enrolment.class_id, Employee.unit_id)
        )
        return {(self._code_of[c], self._unit_codes[u]): count for c, u, count in rows}

    def _away(self) -> dict[str, Counter[int]]:
        """Return unit with a limit → day → how many of its people are in class on that day."""
        units = sa.select(Unit.id).where(
            Unit.id.in_({row.unit_id for row in self._rows.values()}), Unit.max_absent.is_not(None)
        )
        rows = db.session.execute(
            sa.select(Employee.unit_id, Enrolment.option_id, sa.func.count())
            .join(Enrolment.employee)
            .where(Enrolment.state != EnrolmentState.CANCELLED, Employee.unit_id.in_(units))
            .group_by(Employee.unit_id, Enrolment.option_id)
        ).all()
        days: dict[int, set[int]] = defaultdict(set)
        for option_id, runs in runs_of_options({row.option_id for row in rows}).items():
            for first, last in runs:
                days[option_id].update(range(first.toordinal(), last.toordinal() + 1))
        found: dict[str, Counter[int]] = defaultdict(Counter)
        for unit_id, option_id, count in rows:
            for day in days[option_id]:
                found[self._unit_codes[unit_id]][day] += count
        return found


def _spent(fund_ids: Collection[int]) -> dict[int, int]:
    """Return fund id → đồng that the running classes cost."""
    costs = TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.seats_taken
    rows = db.session.execute(
        sa.select(TrainingClass.fund_id, sa.func.sum(costs))
        .join(OpenClass, OpenClass.class_id == TrainingClass.id)
        .where(OpenClass.cancelled_at.is_(None), TrainingClass.fund_id.in_(fund_ids))
        .group_by(TrainingClass.fund_id)
    )
    return {fund_id: int(total) for fund_id, total in rows}


def _why_idle(class_ids: Collection[int]) -> dict[int, str]:
    """Return why classes do not run: the reason in the plan in force, or that they were called off."""
    run = (
        sa.select(planning.RunClass.class_id, planning.RunClass.reason)
        .join(planning.Plan, planning.Plan.published_run_id == planning.RunClass.run_id)
        .where(
            planning.Plan.state == planning.PlanState.PUBLISHED,
            planning.RunClass.class_id.in_(class_ids),
            planning.RunClass.option_id.is_(None),
        )
    )
    found = {row.class_id: reasons.idle_label(row.reason) for row in db.session.execute(run)}
    called_off = sa.select(OpenClass.class_id, OpenClass.cancel_reason).where(
        OpenClass.class_id.in_(class_ids), OpenClass.called_off
    )
    return found | {
        row.class_id: str(_("called off: %(reason)s", reason=row.cancel_reason))
        for row in db.session.execute(called_off.order_by(OpenClass.id))
    }


def _begins(one: ClassStanding) -> date:
    """Return the first day of the class, or its earliest possible one."""
    options = [one.option] if one.option else one.made.options
    return min((option.runs[0].first for option in options), default=date.max)
