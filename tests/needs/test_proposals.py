"""What a round proposes to a unit: gaps of standards, what expires, carry-over; taken over, it becomes a need."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.needs.chains import bring_to, draft, give_chain
from training.completions.models import Completion
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.courses.models import Course
from training.needs import outcomes
from training.needs.approval.acts import NeedAct
from training.needs.models import Need, NeedState, Priority, Round
from training.needs.proposals import Origin, suggestions
from training.needs.registering import save_need, withdraw
from training.standards.eligibility.operations import save_eligibility_rule
from training.standards.versions import save_standard


def standard(province: Province, **requirement: object) -> None:
    """The position of Chi and Dũng asks for the basic course; both have completed another, so that what they have
    completed is known, and this one missing."""
    with operation(SYSTEM, "test.known"):
        other = Course(code="QP", name="Quốc phòng – an ninh", kind="defence", days=3)
        for person in (province.chi, province.dung):
            db.session.add(Completion(employee=person, course=other, completed_on=date(2022, 5, 5)))
    values = {
        "code": "TC-CM",
        "position_id": province.position.id,
        "valid_from": date(2024, 1, 1),
        "requirements": [{"kind": "course", "course_ids": [province.basic.id], **requirement}],
    }
    save_standard(values, actor=SYSTEM)
    db.session.commit()


def keys(province: Province, people: People, **narrowing: Any) -> dict[str, tuple[Origin, ...]]:
    found = suggestions(province.round, people.an.scope(), **narrowing)
    return {f"{one.employee.code} {one.course.code}": one.origins for one in found}


def test_a_gap_is_proposed_to_its_own_unit_with_its_ground(
    client: FlaskClient, province: Province, people: People
) -> None:
    standard(province)
    login(client, people.binh)
    page = client.get(f"/rounds/{province.round.id}/proposals").text
    assert "Trần Thị Chi" in page
    assert "Lê Văn Dũng" not in page
    assert "Chuyên môn" in page, "the position whose standard asks for it"


def test_the_ticked_become_drafts_with_the_priority_beside_them(
    client: FlaskClient, province: Province, people: People
) -> None:
    standard(province)
    give_chain(province.round)
    login(client, people.binh)
    key = f"{province.chi.id}-{province.basic.id}"
    data = {"wishes": [key], f"priority-{key}": "1"}
    response = client.post(f"/rounds/{province.round.id}/proposals", data=data, follow_redirects=True)
    assert "Đã đưa vào đăng ký 1 nhu cầu" in response.text
    need = db.session.scalars(sa.select(Need)).one()
    assert (need.employee, need.state, need.priority) == (province.chi, NeedState.DRAFT, Priority.MANDATORY)
    assert keys(province, people) == {"NV002 CV": (Origin.MISSING,)}


def test_a_made_up_proposal_is_not_taken_over(client: FlaskClient, province: Province, people: People) -> None:
    standard(province)
    login(client, people.binh)
    data = {"wishes": [f"{province.dung.id}-{province.basic.id}", f"{province.chi.id}-{province.advanced.id}"]}
    assert "Hãy chọn ít nhất một đề xuất" in client.post(f"/rounds/{province.round.id}/proposals", data=data).text
    assert db.session.scalars(sa.select(Need)).all() == []


def test_all_of_them_with_one_click(client: FlaskClient, province: Province, people: People) -> None:
    standard(province)
    login(client, people.an)
    address = f"/rounds/{province.round.id}/proposals"
    asked = client.post(address, data={"everything": "1"}).text
    assert "Trần Thị Chi (NV001)" in asked
    assert not db.session.scalars(sa.select(Need)).all(), "nothing is taken over before it was told"
    client.post(address, data={"everything": "1", "confirmed": "1"})
    assert len(db.session.scalars(sa.select(Need)).all()) == 2


def test_what_the_unit_withdrew_is_not_proposed_again(province: Province, people: People) -> None:
    standard(province)
    need = draft(province)
    withdraw([need], actor=people.binh, scope=people.binh.scope())
    db.session.commit()
    assert list(keys(province, people)) == ["NV002 CV"]


def test_of_courses_of_which_one_does_one_is_proposed(province: Province, people: People) -> None:
    standard(province, course_ids=[province.basic.id, province.advanced.id])
    found = list(keys(province, people))
    assert len(found) == 2
    assert {key.split()[0] for key in found} == {"NV001", "NV002"}
    draft(province, course=province.advanced if found[0].endswith(" CV") else province.basic)
    assert len(keys(province, people)) == 1, "whoever asked for the other one needs no more"


def test_what_expires_is_proposed_from_a_year_before(province: Province, people: People) -> None:
    standard(province, validity_months=12)
    with operation(SYSTEM, "test.completion"):
        for person, days in ((province.chi, 300), (province.dung, 0)):
            done = today() - timedelta(days=days)
            db.session.add(Completion(employee=person, course=province.basic, completed_on=done))
    db.session.commit()
    found = suggestions(province.round, people.an.scope())
    chi = next(one for one in found if one.employee.code == "NV001")
    assert chi.origins == (Origin.EXPIRING,)
    assert chi.note, "who completed it already says why again"
    login_free = save_need(
        {
            "round_id": province.round.id,
            "employee_id": chi.employee.id,
            "course_id": chi.course.id,
            "priority": chi.priority,
            "note": chi.note,
        },
        actor=people.binh,
        scope=people.binh.scope(),
    )
    assert login_free.state == NeedState.REGISTERED


@pytest.mark.parametrize("days", [300, 800])  # expires soon; has lapsed
def test_what_is_proposed_because_it_lapses_is_not_warned_of(
    client: FlaskClient, province: Province, people: People, days: int
) -> None:
    standard(province, validity_months=12)
    with operation(SYSTEM, "test.completion"):
        done = today() - timedelta(days=days)
        db.session.add(Completion(employee=province.chi, course=province.basic, completed_on=done))
    db.session.commit()
    login(client, people.binh)
    key = f"{province.chi.id}-{province.basic.id}"
    assert [one for one in suggestions(province.round, people.binh.scope()) if one.employee is province.chi]
    data = {"wishes": [key], f"priority-{key}": "2"}
    page = client.post(f"/rounds/{province.round.id}/proposals", data=data, follow_redirects=True).text
    need = db.session.scalars(sa.select(Need)).one()
    assert "Đã đưa vào đăng ký 1 nhu cầu" in page
    assert "hoàn thành “Quản lý nhà nước ngạch chuyên viên” ngày" not in page
    assert "hoàn thành “Quản lý nhà nước ngạch chuyên viên” ngày" not in client.get(f"/needs/{need.id}").text
    # Whom no standard asks again is warned of all the same.
    with operation(SYSTEM, "test.completion"):
        db.session.add(Completion(employee=province.chi, course=province.advanced, completed_on=done))
    db.session.commit()
    other = draft(province, course=province.advanced, note="Nhắc lại")
    assert "hoàn thành" in client.get(f"/needs/{other.id}").text


def test_what_would_be_warned_of_is_not_proposed(
    client: FlaskClient, province: Province, people: People, last_round: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chi sits in a class of last year's plan for what the standard asks."""
    standard(province)
    with operation(SYSTEM, "test.seated"):
        province.round.year = last_round.year + 1
    db.session.commit()
    seated = db.session.scalars(
        sa.select(Need.id).where(Need.employee == province.chi, Need.course == province.basic)
    ).one()
    monkeypatch.setattr(outcomes.seats, "answer", lambda ids: {i: "L009: Lớp cũ" for i in ids if i == seated})
    monkeypatch.setattr(outcomes.decided_rounds, "answer", lambda: {last_round.id})
    assert "NV001 CV" not in keys(province, people)


