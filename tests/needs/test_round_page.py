"""A round's page: its needs, editing, withdrawing, consolidation; and who sees which of them."""

from __future__ import annotations

import io

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.audit import SYSTEM, AuditEntry
from training.core.db import db
from training.needs.models import Need, NeedState, Priority
from training.needs.registering import close_round, save_need
from training.people.models import Employee


@pytest.fixture
def needs(province: Province) -> dict[str, Need]:
    """Chi needs both courses, Dũng one."""
    made = {}
    for key, person, course, priority in (
        ("chi basic", province.chi, province.basic, Priority.MANDATORY),
        ("chi advanced", province.chi, province.advanced, Priority.WISH),
        ("dung basic", province.dung, province.basic, Priority.STANDARD),
    ):
        values = {"round_id": province.round.id, "employee_id": person.id, "course_id": course.id}
        made[key] = save_need({**values, "priority": priority, "note": f"=ghi chú {key}"}, actor=SYSTEM)
    db.session.commit()
    return made


def _round(p: Province, more: str = "") -> str:
    return f"/rounds/{p.round.id}{more}"


def _state(need: Need) -> str:
    return db.session.scalar(sa.select(Need.state).where(Need.id == need.id)) or ""


def test_the_officer_sees_the_needs_of_their_units_alone(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need]
) -> None:
    login(client, people.binh)
    page = client.get(_round(province)).get_data(as_text=True)
    assert page.count("Trần Thị Chi</a>") == 2
    assert "Lê Văn Dũng" not in page
    login(client, people.an)
    assert "Lê Văn Dũng" in client.get(_round(province)).get_data(as_text=True)


@pytest.mark.parametrize(
    ("narrowing", "found"),
    [("q=le van dung", 1), ("q=chuyen vien chinh", 1), ("priority=1", 1), ("state=withdrawn", 0), ("", 3)],
)
def test_needs_are_searched_and_narrowed(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need], narrowing: str, found: int
) -> None:
    login(client, people.an)
    page = client.get(_round(province, f"?{narrowing}")).get_data(as_text=True)
    assert page.count('name="needs"') == found


def test_needs_are_edited(client: FlaskClient, people: People, needs: dict[str, Need]) -> None:
    need = needs["chi basic"]
    login(client, people.binh)
    data = {"priority": "3", "note": "mới", "version": str(need.version)}
    assert client.post(f"/needs/{need.id}/edit", data=data).status_code == 302
    stored = db.session.get_one(Need, need.id)
    assert (stored.priority, stored.note) == (Priority.PLANNED_TITLE, "mới")


def test_a_change_of_somebody_else_is_shown_and_not_lost(
    client: FlaskClient, people: People, needs: dict[str, Need]
) -> None:
    need = needs["chi basic"]
    seen = str(need.version)
    save_need({"note": "của người khác"}, actor=people.an, row=need)
    db.session.commit()
    login(client, people.binh)
    data = {"priority": "3", "note": "của tôi", "version": seen}
    response = client.post(f"/needs/{need.id}/edit", data=data)
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "của người khác" in page
    assert "của tôi" in page
    assert db.session.get_one(Need, need.id).note == "của người khác"
    data["version"] = str(db.session.get_one(Need, need.id).version)
    assert client.post(f"/needs/{need.id}/edit", data=data).status_code == 302
    assert db.session.get_one(Need, need.id).note == "của tôi"


def test_needs_of_other_units_do_not_exist_for_an_officer(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need]
) -> None:
    need = needs["dung basic"]
    login(client, people.binh)
    assert client.get(f"/needs/{need.id}/edit").status_code == 404
    assert (
        client.post(_round(province, "/withdraw"), data={"confirmed": "1", "needs": [need.id]}).status_code == 404
    )
    assert _state(need) == NeedState.REGISTERED


def test_ticked_needs_are_withdrawn_and_registered_again_together(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need]
) -> None:
    mine = [needs["chi basic"], needs["chi advanced"]]
    login(client, people.binh)
    data = {"needs": [need.id for need in mine]}
    response = client.post(_round(province, "/withdraw?priority=1"), data={**data, "confirmed": "1"})
    assert response.headers["Location"].endswith("?priority=1")
    assert [_state(need) for need in mine] == [NeedState.WITHDRAWN] * 2
    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == "needs.withdraw")).all()
    assert [(e.before, e.after) for e in entries] == [({"state": "registered"}, {"state": "withdrawn"})] * 2
    client.post(_round(province, "/restore"), data=data)
    assert [_state(need) for need in mine] == [NeedState.REGISTERED] * 2


