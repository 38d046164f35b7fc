"""No page asks the database more questions because it has more rows to show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.routing import IntegerConverter

from tests.conftest import People, Province, login
from training.budgets.models import CostNorm, Fund, LecturerTier
from training.careers.models import CareerLimits, KnowledgeTest, PlannedTitle, PlanningReview
from training.classes.models import (
    ClassOption,
    ClassQuota,
    ClassReserve,
    CostLine,
    OptionSession,
    Payment,
    TrainingClass,
)
from training.completions.models import Completion
from training.core.access import Role, roles_of
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.courses.models import Course, CourseEquivalence, Host, Lecturer, PrerequisiteGroup, Room
from training.documents.models import Document, Issuer, PaperBatch, PaperRegister, PaperTemplate, Signer
from training.enrolments.models import Enrolment
from training.exports.models import ExportFile
from training.needs.models import Need
from training.people.models import (
    Absence,
    Assignment,
    Employee,
    Place,
    Position,
    SensitiveRecord,
    Travel,
    Unit,
    UnitLink,
    UnitSuccession,
)
from training.planning.models import NeedSet, NeedSetMember, OptimizerRun, Pin, Plan, RunClass, RunNeed
from training.standards.models import Commitment, HeldTitle, Title

_SUMMARY = {
    "needs": 9, "people": 6, "seats": 3, "people_seated": 3, "classes": 3, "running": 3, "cost": 30, "funds": [],
    "unmet": {"no-class": {"needs": 6, "people": 4}}, "units_short": 0, "needs_short": 0,
}  # fmt: skip


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("UPDATE sign_in_session"):  # by the clock, once a minute, whatever is shown
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def grow(p: Province, first: int, last: int) -> None:
    """Rows number `first` to `last` of every entity, hanging on the first ones of the tiny province."""
    with operation(SYSTEM, "test.grow") as session:
        plan = session.get(Plan, 1)
        if plan is None:
            plan = Plan(code="KH", name="Kế hoạch", round=p.round)
            session.add(plan)
            session.flush()
            run = OptimizerRun(
                plan=plan, status="FEASIBLE", requested_by="An", score=10, bound=11, gap=0.1, summary=_SUMMARY
            )
            session.add(run)
            session.flush()
        run = session.get_one(OptimizerRun, 1)
        for n in range(first, last):
            place = Place(code=f"P{n}", name=f"Xã {n}")
            unit = Unit(code=f"U{n}", name=f"Phòng {n}", parent=p.commune_x, place=place)
            position = Position(code=f"VT{n}", name=f"Vị trí {n}")
            course = Course(code=f"C{n}", name=f"Khóa {n}", kind="theme", days=3)
            course.prerequisite_groups = [PrerequisiteGroup(alternatives=[p.basic])]
            older = Course(code=f"O{n}", name=f"Khóa cũ {n}", kind="theme", days=3)
            p.advanced.prerequisite_groups.append(PrerequisiteGroup(alternatives=[course]))
            host = Host(code=f"H{n}", name=f"Trung tâm {n}", place=place)
            room = Room(code=f"R{n}", name=f"Hội trường {n}", host=p.host, seats=80)
            lecturer = Lecturer(code=f"G{n}", name=f"Lê Giảng {n}", host=p.host)
            fund = Fund(code=f"F{n}", name=f"Quỹ {n}", year=p.year, amount=10)
            start = date(p.year, 4, 1) + timedelta(days=7 * n)
            option = ClassOption(
                code=f"K{n}-a",
                place=place,
                sessions=[OptionSession(first=start, last=start + timedelta(days=2))],
                rooms=[room],
                lecturers=[lecturer],
            )
            training_class = TrainingClass(
                code=f"K{n}", name=f"Lớp {n}", year=p.year, course=p.basic, host=p.host, fund=p.fund,
                min_seats=1, max_seats=9, options=[option], quotas=[ClassQuota(units=[unit], max_seats=3)],
                reserves=[ClassReserve(units=[unit], min_seats=1, release=True)],
            )  # fmt: skip
            p.class_basic.options.append(
                ClassOption(
                    code=f"L001-{n}", place=place, sessions=[OptionSession(first=start, last=start)], rooms=[room]
                )
            )
            p.class_basic.quotas.append(ClassQuota(units=[unit], max_seats=3))
            person = Employee(code=f"E{n}", name=f"Ngô Văn {n}", unit=p.commune_x, position=position)
            session.add_all(
                [
                    place, unit, position, course, older, host, room, lecturer, fund, training_class, person,
                    Travel(origin=p.place_x, destination=place, points=1),
                    CourseEquivalence(course=p.basic, substitute=older),
                    Absence(employee=p.chi, first=start, last=start),
                    Absence(employee=person, first=start, last=start),
                    Completion(employee=p.chi, course=course, completed_on=date(2020, 1, 1)),
                    Completion(employee=person, course=p.basic, completed_on=date(2020, 1, 1)),
                    *_money(p, n, training_class, person, course),
                    *_careers(p, n, unit, person, start),
                ]
            )  # fmt: skip
            session.flush()
            session.add_all(_papers(p, n, plan))
            need = Need(round=p.round, employee=person, course=p.basic, priority=2)
            other = Need(round=p.round, employee=p.chi, course=course, priority=2)
            third = Need(round=p.round, employee=person, course=course, priority=2)
            session.add_all([need, other, third])
            session.flush()
            session.add_all(
                [
                    RunNeed(run_id=run.id, need=need, value=300, option=option),
                    RunNeed(run_id=run.id, need=other, value=300, reason="no-class"),
                    RunNeed(run_id=run.id, need=third, value=300, reason="no-class"),
                    RunClass(run_id=run.id, training_class=training_class, option=option, seats=1),
                    Pin(plan=plan, need=other, training_class=training_class, kind="ban"),
                    NeedSet(
                        plan=plan,
                        name=f"Nhóm {n}",
                        kind="apart",
                        members=[NeedSetMember(need=other), NeedSetMember(need=third)],
                    ),
                ]
            )
            if n % 2:
                session.add(
                    Enrolment(plan=plan, need=need, employee=person, training_class=training_class, option=option)
                )
    db.session.commit()


def _papers(p: Province, n: int, plan: Plan) -> list[object]:
    """An issuer with a signer, a template, a batch, and a paper of the first class that was revoked."""
    issuer = Issuer(code=f"CQ{n}", name=f"Cơ quan {n}", place_name="Hạ Long")
    signer = Signer(issuer=issuer, name="An", title="Giám đốc")
    today = date(2026, 1, 2)
    paper = Document(
        kind="trainee_list", plan=plan, training_class=p.class_basic, issuer=issuer, signer_name="An", year=2026,
        issued_on=today, title=f"Danh sách {n}", search=f"danh sach {n}", template_sha256="0" * 64, facts={},
        content=b"x", size=1, sha256=f"{n:064}", code=f"{n:016}", state="revoked", state_reason="Nhầm",
        ended_on=today,
    )  # fmt: skip
    template = PaperTemplate(
        kind="summons", number=n + 1, filename="mau.docx", content=b"x", sha256="0" * 64, uploaded_by="An"
    )
    batch = PaperBatch(
        kind="summons", plan=plan, issuer=issuer, signer=signer, issued_on=today, user_id=1, state="ready"
    )
    db.session.add_all([issuer, signer])
    db.session.flush()
    return [paper, template, batch, PaperRegister(issuer_id=issuer.id, kind="summons", year=2026, last=n)]


def _careers(p: Province, n: int, unit: Unit, person: Employee, day: date) -> list[object]:
    """A stay by rotation, a head, a place in the Party tree, successions, a planned title, a review, a test."""
    first = date(1950 + n, 1, 1)
    last = first + timedelta(days=300)
    title = Title(code=f"CD{n}", name=f"Chức danh {n}", kind="leadership")
    head = Employee(
        code=f"H{n}", name=f"Lý Văn {n}", unit=p.commune_x,
        position=Position(code=f"DD{n}", name=f"Trưởng {n}", head=True),
        ratings={str(p.year - 2): "Hoàn thành tốt"},
    )  # fmt: skip
    return [
        Assignment(employee=p.chi, unit=unit, first=first, last=last, kind="rotation"),
        Assignment(employee=person, unit=p.commune_y, first=first, last=last, kind="rotation"),
        UnitLink(unit=p.commune_x, tree="party", parent=unit, first=first, last=last),
        UnitSuccession(predecessor=p.commune_x, successor=unit, since=day),
        UnitSuccession(predecessor=unit, successor=p.commune_x, since=day),
        PlannedTitle(employee=p.chi, title=title, unit=p.commune_x, added_on=first),
        PlannedTitle(employee=person, title=title, unit=unit, added_on=first),
        HeldTitle(employee=head, title=title, first=date(p.year - 1, 1, 1)),
        PlanningReview(code=f"RS{n}", name=f"Đợt {n}", first=first, last=last),
        CareerLimits(valid_from=first, valid_to=last, source=f"Quy định {n}"),
        KnowledgeTest(employee=p.chi, year=1950 + n, score=80),
        KnowledgeTest(employee=person, year=p.year - 2, score=80),
        head,
        SensitiveRecord(employee=head, ethnicity="Dao", home_place="Hải Phòng"),
    ]


def _money(p: Province, n: int, training_class: TrainingClass, person: Employee, course: Course) -> list[object]:
    """A tier, a norm, cost lines of two classes, a payment, two commitments, a file."""
    tier = LecturerTier(code=f"B{n}", name=f"Bậc {n}")
    start = date(2000 + n, 1, 1)
    norm = CostNorm(
        kind="lecturer", tier=tier, amount=1, lessons=4, valid_from=start, source="NQ", automatic=False
    )
    return [
        tier, norm,
        *(
            CostLine(training_class=row, kind="lecturer", per_seat=False, tier=tier, norm=norm, by_hand=True,
                     own_quantity=1, price=1, payer=payer, reason="x")
            for row in (p.class_basic, training_class) for payer in ("fund", "unit")
        ),
        Payment(fund=p.fund, training_class=training_class, paid_on=start, paper=f"UNC {n}", amount=1),
        Commitment(employee=person, course=course, cost=1, months=1, signed_on=start, starts_on=start),
        Commitment(employee=p.chi, course=course, cost=1, months=1, signed_on=start, starts_on=start),
        ExportFile(producer="x", title=f"Tệp {n}", user_id=1),
    ]  # fmt: skip


def _addresses(app: Flask, role: Role) -> dict[str, str]:
    """Every page that `role` may open, with row 1 where an address names a row."""
    found = {}
    with app.test_request_context():
        adapter = app.create_url_adapter(None)
        assert adapter is not None
        for rule in app.url_map.iter_rules():
            if rule.endpoint.startswith(("security.", "bootstrap.", "static")) or "GET" not in (
                rule.methods or ()
            ):
                continue
            if any(not isinstance(rule._converters[name], IntegerConverter) for name in rule.arguments):
                continue
            roles = roles_of(rule.endpoint)
            if roles is None or role in roles:
                address = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), force_external=False)
                found[rule.endpoint] = str(address)
    return found


def _measure(client: FlaskClient, addresses: dict[str, str]) -> dict[str, tuple[int, list[str]]]:
    counts = {}
    for endpoint, address in addresses.items():
        with counted() as statements:
            response = client.get(address)
        assert response.status_code < 500, address
        if response.status_code == 200:
            counts[endpoint] = (len(statements), statements)
    return counts


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.PLANNER, "an"),
        (Role.UNIT_OFFICER, "binh"),
        (Role.TRAINEE, "chi"),
        (Role.ADMINISTRATOR, "quan"),
        (Role.FINANCE, "khanh"),
        (Role.HOST, "long"),
    ],
)
def test_queries_do_not_grow_with_rows(
    app: Flask, client: FlaskClient, province: Province, people: People, role: Role, name: str
) -> None:
    login(client, getattr(people, name))
    addresses = _addresses(app, role)
    grow(province, 0, 4)
    _measure(client, addresses)  # first use fills caches of the libraries
    few = _measure(client, addresses)
    grow(province, 4, 30)
    many = _measure(client, addresses)
    grown = {
        endpoint: (few[endpoint][0], count, [s[:120] for s in statements[-3:]])
        for endpoint, (count, statements) in many.items()
        if endpoint in few and count > few[endpoint][0]
    }
    assert not grown
    assert few
    if role == Role.PLANNER:
        assert {"planning.run", "planning.run_needs", "planning.run_classes"} <= set(few)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Employee)) == 62
