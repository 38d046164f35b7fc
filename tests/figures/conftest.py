"""A small province in which everything happened that makes figures disagree: a plan in another's place, a class
that runs in its later calendar, one called off, one merged into another, a seat offered and not answered, a seat
by hand for a need of a supplementary round, several funds, units and trainees that pay themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.classes.norms import make_norms
from tests.conftest import Browser, People, Province, login
from tests.figures.comparison import Browse
from tests.planning.conftest import optimise, stand_in
from training.budgets.models import Fund
from training.classes.costing import compute_costs_of_year, save_cost_line
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.classes.money import save_opening, save_payment
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import today
from training.courses.models import Course
from training.enrolments.models import Enrolment, EnrolmentState, OpenClass
from training.enrolments.publishing import publish
from training.enrolments.rearranging import manual, reschedule, responses
from training.enrolments.waiting_list import promotion
from training.needs.models import Need, Round
from training.people.models import Employee
from training.planning.models import OptimizerRun, Plan
from training.planning.operations import replan, save_plan

__all__ = ["optimise", "stand_in"]

PEOPLE = 23


@dataclass
class Rich:
    """The year's plan in force, the one that it replaced, and the rows that the tests name.

    Courses: «CV» is wanted by everybody, «CVC» by six, «KN» by ten, «TH» by eight. Classes: L001 and L003 of CV,
    L002 of CVC, L004 and L005 of KN, L006 and L007 of TH. L001 has two calendars and runs in the later one.
    """

    first: Plan
    plan: Plan
    round: Round
    supplementary: Round
    people: list[Employee]
    classes: dict[str, TrainingClass]
    wants: dict[str, Need]  # «P01/CV» → need
    year: int

    def opened(self, code: str) -> OpenClass:
        return db.session.scalars(
            sa.select(OpenClass).where(
                OpenClass.class_id == self.classes[code].id, OpenClass.cancelled_at.is_(None)
            )
        ).one()

    def seats(self, code: str) -> list[Enrolment]:
        """The living seats of a class."""
        return list(
            db.session.scalars(
                sa.select(Enrolment)
                .where(Enrolment.class_id == self.classes[code].id, Enrolment.state != EnrolmentState.CANCELLED)
                .order_by(Enrolment.need_id)
            )
        )


@pytest.fixture
def browse(app: Flask, people: People) -> Browse:
    """A client for a role, each signed in by itself."""
    app.test_client_class = Browser
    accounts = {Role.PLANNER: people.an, Role.FINANCE: people.khanh, Role.UNIT_OFFICER: people.binh}

    def signed_in(role: Role) -> FlaskClient:
        client = app.test_client()
        login(client, accounts[role])
        return client

    return signed_in


@pytest.fixture
def planned_year(province: Province, people: People, optimise: Callable[[Plan], OptimizerRun]) -> Rich:
    """The plan is published, and nothing has happened since."""
    make_norms()
    rich = _rows(province, people)
    compute_costs_of_year(rich.year, actor=SYSTEM)
    for code, payer in (("L002", "trainee"), ("L002", "trainee"), ("L004", "trainee"), ("L006", "sponsor")):
        own = {"own_payer": payer, "own_price": 33_333, "own_quantity": 1, "reason": "Tự túc", "kind": "materials"}
        save_cost_line({**own, "label": "Tài liệu riêng"}, actor=SYSTEM, training_class=rich.classes[code])
    db.session.commit()
    publish.publish(optimise(rich.plan), actor=people.an)
    db.session.commit()
    return rich


@pytest.fixture
def rich(planned_year: Rich, people: People, optimise: Callable[[Plan], OptimizerRun]) -> Rich:
    """The same after everything that happens in a year."""
    found = planned_year
    with operation(SYSTEM, "test.room"):
        found.classes["L003"].max_seats += 2
    db.session.commit()
    found.plan = replan(found.first, actor=people.an)
    found.plan.max_changes = None
    db.session.commit()
    publish.publish(optimise(found.plan), actor=people.an)
    db.session.commit()

    manual.cancel_class(found.opened("L005"), reason="Không có giảng viên", actor=people.an)
    db.session.commit()
    with operation(SYSTEM, "test.room"):
        found.classes["L006"].max_seats = 12
    db.session.commit()
    merged = found.opened("L007")
    reschedule.merge_class(merged, found.opened("L006"), leaving=(), reason="Gộp lớp", actor=people.an)
    db.session.commit()
    responses.decline(found.seats("L001")[0], reason="Đi công tác", actor=people.an)
    db.session.commit()
    promotion.promote(found.classes["L001"].id, actor=SYSTEM)
    db.session.commit()
    late = Need(
        round=found.supplementary, employee=found.people[-1], course=found.classes["L002"].course, priority=1
    )
    with operation(SYSTEM, "test.late"):
        db.session.add(late)
    db.session.commit()
    manual.place(late, found.classes["L002"].id, actor=people.an)
    save_opening({"opened_on": today(), "opening_paper": "QĐ 9"}, actor=SYSTEM, row=found.classes["L001"])
    fund = found.classes["L001"].fund_id
    paid = {"fund_id": fund, "class_id": found.classes["L001"].id, "paid_on": today(), "paper": "UNC 1"}
    save_payment({**paid, "amount": 3_210_987}, actor=SYSTEM)
    db.session.commit()
    return found


def _rows(province: Province, people: People) -> Rich:
    year = province.year
    start = province.class_basic.options[0].sessions[0].first
    with operation(SYSTEM, "test.rich"):
        units = (province.commune_x, province.commune_y)
        crowd = [
            Employee(code=f"P{n:02}", name=f"Nguyễn Thị {n}", unit=units[n % 2], position=province.position)
            for n in range(1, PEOPLE + 1)
        ]
        skill = Course(code="KN", name="Kỹ năng lãnh đạo", kind="leadership", days=3)
        theory = Course(code="TH", name="Sơ cấp lý luận chính trị", kind="political_theory", days=4)
        unit_fund = Fund(code="NDV", name="Kinh phí đơn vị", year=year, amount=400_000_000, kind="unit")
        party = Fund(code="NDANG", name="Ngân sách Đảng", year=year, amount=300_000_000, kind="party")
        db.session.add_all([*crowd, skill, theory, unit_fund, party])
        classes = {"L001": province.class_basic, "L002": province.class_advanced}
        # Options go by their codes, and the stand-in takes the first: L001 runs in its later calendar.
        later = classes["L001"].options[0]
        classes["L001"].options.append(_option("L001-b", province, start))
        later.sessions[0].first, later.sessions[0].last = start + timedelta(days=90), start + timedelta(days=94)
        classes["L001"].max_seats, classes["L002"].max_seats = 7, 9
        for n, (code, course, fund, most) in enumerate(
            [
                ("L003", province.basic, unit_fund, 6),
                ("L004", skill, party, 5),
                ("L005", skill, province.fund, 5),
                ("L006", theory, party, 5),
                ("L007", theory, unit_fund, 3),
            ]
        ):
            classes[code] = TrainingClass(
                code=code, name=f"Lớp {course.name} {code}", year=year, course=course, host=province.host,
                fund=fund, min_seats=1, max_seats=most,
                options=[_option(f"{code}-a", province, start + timedelta(days=20 + 10 * n))],
            )  # fmt: skip
        db.session.add_all(classes.values())
        wanted = [(who, province.basic) for who in crowd]
        wanted += [(who, province.advanced) for who in crowd[:6]]
        wanted += [(who, skill) for who in crowd[6:16]]
        wanted += [(who, theory) for who in crowd[10:18]]
        wants = {
            f"{who.code}/{course.code}": Need(
                round=province.round, employee=who, course=course, priority=1 + n % 4
            )
            for n, (who, course) in enumerate(wanted)
        }
        supplementary = Round(
            code=f"BS{year}", name=f"Đợt bổ sung {year}", year=year, opens_on=today() - timedelta(days=1),
            closes_on=today() + timedelta(days=9),
        )  # fmt: skip
        db.session.add_all([*wants.values(), supplementary])
    plan = save_plan(
        {"code": "KH1", "name": "Kế hoạch năm", "round_id": province.round.id, "time_limit": 20}, actor=people.an
    )
    db.session.commit()
    return Rich(plan, plan, province.round, supplementary, crowd, classes, wants, year)


def _option(code: str, province: Province, first: date) -> ClassOption:
    return ClassOption(
        code=code, place=province.place_x, sessions=[OptionSession(first=first, last=first + timedelta(days=3))]
    )
