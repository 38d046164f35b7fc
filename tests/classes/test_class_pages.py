"""The pages of classes: what each role reads, and the form with its rows."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask.testing import FlaskClient

from tests.classes.test_save_training_class import enrol, values_of
from tests.conftest import People, Province, login
from training.classes.models import TrainingClass
from training.classes.operations import save_training_class
from training.core.audit import SYSTEM
from training.core.db import db
from training.courses.operations import save_room


def _form(province: Province, **more: Any) -> dict[str, Any]:
    """What the form of a new class sends."""
    return {
        "code": "L9", "name": "Lớp chín", "year": str(province.year), "course_id": str(province.basic.id),
        "mode": "in_person", "min_seats": "2", "max_seats": "4", "fund_id": str(province.fund.id),
        "fixed_cost": "12.500.000", "seat_cost": "450.000",
        "options-0-place_id": str(province.place_x.id),
        "options-0-sessions-0-first": f"03/05/{province.year}",
        "options-0-sessions-0-last": f"{province.year}-05-07",
        "quotas-0-max_seats": "", **more,
    }  # fmt: skip


def _classes() -> int:
    return db.session.query(TrainingClass).count()


def test_class_is_added_with_options_days_and_quotas(
    client: FlaskClient, province: Province, people: People
) -> None:
    """Rows need not be numbered without gaps, and empty ones are left out."""
    login(client, people.an)
    data = _form(
        province,
        **{
            "options-0-sessions-3-first": f"10/05/{province.year}",
            "options-0-sessions-3-last": f"12/05/{province.year}",
            "options-0-sessions-4-first": "",
            "options-2-code": "",
            "options-4-code": "L9-muon",
            "options-4-place_id": str(province.place_y.id),
            "options-4-sessions-0-first": f"01/06/{province.year}",
            "options-4-sessions-0-last": f"01/06/{province.year}",
            "quotas-0-max_seats": "3",
            "quotas-0-unit_ids": [str(province.commune_x.id), str(province.commune_y.id)],
        },
    )
    response = client.post("/classes/new", data=data)
    assert response.status_code == 302, response.text
    page = client.get(response.headers["Location"]).text
    saved = db.session.query(TrainingClass).filter_by(code="L9").one()
    assert (saved.fixed_cost, saved.seat_cost) == (12_500_000, 450_000)
    assert [(o.code, len(o.sessions), o.days) for o in saved.options] == [("L9-a", 2, 8), ("L9-muon", 1, 1)]
    assert [(len(q.units), q.max_seats) for q in saved.quotas] == [(2, 3)]
    for text in (f"10/05/{province.year}", "L9-muon", "Cẩm Phả", "12.500.000\u00a0đ", "13.400.000\u00a0đ"):
        assert text in page


def test_rows_are_added_and_taken_away_without_javascript(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    for add, expected in (
        ("options", "options-1-place_id"),
        ("options-0-sessions", "options-0-sessions-1-first"),
        ("quotas", "quotas-1-max_seats"),
    ):
        response = client.post("/classes/new", data=_form(province, add_row=add))
        assert response.status_code == 200
        assert f'name="{expected}"' in response.text
        assert "Lớp chín" in response.text
        assert "invalid-feedback" not in response.text
    more = {"options-1-code": "L9-z", "remove_row": "options-0"}
    response = client.post("/classes/new", data=_form(province, **more))
    assert 'value="L9-z"' in response.text
    assert 'name="options-0-code"' not in response.text
    assert _classes() == 2


def test_added_rows_offer_the_choices(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    text = client.post("/classes/new", data=_form(province, add_row="options")).text
    second = text.split('name="options-1-place_id"')[1].split("</select>")[0]
    assert "Cẩm Phả" in second


def test_faults_stand_in_the_form_and_what_was_entered_stays(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    data = _form(province, max_seats="1", **{"options-0-sessions-0-last": f"01/05/{province.year}"})
    response = client.post("/classes/new", data=data)
    assert response.status_code == 200
    assert "Sĩ số tối đa nhỏ hơn sĩ số tối thiểu." in response.text
    assert "kết thúc trước khi bắt đầu" in response.text
    assert "12.500.000" in response.text
    assert _classes() == 2


def test_day_that_is_none_is_told(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    response = client.post("/classes/new", data=_form(province, **{"options-0-sessions-0-last": "31/02/2027"}))
    assert response.status_code == 200
    assert "31/02/2027" in response.text
    assert _classes() == 2


def test_form_of_a_class_sent_back_unchanged_changes_nothing(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    quota = {"unit_ids": [province.commune_x.id], "max_seats": 3}
    saved = save_training_class(values_of(province, quotas=[quota]), actor=SYSTEM)
    db.session.commit()
    class_id = saved.id
    page = client.get(f"/classes/{class_id}/edit").text
    assert f'value="03/05/{province.year}"' in page
    data = _form(
        province,
        host_id=str(province.host.id),
        fixed_cost="0",
        seat_cost="0",
        version="1",
        **{"options-0-code": "L9-a", "quotas-0-max_seats": "3", "quotas-0-unit_ids": str(province.commune_x.id)},
    )
    assert client.post(f"/classes/{class_id}/edit", data=data).status_code == 302
    assert db.session.get_one(TrainingClass, class_id).version == 1


def test_refused_change_of_a_class_with_people_is_told(
    client: FlaskClient, province: Province, people: People
) -> None:
    enrol(province)
    login(client, people.an)
    data = _form(province, code="L001", version="1", **{"options-0-code": "L001-a"})
    response = client.post(f"/classes/{province.class_basic.id}/edit", data=data)
    assert response.status_code == 200
    assert "đã có học viên được xếp" in response.text


def test_refused_deletion_says_why(client: FlaskClient, province: Province, people: People) -> None:
    enrol(province)
    login(client, people.an)
    response = client.post(
        f"/classes/{province.class_basic.id}/delete", data={"confirmed": "1"}, follow_redirects=True
    )
    assert "Không xóa được" in response.text
    assert _classes() == 2


def test_trainee_reads_calendar_and_no_money(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.chi)
    text = client.get(f"/classes/{province.class_basic.id}").text
    assert f"02/03/{province.year} – 06/03/{province.year}" in text
    assert "Trường Chính trị tỉnh" in text
    assert "Chi phí" not in text
    assert "/edit" not in text


def test_page_tells_who_else_wants_the_room(client: FlaskClient, province: Province, people: People) -> None:
    room = save_room({"code": "P", "name": "Phòng 101", "host_id": province.host.id, "seats": 3}, actor=SYSTEM)
    db.session.commit()
    start = date(province.year, 5, 3)
    for code, last in (("L7", start.replace(day=4)), ("L8", start.replace(day=9)), ("L9", start)):
        first = last if code == "L8" else start
        option = {
            "code": f"{code}-a",
            "place_id": province.place_x.id,
            "sessions": [(first, last)],
            "room_ids": [room.id],
        }
        save_training_class(values_of(province, code=code, options=[option]), actor=SYSTEM)
    db.session.commit()
    login(client, people.an)
    class_id = db.session.query(TrainingClass).filter_by(code="L7").one().id
    text = client.get(f"/classes/{class_id}").text
    assert "L9-a" in text
    assert "L8-a" not in text
    assert "các phòng chứa được 3 người" in text


def test_list_searches_without_marks_and_filters(client: FlaskClient, province: Province, people: People) -> None:
    save_training_class(values_of(province, name="Bồi dưỡng Đảng viên mới"), actor=SYSTEM)
    db.session.commit()
    login(client, people.binh)
    text = client.get("/classes?q=dang vien").text
    assert "Bồi dưỡng Đảng viên mới" in text
    assert "L001" not in text
    text = client.get(f"/classes?course={province.advanced.id}&year={province.year}").text
    assert "L002" in text
    assert "L001" not in text


def test_new_class_of_a_course_takes_its_usual_sizes(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    text = client.get(f"/classes/new?course={province.basic.id}").text
    assert 'value="30"' in text
    assert 'value="80"' in text
    assert client.get("/classes/new?course=999").status_code == 200


def test_change_by_somebody_else_in_the_meantime_is_shown_first(
    client: FlaskClient, province: Province, people: People
) -> None:
    saved = save_training_class(values_of(province), actor=SYSTEM)
    db.session.commit()
    class_id = saved.id
    save_training_class({"max_seats": 9}, actor=SYSTEM, row=saved)
    db.session.commit()
    login(client, people.an)
    mine = _form(
        province, version="1", **{"options-0-code": "L9-a", "options-0-place_id": str(province.place_y.id)}
    )
    response = client.post(f"/classes/{class_id}/edit", data=mine)
    assert response.status_code == 409
    assert "hiện là “9”" in response.text
    assert db.session.get_one(TrainingClass, class_id).max_seats == 9
    response = client.post(f"/classes/{class_id}/edit", data={**mine, "version": "2"})
    assert response.status_code == 302
    assert db.session.get_one(TrainingClass, class_id).max_seats == 4
