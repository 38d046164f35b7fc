"""The pages of courses, equivalences and hosts."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM
from training.core.db import db
from training.courses.models import Course, CourseEquivalence
from training.courses.operations import save_course, save_course_equivalence, save_lecturer, save_room


def _form(**more: object) -> dict[str, object]:
    return {
        "code": "MOI", "name": "Khóa mới", "kind": "theme", "days": "3", "default_min_seats": "10",
        "default_max_seats": "20", "active": "y", **more,
    }  # fmt: skip


def test_course_is_added_with_groups_of_prerequisites(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.quan)
    a, b = str(province.basic.id), str(province.advanced.id)
    response = client.post("/courses/new", data=_form(**{"prerequisites-0": [a, b], "prerequisites-3": [a]}))
    assert response.status_code == 302
    course = db.session.query(Course).filter_by(code="MOI").one()
    assert sorted(map(sorted, course.prerequisites)) == [[int(a)], [int(a), int(b)]]
    text = client.get(response.headers["Location"]).text
    assert "một trong các chương trình" in text


def test_group_is_added_without_javascript(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    response = client.post("/courses/new", data=_form(add_row="prerequisites", **{"prerequisites-0": []}))
    assert 'name="prerequisites-1"' in response.text
    assert "Khóa mới" in response.text
    assert db.session.query(Course).count() == 2


def test_edit_form_shows_what_stands_and_can_empty_it(
    client: FlaskClient, province: Province, people: People
) -> None:
    save_course({"prerequisites": [[province.basic.id]]}, actor=SYSTEM, row=province.advanced)
    db.session.commit()
    login(client, people.an)
    address = f"/courses/{province.advanced.id}/edit"
    assert f'<option selected value="{province.basic.id}">' in client.get(address).text
    data = _form(code="CVC", version=str(province.advanced.version))
    assert client.post(address, data=data).status_code == 302
    assert province.advanced.prerequisites == []


def test_cycle_is_told_beside_the_prerequisites(client: FlaskClient, province: Province, people: People) -> None:
    save_course({"prerequisites": [[province.basic.id]]}, actor=SYSTEM, row=province.advanced)
    db.session.commit()
    login(client, people.an)
    data = _form(code="CV", version="1", **{"prerequisites-0": [str(province.advanced.id)]})
    response = client.post(f"/courses/{province.basic.id}/edit", data=data)
    assert response.status_code == 200
    assert "CV ← CVC ← CV" in response.text


def test_page_tells_prerequisites_equivalences_and_classes(
    client: FlaskClient, province: Province, people: People
) -> None:
    degree = save_course(
        {"code": "CCLL", "name": "Cao cấp lý luận chính trị", "kind": "political_theory", "days": 60}, actor=SYSTEM
    )
    db.session.commit()
    save_course({"prerequisites": [[province.basic.id]]}, actor=SYSTEM, row=province.advanced)
    values = {"course_id": province.advanced.id, "substitute_id": degree.id, "ground": "Nghị định 101"}
    save_course_equivalence(values, actor=SYSTEM)
    db.session.commit()
    login(client, people.chi)
    text = client.get(f"/courses/{province.advanced.id}").text
    for part in ("ngạch chuyên viên</a>", "Cao cấp lý luận chính trị", "Nghị định 101", "L002"):
        assert part in text
    assert "Thay thế cho" in client.get(f"/courses/{degree.id}").text
    assert "Là điều kiện tiên quyết của" in client.get(f"/courses/{province.basic.id}").text


def test_list_is_sorted_as_vietnamese_is(client: FlaskClient, province: Province, people: People) -> None:
    for code, name in (("1", "Đạo đức công vụ"), ("2", "Dân vận"), ("3", "Ăn toàn"), ("4", "An ninh mạng")):
        save_course({"code": code, "name": name, "kind": "theme", "days": 1}, actor=SYSTEM)
    db.session.commit()
    login(client, people.chi)
    text = client.get("/courses?kind=theme").text
    places = [text.index(name) for name in ("An ninh mạng", "Ăn toàn", "Dân vận", "Đạo đức công vụ")]
    assert places == sorted(places)
    assert "Đạo đức công vụ" in client.get("/courses?q=dao duc").text


def test_equivalence_is_added_listed_and_deleted(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    data = {"course_id": str(province.basic.id), "substitute_id": str(province.advanced.id), "ground": "NĐ"}
    assert client.post("/equivalences/new", data=data).status_code == 302
    assert "chuyên viên chính" in client.get("/equivalences?q=chinh").text
    row = db.session.query(CourseEquivalence).one()
    client.post(f"/equivalences/{row.id}/delete", data={"confirmed": "1"})
    assert db.session.query(CourseEquivalence).count() == 0


def test_host_page_tells_rooms_lecturers_and_classes(
    client: FlaskClient, province: Province, people: People
) -> None:
    save_room({"code": "P", "name": "Hội trường A", "host_id": province.host.id, "seats": 120}, actor=SYSTEM)
    save_lecturer({"code": "G", "name": "Lê Thị Hoa", "host_id": province.host.id, "title": "TS"}, actor=SYSTEM)
    db.session.commit()
    login(client, people.chi)
    text = client.get(f"/hosts/{province.host.id}").text
    for part in ("Hội trường A", "Lê Thị Hoa", "TS", "L001", "Hạ Long"):
        assert part in text
    assert "/edit" not in text
    assert client.get("/rooms").status_code == 403
    login(client, people.binh)
    assert "Hội trường A" in client.get("/rooms?q=hoi truong").text
    assert "Lê Thị Hoa" in client.get("/lecturers?q=le hoa").text


def test_lecturer_without_host_is_kept(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    data = {"code": "G", "name": "Vũ Văn Nam", "host_id": ""}
    assert client.post("/lecturers/new", data=data).status_code == 302
    assert "Vũ Văn Nam" in client.get("/lecturers").text
