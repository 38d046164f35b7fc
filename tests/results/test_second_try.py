"""Who did not pass takes the course again: the seat of the first try stays on record, in nobody's way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from tests.conftest import Province, login
from tests.results.conftest import Held
from training.classes.models import ClassOption, OptionSession, TrainingClass
from training.core.audit import SYSTEM, operation, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.enrolments.models import EnrolmentState, OpenClass
from training.enrolments.rearranging import manual
from training.needs.models import Need, Round
from training.people.models import Employee
from training.planning.models import Plan
from training.results import corrections


def class_to_come(held: Held, province: Province) -> tuple[Round, TrainingClass]:
    """The next round, its plan in force, and a class of the basic course that it runs."""
    day = today() + timedelta(days=40)
    with operation(SYSTEM, "test.next") as session:
        round_ = Round(
            code="SAU",
            name="Đợt sau",
            year=province.round.year + 1,
            opens_on=province.round.opens_on + timedelta(days=1),
            closes_on=today() + timedelta(days=30),
        )
        plan = Plan(code="KHS", name="Kế hoạch sau", round=round_, state="published", published_at=utcnow())
        made = TrainingClass(
            code="L009", name="Lớp sau", year=round_.year, course=province.basic, host=province.host,
            fund=province.fund, min_seats=1, max_seats=5, fixed_cost=0, seat_cost=0,
            options=[
                ClassOption(
                    code="L009-a", place=province.place_x,
                    sessions=[OptionSession(first=day, last=day + timedelta(days=2))],
                )
            ],
        )  # fmt: skip
        session.add_all([plan, made, OpenClass(plan=plan, training_class=made, option=made.options[0])])
        province.commune_y.max_absent = 5
    db.session.commit()
    return round_, made


def wants(round_: Round, who: Employee, province: Province, before: int | None = None) -> Need:
    with operation(SYSTEM, "test.need") as session:
        need = Need(round=round_, employee=who, course=province.basic, priority=2, carried_from_id=before)
        session.add(need)
    db.session.commit()
    return need


def test_whoever_failed_gets_a_seat_in_the_next_class(held: Held, province: Province) -> None:
    round_, made = class_to_come(held, province)
    held.finish()
    held.recognise()
    again = wants(round_, province.dung, province, held.dung.need_id)
    seat = manual.place(again, made.id, actor=held.people.an)
    db.session.commit()
    assert (seat.class_id, held.dung.state) == (made.id, EnrolmentState.ENROLLED), "the first try stays on record"
    colleague = Employee(code="Y9", name="Vũ Thị Chín", unit=province.commune_y)
    with operation(SYSTEM, "test.colleague") as session:
        session.add(colleague)
    other = manual.place(wants(round_, colleague, province), made.id, actor=held.people.an)
    assert other.class_id == made.id, "nor does it stand in the way of others of the unit"


def test_two_seats_to_come_for_one_course_are_refused_in_words(held: Held, province: Province) -> None:
    round_, made = class_to_come(held, province)
    with operation(SYSTEM, "test.later") as session:
        for run in held.opened.option.sessions:
            run.first, run.last = today() + timedelta(days=9), today() + timedelta(days=10)
            session.add(run)
    again = wants(round_, province.dung, province)
    with pytest.raises(Refused, match="đã có chỗ học chương trình này: lớp L001"):
        manual.place(again, made.id, actor=held.people.an)


def test_a_failure_corrected_after_its_need_was_carried_over_says_that_the_need_can_go(
    held: Held, province: Province, client: FlaskClient
) -> None:
    round_, _made = class_to_come(held, province)
    held.finish()
    held.recognise()
    again = wants(round_, province.dung, province, held.dung.need_id)
    login(client, held.people.an)
    page = client.get(f"/needs/{again.id}").text
    assert "không đạt lớp L001" in page
    assert "đã được xếp học" not in page, "the class that was not passed is no seat to come"
    asked = corrections.ask(
        held.opened,
        held.result(held.dung),
        scores={1: Decimal(7)},
        marks={},
        ground="Cộng sót",
        actor=held.people.long,
    )
    corrections.decide(held.opened, asked, approve=True, actor=held.people.an)
    db.session.commit()
    page = client.get(f"/needs/{again.id}").text
    assert "nhu cầu đợt trước nay đã được đáp ứng (Đã hoàn thành: L001" in page
    assert "đợt trước chưa được xếp lớp" not in page
    assert "Rút" in page
    login(client, held.people.dung)
    assert "Đã hoàn thành: L001" in client.get("/my-needs").text
