"""A need from the gap that it closes to its approval, through every state, in a real browser, as three people."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_journey import _sign_in
from tests.conftest import People, Province
from training.completions.models import Completion
from training.core.access import Role
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.courses.models import Course
from training.needs.approval.chains import save_chain
from training.standards.versions import save_standard

pytestmark = pytest.mark.browser


def _asked(province: Province) -> None:
    """Chi's position asks for a course that she lacks; needs pass the head of the unit, then the planner."""
    with operation(SYSTEM, "test.known"):
        other = Course(code="QP", name="Quốc phòng – an ninh", kind="defence", days=3)
        db.session.add(Completion(employee=province.chi, course=other, completed_on=date(2022, 5, 5)))
    values = {
        "code": "TC-CM",
        "position_id": province.position.id,
        "valid_from": date(2024, 1, 1),
        "requirements": [{"kind": "course", "course_ids": [province.basic.id]}],
    }
    save_standard(values, actor=SYSTEM)
    steps = [
        {"name": "Thủ trưởng đơn vị", "role": Role.LEADER, "own_unit": True},
        {"name": "Quyết định", "role": Role.PLANNER},
    ]
    save_chain(province.round, steps, actor=SYSTEM)
    db.session.commit()


def test_from_gap_to_approved(
    site: str, browser: Browser, browser_context_args: dict[str, Any], province: Province, people: People
) -> None:
    complaints: list[str] = []
    _asked(province)
    name, course = "Trần Thị Chi", province.basic.name
    home = f"{site}/rounds/{province.round.id}"

    # The officer sees the gap proposed, takes it over, and submits it.
    officer = _sign_in(browser, browser_context_args, site, "binh", complaints)
    officer.goto(home)
    officer.get_by_role("link", name="Đề xuất", exact=True).click()
    expect(officer.get_by_role("main")).to_contain_text("Chuyên môn")  # the position whose standard asks for it
    officer.get_by_label(f"Chọn {name}: {course}").check()
    officer.get_by_role("button", name="Đưa các mục đã chọn vào đăng ký").click()
    expect(officer.locator(".alert-success").first).to_be_visible()
    officer.goto(home)
    expect(officer.get_by_role("table")).to_contain_text("Dự thảo")
    officer.get_by_role("button", name="Trình cả 1 nhu cầu").click()
    officer.get_by_role("button", name="Trình 1 nhu cầu này").click()
    expect(officer.get_by_role("table")).to_contain_text("Đã trình: Thủ trưởng đơn vị")

    # The head returns it with a reason.
    head = _sign_in(browser, browser_context_args, site, "ha", complaints)
    expect(head.get_by_role("main")).to_contain_text("Chờ tôi phê duyệt")
    head.get_by_role("link", name="Phê duyệt", exact=True).click()
    head.get_by_role("link", name=name).click()
    head.get_by_label("Lý do").fill("Thiếu quyết định cử đi học")
    head.get_by_role("button", name="Trả lại đơn vị").click()
    expect(head.get_by_role("main")).to_contain_text("Thiếu quyết định cử đi học")
    head.get_by_role("button", name="Trả lại 1 nhu cầu này").click()
    expect(head.get_by_role("main")).to_contain_text("Trả lại")

    # The officer is told, mends it and submits it again.
    officer.goto(site)
    officer.get_by_role("link", name="Thiếu quyết định cử đi học").click()
    officer.get_by_role("link", name=name).click()
    officer.get_by_role("link", name="Sửa", exact=True).click()
    officer.get_by_label("Ghi chú").fill("Quyết định 12/QĐ-UBND")
    officer.get_by_role("main").get_by_role("button", name="Lưu").click()
    officer.get_by_role("button", name="Trình", exact=True).click()
    officer.get_by_role("button", name="Trình 1 nhu cầu này").click()
    expect(officer.get_by_role("main")).to_contain_text("Đã trình: Thủ trưởng đơn vị")

    # The head approves it from the list; then the planner.
    head.get_by_role("link", name="Phê duyệt", exact=True).click()
    head.get_by_label(f"Chọn {name}: {course}").check()
    head.get_by_role("button", name="Duyệt các nhu cầu đã chọn").click()
    head.get_by_role("button", name="Duyệt 1 nhu cầu này").click()
    expect(head.locator(".alert-success").first).to_contain_text("Đã duyệt 1 nhu cầu")
    planner = _sign_in(browser, browser_context_args, site, "an", complaints)
    planner.get_by_role("link", name="Phê duyệt", exact=True).click()
    planner.get_by_role("link", name=name).click()
    planner.get_by_role("button", name="Duyệt", exact=True).click()
    planner.get_by_role("button", name="Duyệt 1 nhu cầu này").click()
    main = planner.get_by_role("main")
    expect(main).to_contain_text("Đã duyệt")
    for words in ("Phạm Thị Bình (binh)", "Đỗ Thị Hà (ha)", "Nguyễn Văn An (an)", "Thiếu quyết định cử đi học"):
        expect(main).to_contain_text(words)
    assert not complaints
