"""Pages of a plan in force, of a class that runs and of one whose results are recognised: none asks the database
more questions because more people sit, wait, were marked, passed, ask or hold papers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.results.conftest import Held
from tests.test_query_counts import _SUMMARY, _addresses, _measure
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.core.access import Role
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.i18n import today
from training.documents.models import Document, Issuer
from training.enrolments.models import Enrolment, OpenClass, PassedOver, WaitingListEntry
from training.enrolments.trainee_models import SeatRequest
from training.needs.models import Need
from training.people.models import Employee
from training.planning.models import OptimizerRun, RunClass, RunNeed
from training.results.models import (
    AttendanceMark,
    BookState,
    Certificate,
    CertificateRegister,
    ClassBook,
    FeedbackAnswer,
    Recognition,
    Result,
    ResultCorrection,
    TestScore,
)

_OWN_YEAR = 1900  # registers of its own, so that numbers never meet


def put_in_force(p: Province, held: Held, state: BookState) -> None:
    """The run behind the plan, the class's book, an issuer: what the rows of `grow` hang on."""
    plan = held.opened.plan
    with operation(SYSTEM, "test.force") as session:
        p.class_basic.max_seats = 500
        run = OptimizerRun(
            plan=plan, status="FEASIBLE", requested_by="An", score=10, bound=11, gap=0.1, summary=_SUMMARY
        )
        session.add_all([run, Issuer(code="SNV", name="Sở Nội vụ", place_name="Hạ Long")])
        session.flush()
        plan.published_run_id = run.id
        session.add(RunClass(run_id=run.id, training_class=p.class_basic, option=held.opened.option, seats=8))
        book = session.scalar(sa.select(ClassBook)) or ClassBook(training_class=p.class_basic)
        session.add(book)
        if state != BookState.RUNNING:
            book.state, book.rule, book.entered_at, book.entered_by_name = state, held.rule, utcnow(), "Long"
        if state == BookState.RECOGNISED:
            session.add(
                Recognition(
                    training_class=p.class_basic, number="1/QĐ", decided_on=today(), signer="A", signer_title="B"
                )
            )
    db.session.commit()


def grow(p: Province, held: Held, state: BookState, first: int, last: int) -> None:
    """People number `first` to `last`: one with a seat in the class and all that follows from it, one who waits
    and was passed over, and one in a class of their own."""
    plan, opened = held.opened.plan, held.opened
    run_id = plan.published_run_id
    with operation(SYSTEM, "test.grow") as session:
        issuer = session.scalars(sa.select(Issuer)).one()
        register = CertificateRegister(year=_OWN_YEAR + first, series="CC", last_number=last)
        session.add(register)
        for n in range(first, last):
            start = today() + timedelta(days=30 + n)
            option = ClassOption(
                code=f"M{n}-a", place=p.place_x, sessions=[OptionSession(first=start, last=start)]
            )
            other = TrainingClass(
                code=f"M{n}", name=f"Lớp {n}", year=p.year, course=p.basic, host=p.host, fund=p.fund, min_seats=0,
                max_seats=9, options=[option],
            )  # fmt: skip
            sits, waits, elsewhere = (
                Employee(code=f"{letter}{n}", name=f"Bùi Văn {letter}{n}", unit=p.commune_x) for letter in "SWE"
            )
            needs = [
                Need(round=p.round, employee=who, course=p.basic, priority=2) for who in (sits, waits, elsewhere)
            ]
            session.add_all([other, sits, waits, elsewhere, *needs])
            session.flush()
            seat = Enrolment(
                plan=plan, need=needs[0], employee=sits, training_class=p.class_basic, option=opened.option
            )
            entry = WaitingListEntry(plan_id=plan.id, need=needs[1], course_id=p.basic.id, value=n)
            session.add_all(
                [
                    seat, entry,
                    OpenClass(plan=plan, training_class=other, option=option),
                    Enrolment(plan=plan, need=needs[2], employee=elsewhere, training_class=other, option=option),
                    RunNeed(run_id=run_id, need=needs[0], value=9, option=opened.option),
                    RunNeed(run_id=run_id, need=needs[1], value=9, reason="size"),
                    RunNeed(run_id=run_id, need=needs[2], value=9, option=option),
                    RunClass(run_id=run_id, training_class=other, option=option, seats=1),
                    SeatRequest(need=needs[0], class_id=other.id, reason="Gần nhà"),
                    SeatRequest(need=needs[1], class_id=other.id, reason="Gần nhà"),
                ]
            )  # fmt: skip
            session.flush()
            session.add(PassedOver(entry_id=entry.id, class_id=other.id, rules=[["clash", "Bận"]]))
            session.add_all(_of_the_book(p, held, seat, state, n, first))
            session.add(
                Document(
                    kind="summons", plan=plan, training_class=p.class_basic, enrolment_id=seat.id,
                    employee_id=sits.id, option_id=opened.option_id, issuer=issuer, signer_name="An", year=2026,
                    issued_on=today(), title=f"Giấy triệu tập {n}", search=f"giay {n}", template_sha256="0" * 64,
                    facts={}, content=b"x", size=1, sha256=f"{n:064}", code=f"{n:016}",
                )
            )  # fmt: skip
    db.session.commit()


