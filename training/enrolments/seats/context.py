"""The seats that a change can affect, read under locks on everything on which the rules depend."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ...budgets.models import Fund
from ...classes.models import TrainingClass
from ...core.db import db
from ...needs.models import Need
from ...people.models import Employee, Unit
from ...planning.need_sets.queries import partners_of_people
from ...planning.violations import SeatRef
from ..models import Enrolment, EnrolmentState, OpenClass


@dataclass(frozen=True)
class SeatContext:
    """The arguments of `violations.broken_by`.

    Attributes:
        held: the active seats of the classes, of everybody in the units of the people, and of the others in their
            sets.
        whole_classes: class id → the option in which it runs.
        whole_units: the units of the people.
        spent: fund id → đồng that other open classes cost.
    """

    held: tuple[SeatRef, ...]
    whole_classes: Mapping[int, int]
    whole_units: frozenset[int]
    spent: Mapping[int, int]


def lock(class_ids: Collection[int], employee_ids: Collection[int], need_ids: Collection[int]) -> None:
    """Lock classes, funds, units, people, needs and their active seats until the transaction ends.

    The order is fixed, and by id within each kind, so that two changes cannot deadlock.
    """
    funds = sa.select(TrainingClass.fund_id).where(TrainingClass.id.in_(class_ids))
    units = sa.select(Employee.unit_id).where(Employee.id.in_(employee_ids))
    for model, condition in (
        (TrainingClass, TrainingClass.id.in_(class_ids)),
        (Fund, Fund.id.in_(funds)),
        (Unit, Unit.id.in_(units)),
        (Employee, Employee.id.in_(employee_ids)),
        (Need, Need.id.in_(need_ids)),
        # Answers and grade book entries lock only the seat; they wait for this lock.
        (Enrolment, sa.and_(Enrolment.need_id.in_(need_ids), Enrolment.state != EnrolmentState.CANCELLED)),
    ):
        # "NO KEY": rows that merely reference these may be written meanwhile.
        statement = sa.select(model.id).where(condition).order_by(model.id).with_for_update(key_share=True)
        db.session.execute(statement).all()


def read(class_ids: Collection[int], employee_ids: Collection[int]) -> SeatContext:
    """Return the current seats around these classes and people."""
    units = frozenset(db.session.scalars(sa.select(Employee.unit_id).where(Employee.id.in_(employee_ids))))
    partners = partners_of_people(employee_ids)  # the other members of their sets
    limited = sa.select(Unit.id).where(Unit.id.in_(units), Unit.max_absent.is_not(None))
    held = db.session.execute(
        sa.select(Enrolment.need_id, Enrolment.employee_id, Enrolment.class_id, Enrolment.option_id)
        .join(Employee, Enrolment.employee_id == Employee.id)
        .where(
            Enrolment.state != EnrolmentState.CANCELLED,
            sa.or_(
                Enrolment.class_id.in_(class_ids),
                Enrolment.employee_id.in_(employee_ids),
                Enrolment.need_id.in_(partners),
                Employee.unit_id.in_(limited),
            ),
        )
    )
    running = db.session.execute(
        sa.select(OpenClass.class_id, OpenClass.option_id).where(
            OpenClass.class_id.in_(class_ids), OpenClass.cancelled_at.is_(None)
        )
    )
    funds = sa.select(TrainingClass.fund_id).where(TrainingClass.id.in_(class_ids))
    costs = TrainingClass.fixed_cost + TrainingClass.seat_cost * TrainingClass.seats_taken
    spent = db.session.execute(
        sa.select(TrainingClass.fund_id, sa.func.sum(costs))
        .join(OpenClass, OpenClass.class_id == TrainingClass.id)
        .where(
            OpenClass.cancelled_at.is_(None),
            TrainingClass.fund_id.in_(funds),
            TrainingClass.id.not_in(class_ids),
        )
        .group_by(TrainingClass.fund_id)
    )
    return SeatContext(
        tuple(SeatRef(*row) for row in held),
        {row.class_id: row.option_id for row in running},
        units,
        {fund_id: int(total) for fund_id, total in spent},
    )
