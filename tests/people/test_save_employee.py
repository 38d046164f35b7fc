"""Adding and changing the record of a person: all faults at once, nothing half-written."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.people.models import Employee, SensitiveRecord
from training.people.operations import delete_employee, save_employee


def _faults(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {fault.field for fault in refused.value.faults}


def test_a_person_is_added_with_ordinary_and_sensitive_data(people: People, province: Province) -> None:
    saved = save_employee(
        {
            "code": " NV009 ",
            "name": "Đặng Thị Hoà",
            "unit_id": province.commune_x.id,
            "birth_year": 1990,
            "ratings": {2024: "Hoàn thành tốt", 2023: ""},
            "citizen_id": "022190000001",
            "party_member": True,
            "party_joined": date(2015, 2, 3),
        },
        actor=people.an,
    )
    db.session.commit()
    assert (saved.code, saved.birth_year, saved.birth_date) == ("NV009", 1990, None)
    assert saved.ratings == {"2024": "Hoàn thành tốt"}
    assert db.session.get_one(SensitiveRecord, saved.id).citizen_id == "022190000001"


def test_only_what_is_given_changes(people: People, province: Province) -> None:
    save_employee(
        {"degree": "Thạc sĩ", "ethnicity": "Tày", "party_member": False}, actor=people.an, row=province.chi
    )
    save_employee({"phone": "0912 345 678", "ethnicity": "Kinh"}, actor=people.an, row=province.chi)
    db.session.commit()
    record = db.session.get_one(SensitiveRecord, province.chi.id)
    assert (province.chi.name, province.chi.degree, province.chi.phone) == (
        "Trần Thị Chi",
        "Thạc sĩ",
        "0912 345 678",
    )
    assert (record.ethnicity, record.party_member) == ("Kinh", False)


def test_every_fault_is_told_at_once_and_nothing_is_written(people: People, province: Province) -> None:
    with pytest.raises(Refused) as refused:
        save_employee(
            {
                "code": province.dung.code,
                "name": " ",
                "unit_id": 999_999,
                "sex": "khác",
                "birth_date": date(1980, 5, 1),
                "birth_year": 1981,
                "email": "không phải thư",
                "phone": "abc",
                "max_days": -1,
                "ratings": {"hai nghìn": "tốt"},
                "degree": "x" * 61,
                "citizen_id": "123",
            },
            actor=people.an,
        )
    assert _faults(refused) == {
        "code", "name", "unit_id", "sex", "birth_year", "email", "phone", "max_days", "ratings", "degree",
        "citizen_id",
    }  # fmt: skip
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Employee)) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"birth_date": today()}, "birth_date"),
        ({"birth_date": date(1899, 12, 31)}, "birth_date"),
        ({"birth_year": 1899}, "birth_year"),
        ({"birth_year": today().year + 1}, "birth_year"),
        ({"birth_year": 1990, "service_start": date(1990, 1, 1)}, "service_start"),
        ({"citizen_id": "02219000000"}, "citizen_id"),
        ({"citizen_id": "0221900000011"}, "citizen_id"),
        ({"citizen_id": "02219000000a"}, "citizen_id"),
        ({"party_joined": today() + timedelta(days=1)}, "party_joined"),
        ({"party_member": False, "party_joined": date(2000, 1, 1)}, "party_joined"),
        ({"unit_id": None}, "unit_id"),
        ({"max_days": 2**40}, "max_days"),
    ],
)
def test_nonsense_is_refused(people: People, province: Province, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        save_employee(values, actor=people.an, row=province.chi)
    assert field in _faults(refused)


def test_two_people_never_share_a_code_or_a_citizen_id(people: People, province: Province) -> None:
    save_employee({"citizen_id": "022190000001"}, actor=people.an, row=province.chi)
    with pytest.raises(Refused) as refused:
        save_employee({"citizen_id": "022190000001", "code": "NV001"}, actor=people.an, row=province.dung)
    assert _faults(refused) == {"code", "citizen_id"}
    save_employee({"citizen_id": "022190000001"}, actor=people.an, row=province.chi)  # one's own stays allowed


def test_codes_given_twice_within_one_operation_are_found(people: People, province: Province) -> None:
    with operation(SYSTEM, "imports.apply"):
        for number in range(3):
            save_employee(
                {"code": f"M{number}", "name": "Lý Văn Mới", "unit_id": province.commune_x.id}, actor=SYSTEM
            )
        with pytest.raises(Refused) as refused:
            save_employee({"code": "M1", "name": "Lý Văn Hai", "unit_id": province.commune_x.id}, actor=SYSTEM)
    assert _faults(refused) == {"code"}


def test_an_officer_writes_only_people_of_their_units(people: People, province: Province) -> None:
    scope = people.binh.scope()
    save_employee({"degree": "Đại học"}, actor=people.binh, row=province.chi, scope=scope)
    with pytest.raises(Refused) as moved_out:
        save_employee({"unit_id": province.commune_y.id}, actor=people.binh, row=province.chi, scope=scope)
    with pytest.raises(Refused) as moved_in:
        save_employee({"unit_id": province.commune_x.id}, actor=people.binh, row=province.dung, scope=scope)
    with pytest.raises(Refused) as foreign:
        save_employee({"degree": "Đại học"}, actor=people.binh, row=province.dung, scope=scope)
    with pytest.raises(Refused) as deleted:
        delete_employee(province.dung, actor=people.binh, scope=scope)
    assert [_faults(r) for r in (moved_out, moved_in, foreign, deleted)] == [{"unit_id"}] * 4
    assert province.chi.unit_id == province.commune_x.id


def test_whoever_has_an_account_is_not_deleted_and_the_reason_is_told(people: People, province: Province) -> None:
    with pytest.raises(Refused, match="tài khoản"):
        delete_employee(province.chi, actor=people.an)


def test_a_person_entered_by_mistake_goes_with_their_sensitive_data(people: People, province: Province) -> None:
    wrong = save_employee(
        {"code": "SAI", "name": "Nhập Sai", "unit_id": province.commune_x.id, "ethnicity": "Kinh"}, actor=people.an
    )
    db.session.commit()
    delete_employee(wrong, actor=people.an)
    db.session.commit()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SensitiveRecord)) == 0
    assert db.session.scalar(sa.select(Employee).where(Employee.code == "SAI")) is None
