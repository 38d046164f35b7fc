"""Judges all rules of a plan for a change of a few seats, on current rows.

The optimizer's checker judges here as well, over an instance that holds what the change can affect: the classes
that win or lose seats, everybody in them, and everybody of the units concerned. Anything else is in the instance
only as far as it constrains those people.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _

from solver import check
from solver.instance import facts as solver_format
from solver.rules.groups.places import place

from ..budgets.models import Fund
from ..classes.models import TrainingClass
from ..classes.queries import spendable
from ..core.db import db
from ..core.errors import Refused
from ..courses.models import Course
from ..needs.models import Need
from ..people.models import Employee, Place, Unit
from . import pins, snapshot
from .models import Pin, PinKind, Plan, PlanState
from .need_sets import queries
from .rule_texts import named
from .rules.facts import OF_SEATS_WON, Scope, of_scope
from .rules.reserve_claims import with_seats_kept
from .runs.verification import plain_sentence

_ALL = frozenset(name for name, _rule in check.RULES)
_OWN = of_scope(Scope.TRAINEE)  # rules about one person's seats
_SHARED = _ALL - _OWN
_OF_SEATS = of_scope(Scope.SEAT)  # … about one need's seat
_OF_UNITS = of_scope(Scope.UNIT)  # … about the seats of one unit's people
_OF_OPTIONS = of_scope(Scope.OPTION)  # … about no seat, but the options that run
_OF_CLASSES = _SHARED - _OF_SEATS - _OF_UNITS - _OF_OPTIONS
_ORDER = {name: place for place, (name, _rule) in enumerate(check.RULES)}
_ENOUGH = 10**6  # capacity of a class that is in the instance only for the days of its people


class SeatRef(NamedTuple):
    """A seat: the rows that it connects."""

    need_id: int
    employee_id: int
    class_id: int
    option_id: int


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a change would break.

    Attributes:
        rule: its name.
        sentence: may be read by whoever sees one of the seats.
        need_ids: the needs whose seats count in it.
        people: the people of the set of needs that is broken; they are for planners only.
    """

    rule: str
    sentence: str
    need_ids: frozenset[int] = frozenset()
    people: str = ""

    @property
    def named(self) -> str:
        """The sentence with the people of the set, for planners."""
        return named(self.sentence, self.people)


def broken_by(
    before: Collection[SeatRef],
    after: Collection[SeatRef],
    *,
    whole_classes: Mapping[int, int],
    whole_units: Set[int],
    spent: Mapping[int, int],
) -> list[Violation]:
    """Return the violations that the seats `after` have and those `before` do not have, or have less of.

    An existing violation that does not become worse and involves no new seat is ignored. A class's minimum size is
    not judged: people fall ill, and that does not close a class.

    Args:
        before, after: seats; of the whole classes and whole units all of them.
        whole_classes: the classes whose seats are all given → the option in which each runs.
        whole_units: ids of the units of whose people all seats are given.
        spent: fund id → đồng that classes other than the whole ones cost.

    Raises:
        Refused: the rows contradict each other.
    """
    judged = each_broken_by(before, [after], whole_classes=whole_classes, whole_units=whole_units, spent=spent)
    return next(judged)


def each_broken_by(
    before: Collection[SeatRef],
    afters: Sequence[Collection[SeatRef]],
    *,
    whole_classes: Mapping[int, int],
    whole_units: Set[int],
    spent: Mapping[int, int],
) -> Iterator[list[Violation]]:
    """Yield the result of `broken_by` for each of `afters` by itself; the rows are read once.

    Evaluation is lazy, so a caller that has found enough can stop.
    """
    started = {*before}
    movers = {seat.employee_id for after in afters for seat in started.symmetric_difference(after)}
    world = RuleContext(started.union(*afters), movers, whole_classes, whole_units, spent, sitting=started)
    had = world.violations(before)
    for after in afters:
        yield world.broken(before, after, had)