def test_when_one_cannot_be_withdrawn_none_is(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need]
) -> None:
    login(client, people.binh)
    client.post(_round(province, "/withdraw"), data={"confirmed": "1", "needs": [needs["chi basic"].id]})
    response = client.post(
        _round(province, "/withdraw"),
        data={"confirmed": "1", "needs": [needs["chi basic"].id, needs["chi advanced"].id]},
    )
    assert response.status_code == 409
    assert "Trần Thị Chi: Quản lý nhà nước ngạch chuyên viên: đã rút" in response.get_data(as_text=True)
    assert _state(needs["chi advanced"]) == NeedState.REGISTERED


def test_nothing_is_withdrawn_from_a_closed_round(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need]
) -> None:
    close_round(province.round, actor=people.an)
    db.session.commit()
    login(client, people.binh)
    assert 'name="needs"' not in client.get(_round(province)).get_data(as_text=True)
    response = client.post(
        _round(province, "/withdraw"),
        data={"confirmed": "1", "needs": [needs["chi basic"].id]},
        follow_redirects=True,
    )
    assert "đã đóng" in response.get_data(as_text=True)
    assert _state(needs["chi basic"]) == NeedState.REGISTERED


def test_consolidation_counts_attendances_and_people_apart(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need]
) -> None:
    login(client, people.binh)
    client.post(_round(province, "/withdraw"), data={"confirmed": "1", "needs": [needs["chi advanced"].id]})
    client.post(_round(province, "/restore"), data={"needs": [needs["chi advanced"].id]})
    login(client, people.an)
    response = client.get(_round(province, "/consolidation.xlsx"))
    book = openpyxl.load_workbook(io.BytesIO(response.data))
    by_course, by_unit, matrix, every, by_fund = (list(sheet.values) for sheet in book)
    assert [row[0:4] for row in by_course[3:]] == [
        ("CV", province.basic.name, 2, 2),
        ("CVC", province.advanced.name, 1, 1),
        (None, "Tổng cộng", 3, 2),
    ]
    assert {row[0]: row[2:4] for row in by_unit[3:-1]} == {"XA1": (2, 1), "XA2": (1, 1)}
    assert {row[0]: row[2:5] for row in matrix[3:-1]} == {"XA1": (1, 1, 2), "XA2": (1, None, 1)}
    assert {row[8] for row in every[3:]} == {f"=ghi chú {key}" for key in needs}, "text, never a formula"
    assert book.worksheets[3]["I4"].data_type == "s"
    # 2 + 1 lượt ask for the fund's two classes of 10 seats each, 15 million đồng full.
    assert list(by_fund[3]) == ["Ngân sách tỉnh", 3, 2, 20, 30_000_000, 1_000_000_000]
    page = client.get(_round(province, "/consolidation")).get_data(as_text=True)
    assert "Phường Hồng Gai" in page
    assert db.session.scalar(sa.select(AuditEntry).where(AuditEntry.operation == "needs.download"))


def test_consolidation_of_an_officer_holds_their_units_alone(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need]
) -> None:
    login(client, people.binh)
    assert "Phường Cẩm Phả" not in client.get(_round(province, "/consolidation")).get_data(as_text=True)
    book = openpyxl.load_workbook(io.BytesIO(client.get(_round(province, "/consolidation.xlsx")).data))
    assert not any("Lê Văn Dũng" in row for sheet in book for row in sheet.values)


def test_a_trainee_sees_their_own_needs(client: FlaskClient, people: People, needs: dict[str, Need]) -> None:
    login(client, people.dung)
    page = client.get("/my-needs").get_data(as_text=True)
    assert "Quản lý nhà nước ngạch chuyên viên<" in page
    assert "chuyên viên chính" not in page


def test_who_left_can_still_be_withdrawn(
    client: FlaskClient, province: Province, people: People, needs: dict[str, Need]
) -> None:
    from training.core.audit import operation

    with operation(SYSTEM, "test.leave"):
        db.session.get_one(Employee, province.chi.id).active = False
    db.session.commit()
    login(client, people.binh)
    client.post(_round(province, "/withdraw"), data={"confirmed": "1", "needs": [needs["chi basic"].id]})
    assert _state(needs["chi basic"]) == NeedState.WITHDRAWN