# -- carry-over -------------------------------------------------------------------------------------------------


@pytest.fixture
def last_round(province: Province, monkeypatch: pytest.MonkeyPatch) -> Round:
    """A round a year before with a plan in force, in which only Chi's advanced course got a seat."""
    day = today()
    with operation(SYSTEM, "test.last"):
        row = Round(
            code="CU",
            name="Đợt năm trước",
            year=province.year - 1,
            opens_on=day - timedelta(days=370),
            closes_on=day + timedelta(days=1),
        )
        db.session.add(row)
    db.session.commit()
    needs = {}
    for person in (province.chi, province.dung):
        for course in (province.basic, province.advanced):
            values = {"round_id": row.id, "employee_id": person.id, "course_id": course.id, "priority": 4}
            needs[person.code, course.code] = save_need(values, actor=SYSTEM)
    db.session.commit()
    seated = needs["NV001", "CVC"].id
    monkeypatch.setattr(outcomes.seats, "answer", lambda ids: {i: "L009: Lớp cũ" for i in ids if i == seated})
    monkeypatch.setattr(outcomes.decided_rounds, "answer", lambda: {row.id})
    return row


def test_what_got_no_seat_is_carried_over_with_its_age(
    province: Province, people: People, last_round: Round
) -> None:
    with operation(SYSTEM, "test.met"):
        met = Completion(employee=province.dung, course=province.advanced, completed_on=today())
        db.session.add(met)
    db.session.commit()
    assert keys(province, people, origin=Origin.CARRIED) == {
        "NV001 CV": (Origin.CARRIED,),
        "NV002 CV": (Origin.CARRIED,),
    }
    need = draft(province)
    old = db.session.get_one(Need, need.carried_from_id)
    assert (need.years_waiting, old.round_id, old.course_id) == (1, last_round.id, province.basic.id)
    other = draft(province, course=province.advanced)
    assert (other.years_waiting, other.carried_from_id) == (0, None), "it got its seat"


