"""The plan of tests/planning, for tests of what is published; and a fuller one, in whose classes room is short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from config import Config
from tests.conftest import People, Province
from tests.planning.conftest import optimise, planned, stand_in, work_here
from training.accounts.models import User
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.models import Enrolment, EnrolmentState, OpenClass, WaitingListEntry, WaitingState
from training.enrolments.publishing import announcements, publish
from training.needs.models import Need
from training.people.models import Employee
from training.planning.models import OptimizerRun, Plan
from training.planning.operations import save_plan

__all__ = ["optimise", "planned", "stand_in"]


@dataclass
class Published:
    """Six people want the basic course (three of each commune), one of each the advanced one. Two basic classes of
    two seats, on different days, and one advanced class; all run. L001: the first two; L003: the next two."""

    plan: Plan
    wants: dict[str, Need]  # «NV001/CV» → need
    first: TrainingClass  # L001
    second: TrainingClass  # L003
    advanced: TrainingClass  # L002

    def seats(self) -> dict[str, str]:
        """«NV001/CV» → class, of the living seats."""
        rows = db.session.scalars(sa.select(Enrolment).where(Enrolment.state != EnrolmentState.CANCELLED))
        return {f"{row.employee.code}/{row.need.course.code}": row.training_class.code for row in rows}

    def waiting(self) -> list[str]:
        """Who waits, in the order of the queue."""
        rows = db.session.scalars(
            sa.select(WaitingListEntry)
            .where(WaitingListEntry.state == WaitingState.WAITING)
            .order_by(WaitingListEntry.value.desc(), WaitingListEntry.displaced.desc(), WaitingListEntry.need_id)
        )
        return [f"{row.need.employee.code}/{row.need.course.code}" for row in rows]

    def seat(self, name: str) -> Enrolment:
        return db.session.scalars(
            sa.select(Enrolment).where(
                Enrolment.need_id == self.wants[name].id, Enrolment.state != EnrolmentState.CANCELLED
            )
        ).one()

    def opened(self, made: TrainingClass) -> OpenClass:
        return db.session.scalars(sa.select(OpenClass).where(OpenClass.class_id == made.id)).one()


@pytest.fixture
def published(province: Province, people: People, optimise: Callable[[Plan], OptimizerRun]) -> Published:
    with operation(SYSTEM, "test.more"):
        others = [
            Employee(code=f"NV00{n}", name=f"Nguyễn Thị Số {n}", unit=unit, position=province.position)
            for n, unit in ((3, province.commune_x), (4, province.commune_y), (5, province.commune_x),
                            (6, province.commune_y))
        ]  # fmt: skip
        db.session.add_all(others)
        first = province.class_basic.options[0].sessions[0].first + timedelta(days=35)
        second = TrainingClass(
            code="L003", name="Lớp thứ hai", year=province.year, course=province.basic, host=province.host,
            fund=province.fund, min_seats=1, max_seats=2, fixed_cost=10_000_000, seat_cost=500_000,
            options=[
                ClassOption(
                    code="L003-a", place=province.place_x,
                    sessions=[OptionSession(first=first, last=first + timedelta(days=4))],
                )
            ],
        )  # fmt: skip
        db.session.add(second)
        province.class_basic.max_seats = 2
        everybody = [province.chi, province.dung, *others]
        wants = {
            f"{who.code}/{course.code}": Need(
                round=province.round, employee=who, course=course, priority=2 if n < 4 else 3
            )
            for n, (who, course) in enumerate(
                [(who, province.basic) for who in everybody]
                + [(province.chi, province.advanced), (province.dung, province.advanced)]
            )
        }
        db.session.add_all(wants.values())
    plan = save_plan(
        {"code": "KH1", "name": "Phương án 1", "round_id": province.round.id, "time_limit": 20}, actor=people.an
    )
    db.session.commit()
    run = optimise(plan)
    publish.publish(run, actor=people.an)
    db.session.commit()
    return Published(plan, wants, province.class_basic, second, province.class_advanced)


@pytest.fixture
def replan(
    app: Flask, published: Published, people: People, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Plan], OptimizerRun]:
    """Run a plan after the first is in force, by the optimizer itself."""
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", Config.SOLVER_COMMAND)
    return work_here(people)


def announce(plan: Plan, user: User) -> None:
    """Tell everybody, as the worker does it: with a session of its own."""
    announcement_id = announcements.ask(plan, user=user).id
    db.session.commit()
    tell_them(announcement_id)


def tell_them(announcement_id: int, after: Callable[[], None] | None = None) -> None:
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]  # Werkzeug's proxy
        announcements.work(announcement_id, after=after)
    db.session.expire_all()
