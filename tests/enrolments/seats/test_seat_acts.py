"""The acts on seats as people do them on the pages."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.models import EnrolmentState
from training.enrolments.waiting_list import promotion


def test_trainee_confirms_their_seat(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.chi)
    seat = published.seat("NV001/CV")
    page = client.post(f"/seats/of/{seat.id}/confirm", follow_redirects=True).text
    assert "Đã xác nhận tham gia" in page
    assert published.seat("NV001/CV").confirmed_by == "Trần Thị Chi (NV001)"


def test_trainee_declines_with_a_reason(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.chi)
    seat = published.seat("NV001/CV")
    assert client.post(f"/seats/of/{seat.id}/decline", data={"reason": ""}).status_code == 200
    assert "NV001/CV" in published.seats()
    client.post(f"/seats/of/{seat.id}/decline", data={"reason": "Nghỉ thai sản"})
    assert "NV001/CV" not in published.seats()
    page = client.get("/my-classes").text
    assert "Đã từ chối: Nghỉ thai sản" in page


def test_nobody_answers_for_a_stranger(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.dung)
    seat = published.seat("NV001/CV")
    assert client.post(f"/seats/of/{seat.id}/confirm").status_code == 404
    login(client, people.binh)  # of commune X; Dũng is of commune Y
    assert client.post(f"/seats/of/{published.seat('NV002/CV').id}/confirm").status_code == 404


def test_officer_answers_for_those_who_do_not_sign_in(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.binh)
    client.post(f"/seats/of/{published.seat('NV001/CV').id}/confirm")
    assert published.seat("NV001/CV").confirmed_by == "Phạm Thị Bình (binh)"


def test_an_offer_is_accepted_on_the_page(client: FlaskClient, published: Published, people: People) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
    promotion.promote(published.second.id, actor=SYSTEM)
    db.session.commit()
    seat = published.seat("NV005/CV")
    login(client, people.binh)
    assert "giữ chỗ đến" in client.get(f"/seats/{seat.need_id}").text
    client.post(f"/seats/of/{seat.id}/accept")
    assert published.seat("NV005/CV").state == EnrolmentState.ENROLLED


def test_whoever_waits_sees_their_place(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.an)
    assert "danh sách chờ của chương trình: thứ 2" in client.get(f"/seats/{published.wants['NV006/CV'].id}").text


def test_planner_places_by_hand(
    client: FlaskClient, published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.room"):
        published.second.max_seats = 3
        province.commune_x.max_absent = 0
    db.session.commit()
    login(client, people.an)
    address = f"/needs/{published.wants['NV005/CV'].id}/place"
    page = client.get(address).text
    assert "Xếp kèm căn cứ" in page
    assert "Đơn vị Phường Hồng Gai có ngày" in page
    refused = client.post(address, data={"class_id": published.second.id, "ground": ""})
    assert "NV005/CV" not in published.seats()
    assert "Đơn vị Phường Hồng Gai có ngày" in refused.text
    client.post(address, data={"class_id": published.second.id, "ground": "Đơn vị đồng ý"})
    assert published.seats()["NV005/CV"] == "L003"
    shown = client.get(f"/seats/{published.wants['NV005/CV'].id}").text
    assert "Được xếp dù:" in shown
    assert "Đơn vị đồng ý" in shown


def test_planner_sees_who_is_touched_and_calls_a_class_off(
    client: FlaskClient, published: Published, people: People
) -> None:
    login(client, people.an)
    address = f"/classes/{published.second.id}/cancel"
    page = client.get(address).text
    assert "2 người mất chỗ" in page
    assert "Nguyễn Thị Số 3" in page
    client.post(address, data={"reason": "Không có giảng viên"})
    assert "L003" not in published.seats().values()
    assert client.get(address).status_code == 404
    assert "Lớp bị hủy: Không có giảng viên" in client.get(f"/seats/{published.wants['NV003/CV'].id}").text


def test_officer_sends_another(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.binh)
    seat = published.seat("NV003/CV")
    data = {"instead": "NV005", "reason": "Trùng lịch công tác"}
    client.post(f"/seats/of/{seat.id}/substitute", data=data)
    assert published.seats()["NV005/CV"] == "L003"


def test_list_shows_the_seats_of_today(client: FlaskClient, published: Published, people: People) -> None:
    login(client, people.an)
    client.post(f"/seats/of/{published.seat('NV004/CV').id}/take-back", data={"reason": "Nhầm"})
    page = client.get("/seats?outcome=none").text
    assert "Nguyễn Thị Số 4" in page
    assert "Nguyễn Thị Số 3" not in page