def _of_the_book(p: Province, held: Held, seat: Enrolment, state: BookState, n: int, first: int) -> list[object]:
    one = held.half_days[0]
    rows: list[object] = [
        AttendanceMark(
            enrolment_id=seat.id, day=one.day, part=one.part, kind="present", marked_at=utcnow(), marked_by="Long"
        ),
        TestScore(enrolment=seat, position=1, value=Decimal(7)),
    ]
    if state == BookState.RUNNING:
        return rows
    result = Result(
        enrolment=seat, class_id=p.class_basic.id, held=4, attended=4, average=Decimal(7), passed=True,
        classification="fair",
    )  # fmt: skip
    rows += [
        result,
        ResultCorrection(result=result, ground="Nhầm", asked_by_name="Long"),
        FeedbackAnswer(
            class_id=p.class_basic.id, content=4, lecturers=4, organisation=4, usefulness=4, comment=f"Tốt {n}"
        ),
    ]
    if state == BookState.RECOGNISED:
        register = db.session.scalars(
            sa.select(CertificateRegister).where(CertificateRegister.year == _OWN_YEAR + first)
        ).one()
        rows.append(
            Certificate(
                register=register, number=n + 1, enrolment=seat, class_id=p.class_basic.id, issued_on=today(),
                holder=seat.employee.name, course="CV", classification="fair",
            )
        )  # fmt: skip
    return rows


@pytest.mark.parametrize("state", list(BookState))
@pytest.mark.parametrize(
    ("role", "name"),
    [(Role.PLANNER, "an"), (Role.UNIT_OFFICER, "binh"), (Role.TRAINEE, "chi"), (Role.HOST, "long")],
)
def test_queries_do_not_grow_with_people(
    app: Flask,
    client: FlaskClient,
    province: Province,
    people: People,
    held: Held,
    role: Role,
    name: str,
    state: BookState,
) -> None:
    login(client, getattr(people, name))
    addresses = _addresses(app, role)
    put_in_force(province, held, state)
    grow(province, held, state, 0, 3)
    _measure(client, addresses)  # first use fills caches of the libraries
    few = _measure(client, addresses)
    grow(province, held, state, 3, 20)
    many = _measure(client, addresses)
    grown = {
        endpoint: (few[endpoint][0], count, [s[:120] for s in statements[-3:]])
        for endpoint, (count, statements) in many.items()
        if endpoint in few and count > few[endpoint][0]
    }
    assert not grown
    assert {"enrolments.decision", "people.employee"} & set(few) or role == Role.HOST
    if role == Role.HOST:
        assert {"results.roll_call", "results.scores"} <= set(few)
