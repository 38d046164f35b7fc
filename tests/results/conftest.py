"""A class that is over: four people of the basic course, five days of which three have passed unmarked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from training.core.access import ALL
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.i18n import today
from training.courses.models import Host, Issuer, Signer
from training.enrolments.models import Enrolment, OpenClass
from training.needs.models import Need
from training.people.models import Employee
from training.planning.models import Plan
from training.results import operations, queries, recognition
from training.results.books import roll_call, score_entry
from training.results.books.half_days import HalfDay
from training.results.models import CourseTest, MarkKind, Result, ResultRule


@dataclass
class Held:
    """The class L001, held on a Monday and the Tuesday after it, both past; four half-days, two tests."""

    opened: OpenClass
    chi: Enrolment
    dung: Enrolment
    others: list[Enrolment]  # six of commune X
    people: People
    rule: ResultRule

    @property
    def seats(self) -> list[Enrolment]:
        return [self.chi, self.dung, *self.others]

    @property
    def half_days(self) -> list[HalfDay]:
        return queries.held_half_days(self.opened)

    def mark(self, seat: Enrolment, half_day: HalfDay, kind: str = "present", at: datetime | None = None) -> None:
        mark = roll_call.Mark(seat.id, half_day.day, half_day.part, MarkKind(kind), at or utcnow())
        assert roll_call.save_marks([mark], actor=self.people.long) == [None]
        db.session.commit()

    def mark_all(self, kind: str = "present") -> None:
        """Everybody in every half-day."""
        marks = [
            roll_call.Mark(seat.id, one.day, one.part, MarkKind(kind), utcnow())
            for seat in self.seats
            for one in self.half_days
        ]
        assert roll_call.save_marks(marks, actor=self.people.long) == [None] * len(marks)
        db.session.commit()

    def score(self, seat: Enrolment, *values: str | None) -> None:
        """The scores of the first, second … test."""
        given = {n: Decimal(value) if value else None for n, value in enumerate(values, start=1)}
        score_entry.save_scores(self.opened.training_class, {seat.id: given}, actor=self.people.long)
        db.session.commit()

    def finish(self) -> None:
        """Everybody came and scored 7 and 8; Dũng 4 and 8."""
        self.mark_all()
        for seat in self.seats:
            self.score(seat, "4" if seat is self.dung else "7", "8")
        operations.enter_results(self.opened, actor=self.people.long)
        db.session.commit()

    def recognise(self, day: date | None = None, number: str = "12/QĐ-TCT") -> None:
        values = {
            "number": number,
            "decided_on": day or today(),
            "signer_id": host_signer(self.opened.training_class.host).id,
        }
        recognition.recognise(self.opened, values, actor=self.people.long)
        db.session.commit()

    def result(self, seat: Enrolment) -> Result:
        return db.session.scalars(sa.select(Result).where(Result.enrolment_id == seat.id)).one()


def host_signer(host: Host | None, name: str = "Nguyễn Hiệu Trưởng") -> Signer:
    """Who signs for the host of a class, made if missing."""
    found = db.session.scalar(sa.select(Signer).where(Signer.name == name))
    if found is not None:
        return found
    assert host is not None
    with operation(SYSTEM, "test.signer"):
        issuer = db.session.scalar(sa.select(Issuer).where(Issuer.host_id == host.id)) or Issuer(
            code=host.code, name=host.name, parent_name="Tỉnh ủy", place_name="Quảng Ninh", host=host
        )
        made = Signer(issuer=issuer, name=name, title="Hiệu trưởng")
        db.session.add(made)
    db.session.commit()
    return made


@pytest.fixture
def held(province: Province, people: People) -> Held:
    monday = today() - timedelta(days=today().weekday() + 14)
    with operation(SYSTEM, "test.held") as session:
        session_row = province.class_basic.options[0].sessions[0]
        session_row.first, session_row.last = monday, monday + timedelta(days=1)
        plan = Plan(code="KH", name="Kế hoạch", round=province.round, state="published", published_at=utcnow())
        everybody = [province.chi, province.dung]
        everybody += [Employee(code=f"X{n}", name=f"Ngô Văn {n}", unit=province.commune_x) for n in range(1, 7)]
        session.add_all([plan, *everybody])
        rule = ResultRule(valid_from=date(2020, 1, 1), source="Quy chế đào tạo, bồi dưỡng")
        session.add(rule)
        session.add_all(
            CourseTest(course=province.basic, position=n, name=name)
            for n, name in ((1, "Bài kiểm tra"), (2, "Bài thu hoạch"))
        )
        opened = OpenClass(plan=plan, training_class=province.class_basic, option=province.class_basic.options[0])
        session.add(opened)
        seats = []
        for employee in everybody:
            need = Need(round=province.round, employee=employee, course=province.basic, priority=2)
            seats.append(
                Enrolment(
                    plan=plan,
                    need=need,
                    employee=employee,
                    training_class=province.class_basic,
                    option=opened.option,
                )
            )
        session.add_all(seats)
    db.session.commit()
    found = queries.opened(opened.class_id, ALL)
    assert found is not None
    return Held(found, seats[0], seats[1], seats[2:], people, rule)