class RuleContext:
    """The instance around a change.

    Completions and busy days are loaded only for people who move. The others keep their seats, so only their
    number and their days count.

    Args:
        held: all seats that any of the changes to judge holds, before or after.
        movers: ids of the people whose seats change.
        whole_classes, whole_units, spent: as in `broken_by`.
        then: if classes open, close or get other days: class id → the option in which it runs after the change, of
            all whole classes that run then.
        beside: other classes that run, for their rooms and lecturers: class id → option.
        sitting: the seats before the change; default: all of `held`. A seat in a class that has begun stays and no
            longer binds the others of its set, as in a run.
    """

    def __init__(
        self,
        held: Set[SeatRef],
        movers: Set[int],
        whole_classes: Mapping[int, int],
        whole_units: Set[int],
        spent: Mapping[int, int],
        then: Mapping[int, int] | None = None,
        beside: Mapping[int, int] | None = None,
        sitting: Collection[SeatRef] | None = None,
    ) -> None:
        then, beside = whole_classes if then is None else then, beside or {}
        whole = {*whole_classes, *then}
        places: dict[int, str] = {row.id: row.code for row in db.session.execute(sa.select(Place.id, Place.code))}
        units = db.session.execute(
            sa.select(Unit.id, Unit.code, Unit.name, Unit.place_id, Unit.max_absent, Unit.parent_id).order_by(
                Unit.id
            )
        ).all()
        unit_codes = {unit.id: unit.code for unit in units}
        classes = with_seats_kept(
            snapshot.classes_where(
                TrainingClass.id.in_({seat.class_id for seat in held} | whole | set(beside)),
                snapshot.subtrees_of((unit.id, unit.parent_id) for unit in units),
                unit_codes,
                places,
            )
        )
        sets = queries.in_force({seat.need_id for seat in held})
        in_sets = {need_id for one in sets for need_id in one.need_ids}
        rows = _one_a_course(_needs({seat.need_id for seat in held} | in_sets), held, classes)
        self._names = {row.id: snapshot.need_name(row.id, row.employee, row.course) for row in rows}
        self._options = {option.id: option.code for row, _made in classes for option in row.options}
        stays = pins.staying(
            [made for _row, made in classes],
            [
                solver_format.Seat(self._names[seat.need_id], self._options[seat.option_id])
                for seat in (held if sitting is None else sitting)
                if seat.need_id in self._names and seat.option_id in self._options
            ],
            recorded=frozenset(),
        )
        together, apart = queries.as_rules(sets, self._names, stays)
        self._sets_of = _sets_of_needs(together, apart)
        self._rows = {row.id: row for row in rows}
        self._unit_of = {row.id: row.unit_id for row in rows}
        self._of_options: dict[tuple[str, ...], list[check.Violation]] = {}
        self._movers = movers
        self._seats = {
            seat: solver_format.Seat(self._names[seat.need_id], self._options[seat.option_id])
            for seat in held
            if seat.need_id in self._names
        }
        self._units = unit_codes
        self._classes = {row.id: made for row, made in classes}
        self._running = [self._options[option_id] for option_id in (*whole_classes.values(), *beside.values())]
        self._then = [self._options[option_id] for option_id in (*then.values(), *beside.values())]
        class_codes = {row.id: row.code for row, _made in classes}
        funds = db.session.execute(
            sa.select(Fund.id, Fund.code, spendable().label("amount")).where(
                Fund.id.in_({row.fund_id for row, _made in classes})
            )
        ).all()
        others = [_others(fund.code, spent[fund.id], classes[0][1]) for fund in funds if spent.get(fund.id)]
        paid = [option.id for other in others for option in other.options]
        self._running, self._then = self._running + paid, self._then + paid
        try:
            self.instance = solver_format.Instance(
                name="",
                travel={},
                funds=tuple(solver_format.Fund(fund.code, fund.amount) for fund in funds),
                units=tuple(
                    solver_format.Unit(
                        unit.code, places[unit.place_id], unit.max_absent if unit.id in whole_units else None
                    )
                    for unit in units
                ),
                resources=tuple(
                    sorted({r for _row, made in classes for option in made.options for r in option.resources})
                ),
                courses=snapshot.courses_with_prerequisites(),
                classes=(*(_bounded(made, row.id in whole) for row, made in classes), *others),
                trainees=(
                    *snapshot.trainees_of(
                        [row for row in rows if row.employee_id in movers], unit_codes, snapshot.days_of(classes)
                    ),
                    *_bystanders(rows, movers, unit_codes),
                ),
                needs=tuple(solver_format.Need(self._names[row.id], row.employee, row.course, 0) for row in rows),
                pins=(),
                bans=bans_in_force(self._names, class_codes),
                current=(),
                together=together,
                apart=apart,
                policy=solver_format.Policy(),
            )
        except ValueError as error:
            raise Refused(_("The data contradict each other: %(fault)s", fault=error)) from error
        self._known = check.Lookup(self.instance)
        person = {self._names[row.id]: f"{row.person} ({row.employee})" for row in rows}
        self._set_people = {
            place(rule, number): ", ".join(person[need] for need in one.needs)
            for rule, sets_ in (("together", together), ("apart", apart))
            for number, one in enumerate(sets_)
        }
        self._people = {u.code: u.name for u in units if u.code not in class_codes.values()} | {
            name: f"{row.person} ({row.employee})" for row in rows for name in (row.employee, self._names[row.id])
        }

    def violations(self, held: Collection[SeatRef]) -> set[check.Violation]:
        """Return the violations if these seats are held, with the classes that run before the change."""
        options, seats = self._solution(held, False)
        _same, own = self._solution([seat for seat in held if seat.employee_id in self._movers], False)
        return {
            *check.violations(self._known, options, own, rules=_OWN),
            *check.violations(self._known, options, seats, rules=_SHARED),
        }

    def _violations_after(
        self, before: Collection[SeatRef], after: Collection[SeatRef], options: Sequence[str], seats: Sequence[Any]
    ) -> set[check.Violation]:
        """Return the violations after the change, with the classes that run then.

        Rules about one person's or one unit's seats are judged only where seats differ; the other results are
        unchanged.
        """
        people = {seat.employee_id for seat in {*before}.symmetric_difference(after)}
        units = {row.unit_id for row in self._rows.values() if row.employee_id in people}
        _same, own = self._solution([seat for seat in after if seat.employee_id in people], True)
        _same, near = self._solution([seat for seat in after if self._unit_of.get(seat.need_id) in units], True)
        running = tuple(options)
        if running not in self._of_options:
            self._of_options[running] = check.violations(self._known, options, (), rules=_OF_OPTIONS)
        return {
            *self._of_options[running],
            *check.violations(self._known, options, own, rules=_OWN | _OF_SEATS),
            *check.violations(self._known, options, near, rules=_OF_UNITS),
            *check.violations(self._known, options, seats, rules=_OF_CLASSES),
        }

    def _solution(self, held: Collection[SeatRef], then: bool) -> tuple[list[str], list[solver_format.Seat]]:
        seats = [self._seats[seat] for seat in sorted(held) if seat in self._seats]
        return sorted({seat.option for seat in seats}.union(self._then if then else self._running)), seats

    def _marks(self, seat: SeatRef) -> set[str]:
        """Return the ids of everything in whose rules the seat counts."""
        row, made = self._rows[seat.need_id], self._classes[seat.class_id]
        need = self._names[seat.need_id]
        return {row.employee, self._units[row.unit_id], need, made.id, made.fund, *self._sets_of.get(need, ())}

    def broken(
        self, before: Collection[SeatRef], after: Collection[SeatRef], had: Set[check.Violation]
    ) -> list[Violation]:
        """Return what the seats `after` break beyond the violations `had` of those `before`."""
        broken_before = {(violation.rule, violation.where) for violation in had}
        won = {seat.need_id: self._marks(seat) for seat in {*after} - {*before} if seat.need_id in self._rows}
        touched: set[str] = set().union(*won.values())
        options, seats = self._solution(after, True)
        found = [
            violation
            for violation in self._violations_after(before, after, options, seats)
            if violation not in had
            and (violation.rule not in OF_SEATS_WON or violation.where in touched)
            and (violation.where in touched or (violation.rule, violation.where) not in broken_before)
        ]
        told: dict[Violation, None] = {}  # a limit exceeded on several days is reported once
        for violation in sorted(found, key=lambda one: (_ORDER[one.rule], one.where, one.message)):
            sentence = self.told(plain_sentence(self.instance, options, seats, violation), violation)
            need_ids = frozenset(
                [need_id for need_id, marks in won.items() if violation.where in marks]
                or [need_id for need_id, name in self._names.items() if name == violation.where]
            )
            told[Violation(violation.rule, sentence, need_ids, self._set_people.get(violation.where, ""))] = None
        return list(told)

    def told(self, sentence: str, violation: check.Violation) -> str:
        """Replace the codes of people and units in the sentence by their names."""
        where = violation.where
        return sentence.replace(where, self._people[where]) if where in self._people else sentence


