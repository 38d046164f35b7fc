"""The seats that a change can touch, read under locks that keep everything the rules rest on as it is."""

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
    """What `seat_rules.broken_by` asks to be given.

    Attributes:
        held: the living seats of the classes, of everybody in the units of the people, and of those who are to sit
            with them or not.
        whole_classes: class id → the option in which it runs.
        whole_units: the units of the people.
        spent: fund id → đồng that other open classes cost.
    """

    held: tuple[SeatRef, ...]
    whole_classes: Mapping[int, int]
    whole_units: frozenset[int]
    spent: Mapping[int, int]


def lock(class_ids: Collection[int], employee_ids: Collection[int], need_ids: Collection[int]) -> None:
    """Hold classes, funds, units, people, needs and their living seats until the transaction ends, always in this
    order and each by its number, so that two changes wait for each other and never for one another in a ring."""
    funds = sa.select(TrainingClass.fund_id).where(TrainingClass.id.in_(class_ids))
    units = sa.select(Employee.unit_id).where(Employee.id.in_(employee_ids))
    for model, condition in (
        (TrainingClass, TrainingClass.id.in_(class_ids)),
        (Fund, Fund.id.in_(funds)),
        (Unit, Unit.id.in_(units)),
        (Employee, Employee.id.in_(employee_ids)),
        (Need, Need.id.in_(need_ids)),
        # Whoever answers to a seat, or writes about it in the book, holds that seat alone: here they meet.
        (Enrolment, sa.and_(Enrolment.need_id.in_(need_ids), Enrolment.state != EnrolmentState.CANCELLED)),
    ):
        # «NO KEY»: rows that merely point here may be written meanwhile.
        statement = sa.select(model.id).where(condition).order_by(model.id).with_for_update(key_share=True)
        db.session.execute(statement).all()


def read(class_ids: Collection[int], employee_ids: Collection[int]) -> SeatContext:
    """The seats around these classes and people, as they are now."""
    units = frozenset(db.session.scalars(sa.select(Employee.unit_id).where(Employee.id.in_(employee_ids))))
    partners = partners_of_people(employee_ids)  # who is to sit with them, or not
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