def test_years_add_up_from_round_to_round(province: Province, people: People, last_round: Round) -> None:
    old = db.session.scalars(
        sa.select(Need).where(Need.employee_id == province.chi.id, Need.course_id == province.basic.id)
    ).one()
    with operation(SYSTEM, "test.older"):
        old.years_waiting = 2
    db.session.commit()
    assert draft(province).years_waiting == 3


def test_a_need_with_a_seat_is_not_withdrawn_and_the_remedy_is_named(
    client: FlaskClient, province: Province, people: People, last_round: Round
) -> None:
    old = db.session.scalars(
        sa.select(Need).where(Need.employee_id == province.chi.id, Need.course_id == province.advanced.id)
    ).one()
    login(client, people.binh)
    response = client.post(f"/rounds/{last_round.id}/withdraw", data={"confirmed": "1", "needs": old.id})
    assert "đã có chỗ trong lớp “L009: Lớp cũ”" in response.text
    assert "từ chối chỗ" in response.text
    with pytest.raises(Refused, match="L009"):
        save_need({"state": "withdrawn"}, actor=people.binh, row=old, scope=people.binh.scope())
    db.session.rollback()
    db.session.refresh(old)
    assert old.state == NeedState.REGISTERED


def test_only_what_is_approved_is_carried_over(province: Province, people: People, last_round: Round) -> None:
    """A round with a chain: what was still on its way, or was cut, did not stay without a seat: it never asked."""
    first = db.session.scalars(sa.select(Need).order_by(Need.id)).first()
    assert first is not None
    bring_to(first, NeedAct.WITHDRAW)
    assert "NV001 CV" not in keys(province, people, origin=Origin.CARRIED)


def test_what_another_round_of_the_year_decides_is_not_proposed(province: Province, people: People) -> None:
    standard(province)
    with operation(SYSTEM, "test.other"):
        other = Round(code="BS", name="Bổ sung", year=province.year, opens_on=today(), closes_on=today())
        db.session.add(other)
    draft(province)
    found = {one.employee.code for one in suggestions(other, people.an.scope())}
    assert found == {"NV002"}, "Chi's need is on its way in the round that is still open"


def test_who_may_not_be_sent_is_shown_with_the_reason_and_left_out_of_all(
    client: FlaskClient, province: Province, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    standard(province)
    with operation(SYSTEM, "test.age"):
        province.chi.birth_date = date(1960, 1, 1)
        province.dung.birth_date = today() - timedelta(days=25 * 365)
    save_eligibility_rule(
        {
            "course_id": province.basic.id,
            "kind": "age",
            "value": 45,
            "valid_from": date(2020, 1, 1),
            "source": "Nghị định 171/2025/NĐ-CP",
        },
        actor=SYSTEM,
    )
    db.session.commit()
    login(client, people.an)
    address = f"/rounds/{province.round.id}/proposals"
    page = client.get(address).text
    assert "Chưa đủ điều kiện" in page
    assert "Nghị định 171/2025/NĐ-CP" in page
    assert "Đưa cả 1 mục" in page
    client.post(address, data={"everything": "1", "confirmed": "1"})
    assert [need.employee.code for need in db.session.scalars(sa.select(Need))] == ["NV002"]
