"""Administrators keep accounts: who may sign in, with which roles, over which units."""

import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_security.utils import verify_password

from tests.conftest import People, Province, login
from training.accounts.models import User
from training.accounts.operations import deactivate_user, new_password, reactivate_user, save_user, set_password
from training.core.access import Role
from training.core.audit import AuditEntry
from training.core.db import db
from training.core.errors import Refused


def _fields(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {fault.field for fault in refused.value.faults}


def test_an_officer_gets_a_scope_over_units_and_those_below(people: People, province: Province) -> None:
    user = save_user(
        {
            "code": "em",
            "name": "Lý Thị Em",
            "email": "em@example.vn",
            "roles": [Role.UNIT_OFFICER],
            "unit_ids": [province.province.id],
        },
        actor=people.quan,
    )
    db.session.commit()
    scope = user.scope()
    assert scope.unit_ids == {province.province.id, province.commune_x.id, province.commune_y.id}
    assert not scope.everything
    save_user({"unit_ids": [province.commune_y.id]}, actor=people.quan, row=user)
    assert user.scope().unit_ids == {province.commune_y.id}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"code": "quan"}, {"code"}),
        ({"code": "có dấu"}, {"code"}),
        ({"email": "quan@example.vn"}, {"email"}),
        ({"email": "khong-phai-thu"}, {"email"}),
        ({"roles": []}, {"roles"}),
        ({"roles": ["king"]}, {"roles"}),
        ({"roles": [Role.UNIT_OFFICER]}, {"unit_ids"}),
        ({"roles": [Role.UNIT_OFFICER], "unit_ids": [999_999]}, {"unit_ids"}),
        ({"roles": [Role.TRAINEE]}, {"employee_id"}),
        ({"name": ""}, {"name"}),
    ],
)
def test_nonsense_is_refused(people: People, change: dict[str, object], fields: set[str]) -> None:
    values = {"code": "em", "name": "Lý Thị Em", "email": "em@example.vn", "roles": [Role.PLANNER], **change}
    with pytest.raises(Refused) as refused:
        save_user(values, actor=people.quan)
    assert _fields(refused) == fields


def test_one_employee_has_one_account(people: People, province: Province) -> None:
    values = {"code": "chi2", "name": "Chi", "email": "chi2@example.vn", "roles": [Role.TRAINEE]}
    with pytest.raises(Refused) as refused:
        save_user({**values, "employee_id": province.chi.id}, actor=people.quan)
    assert _fields(refused) == {"employee_id"}


def test_the_last_administrator_stays(people: People) -> None:
    with pytest.raises(Refused):
        deactivate_user(people.quan, actor=people.quan)
    with pytest.raises(Refused):
        save_user({"roles": [Role.PLANNER]}, actor=people.quan, row=people.quan)
    with pytest.raises(Refused):
        save_user({"active": False}, actor=people.quan, row=people.quan)
    save_user({"roles": [Role.PLANNER, Role.ADMINISTRATOR]}, actor=people.quan, row=people.an)
    deactivate_user(people.quan, actor=people.an)
    assert not people.quan.active


def test_a_password_is_long_enough_and_not_the_account(people: People) -> None:
    for bad in ("1234567", "NV001", "nv001@example.vn"):
        with pytest.raises(Refused) as refused:
            set_password(people.chi, bad, actor=people.quan)
        assert _fields(refused) == {"password"}
    password = new_password("một chuỗi bất kỳ")
    assert len(password) >= 16
    set_password(people.chi, password, actor=people.quan)
    assert verify_password(password, people.chi.password)


def test_a_closed_account_is_signed_out_at_once(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    assert client.get("/people").status_code == 200
    deactivate_user(people.an, actor=people.quan)
    db.session.commit()
    assert client.get("/people").status_code == 302
    reactivate_user(people.an, actor=people.quan)
    db.session.commit()
    assert client.get("/people").status_code == 302  # signs in anew
    login(client, people.an)
    assert client.get("/people").status_code == 200


def test_an_administrator_adds_an_account_and_shows_its_password_for_a_while(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.quan)
    data = {
        "code": "em",
        "name": "Lý Thị Em",
        "email": "em@example.vn",
        "role_unit_officer": "y",
        "unit_ids": [str(province.commune_y.id)],
    }
    made = client.post("/accounts/new", data=data)
    page = client.get(made.headers["Location"]).get_data(as_text=True)
    assert "chưa có mật khẩu" in page
    user = db.session.scalar(sa.select(User).where(User.code == "em"))
    assert user is not None
    assert user.role_set == {Role.UNIT_OFFICER}

    address = client.post(f"/accounts/{user.id}/password", data={"confirmed": "1"}).headers["Location"]
    answer = client.get(address)
    shown = re.search(r'id="new-password">([^<]+)<', answer.get_data(as_text=True))
    assert shown is not None
    assert f'id="new-password">{shown[1]}<' in client.get(address).text, "loading the page again makes no other"
    assert "no-store" in answer.headers["Cache-Control"]
    db.session.refresh(user)
    assert verify_password(shown[1], user.password)
    assert shown[1] not in client.get(f"/accounts/{user.id}/edit").get_data(as_text=True)
    entry = db.session.scalar(sa.select(AuditEntry).where(AuditEntry.operation == "accounts.set_password"))
    assert entry is not None
    assert shown[1] not in str(entry.after)
    assert entry.after is not None
    assert entry.after["password"] == "•••"


def test_roles_are_changed_on_the_page(client: FlaskClient, people: People, province: Province) -> None:
    login(client, people.quan)
    page = client.get(f"/accounts/{people.binh.id}/edit").get_data(as_text=True)
    assert re.search(r'<input checked [^>]*name="role_unit_officer"', page)
    data = {
        "code": "binh",
        "name": "Phạm Thị Bình",
        "email": "binh@example.vn",
        "role_planner": "y",
        "version": people.binh.version,
    }
    assert client.post(f"/accounts/{people.binh.id}/edit", data=data).status_code == 302
    db.session.expire_all()
    assert people.binh.role_set == {Role.PLANNER}
    assert people.binh.units == []
    assert client.post(f"/accounts/{people.binh.id}/deactivate", data={"confirmed": "1"}).status_code == 302
    assert not db.session.get_one(User, people.binh.id).active
    listed = client.get("/accounts?active=no").get_data(as_text=True)
    assert "Phạm Thị Bình" in listed
    assert "Nguyễn Văn An" not in listed[listed.index("<tbody>") :]
