"""Pages over costs: the sheet of a class and its workbook, lines, appraisal, the list of a year."""

import io

from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from tests.classes.norms import SOURCE, make_norms
from tests.classes.test_costing import FIXED, SEAT, computed, line
from tests.classes.test_save_training_class import enrol
from tests.conftest import People, Province, login
from training.budgets.words import amount_in_words
from training.classes.models import CostLine
from training.core.db import db


def test_costs_are_computed_changed_and_told_on_the_page(
    client: FlaskClient, province: Province, people: People
) -> None:
    make_norms()
    login(client, people.khanh)
    address = f"/classes/{province.class_basic.id}/costs"
    assert "nhập tay" in client.get(address).text
    assert client.post(f"{address}/compute").status_code == 302
    text = client.get(f"{address}?seats=7").text
    for amount in (FIXED + FIXED // 10, SEAT + SEAT // 10, FIXED + FIXED // 10 + 7 * (SEAT + SEAT // 10)):
        assert f"{amount:,}".replace(",", ".") + "\u00a0đ" in text
    assert SOURCE in text
    hall = line(province.class_basic, "hall")
    edit = f"/cost-lines/{hall.id}/edit"
    version = str(hall.version)
    faulty = client.post(edit, data={"version": version, "own_price": "1"})
    assert "Nêu lý do" in faulty.text
    data = {"version": version, "own_price": "700.000", "reason": "Hội trường lớn"}
    assert client.post(edit, data=data).status_code == 302
    text = client.get(address).text
    assert "sửa tay" in text
    assert "Hội trường lớn" in text
    assert "<s>500.000\u00a0đ</s>" in text
    stale = client.post(edit, data=data, follow_redirects=True)
    assert "Người khác đã sửa dòng chi này" in stale.text


def test_lines_are_added_and_taken_away_on_the_page(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.khanh)
    address = f"/classes/{province.class_basic.id}/costs"
    data = {"kind": "other", "label": "In bằng", "own_quantity": "1", "own_price": "300.000", "reason": "Báo giá"}
    assert client.post(f"{address}/new", data={"kind": "other"}).status_code == 200
    assert client.post(f"{address}/new", data=data).status_code == 302
    added = db.session.query(CostLine).one()
    assert province.class_basic.fixed_cost == 300_000
    assert "In bằng" in client.get(address).text
    assert client.post(f"/cost-lines/{added.id}/delete", data={"confirmed": "1"}).status_code == 302
    assert db.session.query(CostLine).count() == 0


def test_only_the_finance_officer_agrees_to_costs(client: FlaskClient, province: Province, people: People) -> None:
    make_norms()
    login(client, people.an)
    assert client.post("/costs/compute", data={"confirmed": "1", "year": province.year}).status_code == 302
    assert "Thẩm định chi phí" not in client.get("/costs").text
    assert client.post("/costs/appraise", data={"class": "1"}).status_code == 403
    login(client, people.khanh)
    assert "L001" in client.get("/costs?state=waiting").text
    chosen = {"class": [str(province.class_basic.id)]}
    asked = client.post("/costs/appraise", data=chosen).text
    assert "Đồng ý" in asked
    assert province.class_basic.name in asked
    db.session.refresh(province.class_basic)
    assert province.class_basic.appraised_by is None, "nobody has agreed before they were asked"
    assert (
        "Đã thẩm định 1 lớp"
        in client.post("/costs/appraise", data={**chosen, "confirmed": "1"}, follow_redirects=True).text
    )
    assert province.class_basic.appraised_by == people.khanh.actor_name
    assert "L001" not in client.get("/costs?state=waiting").text
    assert "L001" in client.get("/costs?state=appraised").text
    assert "L001" not in client.get("/costs?state=typed").text


def test_workbook_of_a_class_says_the_same_to_the_dong(
    client: FlaskClient, province: Province, people: People
) -> None:
    make_norms()
    row = computed(province)
    login(client, people.binh)
    for seats in (1, 10):
        content = client.get(f"/classes/{row.id}/costs.xlsx?seats={seats}").data
        table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Dự toán").to_python()
        total = next(line for line in table if str(line[1]).startswith("Tổng cộng"))[6]
        assert total == row.cost(seats)
        numbered = [line for line in table if isinstance(line[0], float)]
        others = sum(line[6] for line in numbered if line[1] == "Hỗ trợ chỗ nghỉ học viên")
        assert sum(line[6] for line in numbered) == total + others
        assert others == 400_000 * seats
        assert any(f"Bằng chữ: {amount_in_words(row.cost(seats))}." in line for line in table)
    texts = {str(cell) for line in table for cell in line}
    assert {"UBND TỈNH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "DỰ TOÁN KINH PHÍ", "10 %"} <= texts


def test_class_form_offers_no_typed_costs_where_lines_stand(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    address = f"/classes/{province.class_basic.id}/edit"
    assert "fixed_cost" in client.get(address).text
    make_norms()
    row = computed(province)
    text = client.get(address).text
    assert "fixed_cost" not in text
    option = row.options[0]
    data = {
        "version": str(row.version), "code": "L001", "name": "Lớp mới", "year": str(row.year),
        "course_id": str(row.course_id), "mode": "in_person", "min_seats": "1", "max_seats": "10",
        "fund_id": str(row.fund_id), "options-0-code": option.code, "options-0-place_id": str(option.place_id),
        "options-0-sessions-0-first": f"{option.sessions[0].first:%d/%m/%Y}",
        "options-0-sessions-0-last": f"{option.sessions[0].last:%d/%m/%Y}",
    }  # fmt: skip
    assert client.post(address, data=data).status_code == 302
    assert (row.name, row.fixed_cost) == ("Lớp mới", FIXED + FIXED // 10)


def test_a_class_is_opened_on_the_page(client: FlaskClient, province: Province, people: People) -> None:
    login(client, people.an)
    address = f"/classes/{province.class_basic.id}/opening"
    data = {"opening_paper": "QĐ 15/QĐ-SNV", "opened_on": "01/02/2025"}
    assert "Chưa có ai được ghi danh" in client.post(address, data=data).text
    enrol(province)
    assert client.post(address, data=data).status_code == 302
    assert "QĐ 15/QĐ-SNV ngày 01/02/2025" in client.get(f"/classes/{province.class_basic.id}/costs").text