def _sets_of_needs(
    together: Sequence[solver_format.NeedSet], apart: Sequence[solver_format.NeedSet]
) -> dict[str, list[str]]:
    """Return need → the places of its sets, as violations name them."""
    found: dict[str, list[str]] = {}
    for rule, sets in (("together", together), ("apart", apart)):
        for number, one in enumerate(sets):
            for need in one.needs:
                found.setdefault(need, []).append(place(rule, number))
    return found


def _bystanders(
    rows: Collection[Any], movers: Set[int], unit_codes: Mapping[int, str]
) -> list[solver_format.Trainee]:
    people = {row.employee: row.unit_id for row in rows if row.employee_id not in movers}
    return [
        solver_format.Trainee(id=code, unit=unit_codes[unit_id], completed=(), busy=(), max_days=None)
        for code, unit_id in people.items()
    ]


def _bounded(made: solver_format.TrainingClass, whole: bool) -> solver_format.TrainingClass:
    """Return a whole class without its minimum, or another class without anything that counts its seats."""
    return solver_format.TrainingClass(
        id=made.id,
        course=made.course,
        min_seats=0,
        max_seats=made.max_seats if whole else _ENOUGH,
        fund=made.fund,
        fixed_cost=made.fixed_cost if whole else 0,
        seat_cost=made.seat_cost if whole else 0,
        options=made.options,
        quotas=made.quotas if whole else (),
        reserves=made.reserves if whole else (),
    )


