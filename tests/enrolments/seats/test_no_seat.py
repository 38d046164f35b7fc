"""Who has no seat: the reason in words they can believe, the next step, and one state wherever they look."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login, make_user
from tests.enrolments.conftest import Published
from tests.needs.test_two_rounds import second_round
from training.accounts.models import User
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.models import Enrolment, WaitingListEntry, WaitingState
from training.enrolments.rearranging import manual, responses
from training.enrolments.waiting_list import promotion
from training.needs.models import Need
from training.people.models import Employee


def account(code: str) -> User:
    employee = db.session.scalars(sa.select(Employee).where(Employee.code == code)).one()
    with operation(SYSTEM, "test.account") as session:
        user = make_user(code.lower(), employee.name, Role.TRAINEE, employee=employee)
        session.add(user)
    db.session.commit()
    return user


def carry(need: Need, province: Province) -> Need:
    round_ = second_round(province)
    with operation(SYSTEM, "test.carry") as session:
        made = Need(round=round_, employee=need.employee, course=need.course, priority=2, carried_from_id=need.id)
        session.add(made)
    db.session.commit()
    return made


def stop_waiting(need: Need) -> None:
    with operation(SYSTEM, "test.stop"):
        entry = db.session.scalars(sa.select(WaitingListEntry).where(WaitingListEntry.need_id == need.id)).one()
        entry.state = WaitingState.LEFT
    db.session.commit()


def test_the_reason_the_next_step_and_the_place_are_told(client: FlaskClient, published: Published) -> None:
    login(client, account("NV005"))
    page = client.get("/my-classes").text
    assert "Lớp đã đủ" in page
    assert "Khi có người trả lại chỗ, người trong danh sách chờ được mời" in page
    assert "thứ 1" in page
    assert page.count("Thứ tự trong danh sách chờ") == 1


def test_a_need_that_lives_on_in_a_later_round_says_so_everywhere(
    client: FlaskClient, published: Published, province: Province, people: People
) -> None:
    need = published.wants["NV005/CV"]
    later = carry(need, province)
    me = account("NV005")
    login(client, me)
    page = client.get("/my-classes").text
    assert f"Đã chuyển tiếp sang “{later.round.name}”, vẫn còn trong danh sách chờ" in page
    assert client.get(f"/my-classes/{need.id}/other").status_code == 200, "a seat may still be given"
    stop_waiting(need)
    page = client.get("/my-classes").text
    assert "đăng ký sau khi đã lập kế hoạch" not in page
    assert page.count(need.course.name) == 1, "the later need alone"
    assert client.get(f"/my-classes/{need.id}/other").status_code == 404
    login(client, people.binh)
    for address in ("/seats", f"/seats/{need.id}"):
        assert f"Đã chuyển tiếp sang “{later.round.name}”" in client.get(address).text


def test_a_seat_for_the_course_by_another_need_is_told_instead_of_a_fault(
    client: FlaskClient, published: Published, province: Province, people: People
) -> None:
    made = carry(published.wants["NV001/CV"], province)
    login(client, people.chi)
    page = client.get(f"/my-classes/{made.id}/other")
    assert page.status_code == 200
    assert "đã có chỗ học chương trình này: lớp L001" in page.text
    login(client, people.an)
    assert "đã có chỗ học chương trình này" in client.get(f"/needs/{made.id}/place", follow_redirects=True).text


def test_classes_that_cannot_be_asked_for_say_why(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.chi)
    page = client.get(f"/my-classes/{published.wants['NV001/CV'].id}/other").text
    assert "Cả 2 chỗ đã hết" in page
    assert "L003" in page


def test_an_offer_is_no_seat_yet_in_any_list(client: FlaskClient, published: Published, people: People) -> None:
    responses.decline(published.seat("NV003/CV"), reason="Bận", actor=people.binh)
    db.session.commit()
    promotion.promote(published.second.id, actor=SYSTEM)
    db.session.commit()
    need = published.wants["NV005/CV"]
    login(client, people.binh)
    page = client.get(f"/seats/{need.id}").text
    assert "Được mời vào lớp L003; chưa nhận" in page
    assert "Được mời, giữ chỗ đến" in client.get("/seats").text


def test_who_was_replaced_reads_that_another_goes(
    client: FlaskClient, published: Published, people: People
) -> None:
    seat = published.seat("NV001/CV")
    login(client, people.binh)
    page = client.get(f"/seats/of/{seat.id}/substitute").text
    assert "Nguyễn Thị Số 5" in page, "of the same unit, approved, without a seat"
    assert "Nguyễn Thị Số 6" not in page, "of another unit"
    instead = published.wants["NV005/CV"].employee
    manual.substitute(seat, instead, reason="Nghỉ ốm", actor=people.binh)
    db.session.commit()
    login(client, people.chi)
    page = client.get("/my-classes").text
    assert "Người khác đi thay: Nghỉ ốm" in page
    assert "Bạn không ở trong danh sách chờ" in page


def test_a_class_that_has_begun_asks_for_no_answer(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.chi)
    assert "Có thể trả lại chỗ trước ngày khai giảng" in client.get("/my-classes").text
    with operation(SYSTEM, "test.begin") as session:
        for seat in session.scalars(sa.select(Enrolment).where(Enrolment.employee_id == people.chi.employee_id)):
            for run in seat.option.sessions:
                run.first = run.first.replace(year=run.first.year - 2)
                session.add(run)
    db.session.commit()
    page = client.get("/my-classes").text
    assert "Lớp đã khai giảng ngày" in page
    assert "Trả lại chỗ</a>" not in page


def test_what_is_held_on_me_is_told_in_words(client: FlaskClient, published: Published) -> None:
    login(client, account("NV005"))
    page = client.get("/my-data").text
    assert "L001: Lớp đã đủ" in page
    assert "[[" not in page, "no codes of ours"
    assert "&#34;" not in page
