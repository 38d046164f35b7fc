"""Every rule of a plan over a change of a few seats, on the rows as they are now.

The checker of the optimizer judges here as well, over an instance made of what the change can touch: the classes
that win or lose seats, everybody who sits in them, and everybody of the units concerned. What lies further away is
in the instance only as far as it binds those people.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from solver import check
from solver import instance as solver_format

from ..budgets.models import Fund
from ..classes.models import TrainingClass
from ..courses.models import Course
from ..db import db
from ..errors import Refused
from ..needs.models import Need
from ..people.models import Employee, Place, Unit
from . import snapshot
from .models import Pin, PinKind, Plan, PlanState
from .verification import violation_sentence

_ENOUGH = 10**6  # seats of a class that is in the instance only for the days of those who sit in it


@dataclass(frozen=True, slots=True)
class Held:
    """A seat: the rows that it ties together."""

    need_id: int
    employee_id: int
    class_id: int
    option_id: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a change would break: its name in the rules of a plan, and the whole in words."""

    rule: str
    sentence: str


def broken_by(
    before: Collection[Held],
    after: Collection[Held],
    *,
    whole_classes: Mapping[int, int],
    whole_units: Set[int],
    spent: Mapping[int, int],
) -> list[Broken]:
    """The rules that the seats `after` break and those `before` do not, or not so. What is broken already, is not
    made worse and not touched by a seat that is won stands in nobody's way.

    A class's minimum size is not asked here: people fall ill, and a class is not closed by that.

    Args:
        before, after: seats; of the whole classes and whole units all of them.
        whole_classes: the classes whose seats are all given → the option in which each runs.
        whole_units: ids of the units of whose people all seats are given.
        spent: fund id → đồng that classes other than the whole ones cost.

    Raises:
        Refused: the rows contradict each other.
    """
    return each_broken_by(before, [after], whole_classes=whole_classes, whole_units=whole_units, spent=spent)[0]


def each_broken_by(
    before: Collection[Held],
    afters: Sequence[Collection[Held]],
    *,
    whole_classes: Mapping[int, int],
    whole_units: Set[int],
    spent: Mapping[int, int],
) -> list[list[Broken]]:
    """As `broken_by`, of each of `afters` by itself: they share one reading of the rows."""
    world = _World({*before}.union(*afters), whole_classes, whole_units, spent)
    had = set(world.violations(before))
    return [world.broken(before, after, had) for after in afters]


class _World:
    """The instance around a change."""

    def __init__(
        self,
        held: Set[Held],
        whole_classes: Mapping[int, int],
        whole_units: Set[int],
        spent: Mapping[int, int],
    ) -> None:
        places: dict[int, str] = {row.id: row.code for row in db.session.execute(sa.select(Place.id, Place.code))}
        units = db.session.execute(
            sa.select(Unit.id, Unit.code, Unit.place_id, Unit.max_absent, Unit.parent_id).order_by(Unit.id)
        ).all()
        unit_codes = {unit.id: unit.code for unit in units}
        classes = snapshot.classes_where(
            TrainingClass.id.in_({seat.class_id for seat in held} | set(whole_classes)),
            snapshot.subtrees_of((unit.id, unit.parent_id) for unit in units),
            unit_codes,
            places,
        )
        rows = _needs({seat.need_id for seat in held})
        self._names = {row.id: snapshot.need_name(row.id, row.employee, row.course) for row in rows}
        self._options = {option.id: option.code for row, _made in classes for option in row.options}
        self._rows = {row.id: row for row in rows}
        self._units = unit_codes
        self._classes = {row.id: made for row, made in classes}
        self._running = [self._options[option_id] for option_id in whole_classes.values()]
        class_codes = {row.id: row.code for row, _made in classes}
        funds = db.session.execute(
            sa.select(Fund.id, Fund.code, Fund.amount).where(Fund.id.in_({row.fund_id for row, _made in classes}))
        ).all()
        others = [_others(fund.code, spent[fund.id], classes[0][1]) for fund in funds if spent.get(fund.id)]
        self._running += [option.id for other in others for option in other.options]
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
                classes=(*(_bounded(made, row.id in whole_classes) for row, made in classes), *others),
                trainees=snapshot.trainees_of(rows, unit_codes, snapshot.days_of(classes)),
                needs=tuple(solver_format.Need(self._names[row.id], row.employee, row.course, 0) for row in rows),
                pins=(),
                bans=_bans(self._names, class_codes),
                current=(),
                policy=solver_format.Policy(),
            )
        except ValueError as error:
            raise Refused(_("The data contradict each other: %(fault)s", fault=error)) from error

    def solution(self, held: Collection[Held]) -> tuple[list[str], list[solver_format.Seat]]:
        seats = [
            solver_format.Seat(self._names[seat.need_id], self._options[seat.option_id])
            for seat in sorted(held, key=lambda seat: seat.need_id)
            if seat.need_id in self._names
        ]
        return sorted({seat.option for seat in seats}.union(self._running)), seats

    def touched(self, held: Collection[Held]) -> set[str]:
        """Ids of everything in whose rules these seats count."""
        found = set()
        for seat in held:
            row, made = self._rows[seat.need_id], self._classes[seat.class_id]
            found |= {row.employee, self._units[row.unit_id], self._names[seat.need_id], made.id, made.fund}
        return found

    def violations(self, held: Collection[Held]) -> list[check.Violation]:
        return check.violations(self.instance, *self.solution(held))

    def broken(self, before: Collection[Held], after: Collection[Held], had: Set[check.Violation]) -> list[Broken]:
        """What the seats `after` break beyond what they `had` broken `before`."""
        broken_before = {(violation.rule, violation.where) for violation in had}
        touched = self.touched({*after} - {*before})
        options, seats = self.solution(after)
        return [
            Broken(
                violation.rule,
                self.told(violation_sentence(self.instance, options, seats, violation), violation.where),
            )
            for violation in self.violations(after)
            if violation not in had
            and (violation.where in touched or (violation.rule, violation.where) not in broken_before)
        ]

    def told(self, sentence: str, where: str) -> str:
        """People by their names, where the sentence calls them as the optimizer's files do."""
        for row in self._rows.values():
            if where in {row.employee, self._names[row.id]}:
                return sentence.replace(where, f"{row.person} ({row.employee})")
        return sentence


def _bounded(made: solver_format.TrainingClass, whole: bool) -> solver_format.TrainingClass:
    """A whole class without its minimum; another class without all that counts its seats."""
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
    )


def _others(fund: str, spent: int, like: solver_format.TrainingClass) -> solver_format.TrainingClass:
    """All that the fund pays besides the classes at hand, as one class long over in which nobody sits."""
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


def _bans(names: Mapping[int, str], class_codes: Mapping[int, str]) -> tuple[solver_format.NeedClass, ...]:
    """The bans of the plans in force."""
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