def _others(fund: str, spent: int, like: solver_format.TrainingClass) -> solver_format.TrainingClass:
    """Return everything that the fund pays for other classes, as one past class without seats."""
    name = f"other:{fund}"
    long_ago = solver_format.Option(id=name, place=like.options[0].place, sessions=((date.min, date.min),))
    return solver_format.TrainingClass(
        id=name, course=like.course, min_seats=0, max_seats=0, fund=fund, fixed_cost=spent, seat_cost=0,
        options=(long_ago,),
    )  # fmt: skip


def _needs(need_ids: Set[int]) -> list[Any]:
    statement = (
        sa.select(
            Need.id,
            Employee.id.label("employee_id"),
            Employee.code.label("employee"),
            Employee.name.label("person"),
            Employee.unit_id,
            Employee.max_days,
            Course.code.label("course"),
        )
        .join(Need.employee)
        .join(Need.course)
        .where(Need.id.in_(need_ids))
        .order_by(Need.id)
    )
    return list(db.session.execute(statement))


def _one_a_course(
    rows: Sequence[Any], held: Set[SeatRef], classes: Sequence[tuple[TrainingClass, solver_format.TrainingClass]]
) -> list[Any]:
    """Of a person's needs for one course, keep the one whose class ends last.

    A seat of a failed class stays on record when the course is taken again; that class is over, and no rule counts
    it.
    """
    ends = {
        option.id: max(run.last for run in option.sessions) for row, _made in classes for option in row.options
    }
    last: dict[int, date] = {}
    for seat in held:
        last[seat.need_id] = max(last.get(seat.need_id, date.min), ends.get(seat.option_id, date.min))
    kept = {(row.employee, row.course): row.id for row in sorted(rows, key=lambda row: last.get(row.id, date.min))}
    return [row for row in rows if kept[row.employee, row.course] == row.id]


def bans_in_force(names: Mapping[int, str], class_codes: Mapping[int, str]) -> tuple[solver_format.NeedClass, ...]:
    """Return the bans of the plans in force."""
    rows = db.session.execute(
        sa.select(Pin.need_id, Pin.class_id)
        .join(Pin.plan)
        .where(
            Pin.kind == PinKind.BAN,
            Plan.state == PlanState.PUBLISHED,
            Pin.need_id.in_(names),
            Pin.class_id.in_(class_codes),
        )
        .order_by(Pin.id)
    )
    return tuple(solver_format.NeedClass(names[need_id], class_codes[class_id]) for need_id, class_id in rows)
