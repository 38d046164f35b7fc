"""What may be registered and is rarely meant – in two open rounds, a course completed already – is said on the
page and at the rows of a sheet alike."""

from datetime import timedelta

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.imports.books import workbook
from training.completions.operations import save_completion
from training.core.audit import SYSTEM
from training.core.db import db
from training.core.i18n import today
from training.imports import operations as imports
from training.needs.models import Round
from training.needs.registering import register_many, save_round, withdraw


def second_round(province: Province, days_left: int = 9) -> Round:
    first = today() - timedelta(days=20)
    values = {
        "code": "D2", "name": "Đợt bổ sung", "year": province.year, "opens_on": first,
        "closes_on": today() + timedelta(days=days_left),
    }  # fmt: skip
    made = save_round(values, actor=SYSTEM)
    db.session.commit()
    return made


def register(client: FlaskClient, province: Province) -> str:
    address = f"/rounds/{province.round.id}/register?course={province.basic.id}"
    data = {"people": province.chi.id, "priority": "2", "note": ""}
    return client.post(address, data=data, follow_redirects=True).text


def test_who_asks_in_a_second_round_is_warned(client: FlaskClient, province: Province, people: People) -> None:
    other = second_round(province)
    (need,) = register_many(
        other, [province.chi.id], province.basic.id, 2, actor=people.an, scope=people.an.scope()
    )
    db.session.commit()
    login(client, people.binh)
    page = register(client, province)
    assert "Trần Thị Chi: còn được đăng ký" in page
    assert "trong một đợt khác đang mở: Đợt bổ sung" in page
    assert "một đợt khác đang mở" in client.get(f"/needs/{need.id}").text
    withdraw([need], actor=people.an, scope=people.an.scope())
    db.session.commit()
    assert "một đợt khác đang mở" not in client.get(f"/needs/{need.id}").text


def test_a_round_that_is_over_is_no_reason(client: FlaskClient, province: Province, people: People) -> None:
    other = second_round(province)
    register_many(other, [province.chi.id], province.basic.id, 2, actor=people.an, scope=people.an.scope())
    save_round({"closes_on": today() - timedelta(days=1)}, actor=SYSTEM, row=other)
    db.session.commit()
    login(client, people.binh)
    assert "đợt khác đang mở" not in register(client, province)


def previewed(rows: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str]]:
    """Warnings of a sheet of needs (round, person, course, note): place, column, message."""
    sheet = [["Mã đợt", "Mã nhân sự", "Mã chương trình", "Ghi chú", "Mức ưu tiên"], *([*row, 2] for row in rows)]
    batch = imports.upload("needs", "n.xlsx", workbook({"NhuCau": sheet}), actor=SYSTEM, queue=False)
    imports.preview(batch, actor=SYSTEM)
    assert batch.preview["faults"] == []
    return [(w["place"], w["column"], w["message"]) for w in batch.preview["warnings"]]


def test_a_sheet_warns_like_the_page(province: Province, people: People) -> None:
    other = second_round(province)
    register_many(other, [province.chi.id], province.basic.id, 2, actor=SYSTEM, scope=people.an.scope())
    held = {"employee_id": province.chi.id, "course_id": province.advanced.id, "completed_on": today()}
    save_completion(held, actor=SYSTEM)
    db.session.commit()
    code = province.round.code
    first, second = previewed(
        [(code, "NV001", "CV", ""), (code, "NV001", "CVC", "gia hạn"), (code, "NV002", "CV", "")]
    )
    assert first[:2] == ("NhuCau!C2", "Mã chương trình")
    assert "trong một đợt khác đang mở: Đợt bổ sung" in first[2]
    assert second[0] == "NhuCau!C3"
    assert "đã hoàn thành “Quản lý nhà nước ngạch chuyên viên chính”" in second[2]


def test_both_rounds_in_one_sheet(province: Province, people: People) -> None:
    second_round(province)
    found = previewed([(province.round.code, "NV001", "CV", ""), ("D2", "NV001", "CV", "")])
    assert [place for place, _column, _message in found] == ["NhuCau!C2", "NhuCau!C3"]
