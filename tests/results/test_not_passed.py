"""Whoever does not pass is not lost: the need goes into the next round with its ground, and the person is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.results.conftest import Held
from training.completions.models import Completion
from training.core.access import ALL
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.i18n import day, today
from training.enrolments.seats.outcomes import OutcomeKind, outcomes_of
from training.needs.models import Need, Round
from training.needs.proposals import Origin, suggestions
from training.needs.registering import save_need


@pytest.fixture
def next_round(province: Province) -> Round:
    with operation(SYSTEM, "test.next_round") as session:
        row = Round(
            code="SAU",
            name="Đợt sau",
            year=province.round.year + 1,
            opens_on=province.round.opens_on + timedelta(days=1),
            closes_on=today() + timedelta(days=30),
        )
        session.add(row)
    db.session.commit()
    return row


def carried(round_: Round) -> dict[str, tuple[str, ...]]:
    """Who is proposed anew, and why."""
    return {one.employee.code: one.grounds for one in suggestions(round_, ALL, origin=Origin.CARRIED)}


def register(held: Held, round_: Round, province: Province) -> Need:
    values = {
        "round_id": round_.id,
        "employee_id": held.dung.employee_id,
        "course_id": province.basic.id,
        "priority": 2,
    }
    made = save_need(values, actor=held.people.an)
    db.session.commit()
    return made


def test_the_next_round_proposes_the_course_again_and_says_why(
    held: Held, next_round: Round, province: Province
) -> None:
    held.finish()
    assert carried(next_round) == {}, "nothing is recognised yet"
    held.recognise()
    grounds = carried(next_round)
    assert list(grounds) == ["NV002"]
    assert f"không đạt lớp L001 ngày {day(today())}" in grounds["NV002"]
    need_id = held.dung.need_id
    told = outcomes_of([need_id])[need_id]
    assert told.kind is OutcomeKind.FAILED
    assert "L001" in told.why
    made = register(held, next_round, province)
    assert (made.carried_from_id, made.years_waiting) == (need_id, 0), "there was a seat: nobody waited in vain"
    assert outcomes_of([need_id])[need_id].kind is OutcomeKind.CARRIED
    assert outcomes_of([held.chi.need_id])[held.chi.need_id].kind is OutcomeKind.COMPLETED
    assert carried(next_round) == {}


def test_a_class_failed_after_the_next_round_was_made_goes_into_the_one_after_once(
    held: Held, next_round: Round, province: Province
) -> None:
    with operation(SYSTEM, "test.third") as session:
        next_round.decided_on = today()
        third = Round(
            code="BA",
            name="Đợt ba",
            year=next_round.year + 1,
            opens_on=next_round.opens_on + timedelta(days=1),
            closes_on=today() + timedelta(days=90),
        )
        session.add(third)
    db.session.commit()
    held.finish()
    held.recognise()
    assert list(carried(third)) == ["NV002"]
    with operation(SYSTEM, "test.met") as session:
        met = Completion(employee=held.dung.employee, course=province.basic, completed_on=today())
        session.add(met)
    db.session.commit()
    assert carried(third) == {}
    with operation(SYSTEM, "test.not_met") as session:
        session.delete(met)
    register(held, next_round, province)
    assert "L001" not in str(carried(third)["NV002"]), "that round took it over, and its plan gave no seat"


def test_the_trainee_and_the_officer_read_it(
    held: Held, next_round: Round, province: Province, people: People, client: FlaskClient
) -> None:
    held.finish()
    held.recognise()
    login(client, people.dung)
    for address in ("/my-classes", "/my-results"):
        page = client.get(address).text
        assert "Không đạt" in page
        assert "Bài kiểm tra: 4" in page
        assert "đề xuất với đơn vị cho đợt sau" in page
    assert "Quy chế đào tạo, bồi dưỡng: dự ít nhất 100 %" in page
    login(client, people.an)
    proposals = client.get(f"/rounds/{next_round.id}/proposals?origin=carried").text
    assert f"không đạt lớp L001 ngày {day(today())}" in proposals
    made = register(held, next_round, province)
    assert f"không đạt lớp L001 ngày {day(today())}" in client.get(f"/needs/{made.id}").text
    login(client, people.dung)
    for address in ("/my-classes", "/my-results"):
        assert "đã được chuyển tiếp sang đợt sau" in client.get(address).text
