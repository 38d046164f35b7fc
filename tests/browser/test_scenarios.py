"""The chairman asks what twenty million more would bring: from the plan to the answer, by clicks."""

from __future__ import annotations

import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_kept_seats import _look
from tests.conftest import PASSWORD, People, Province
from tests.planning.conftest import Planned, planned
from training.core.audit import SYSTEM, operation
from training.core.db import db

__all__ = ["planned"]


@pytest.mark.browser
def test_from_the_question_to_who_would_get_a_seat(
    page: Page,
    site: str,
    people: People,
    planned: Planned,
    province: Province,
    worker: subprocess.Popen[bytes],
    complaints: list[str],
) -> None:
    with operation(SYSTEM, "test.poor"):
        province.fund.amount = 11_000_000
    db.session.commit()
    page.goto(f"{site}/plans/{planned.plan.id}")
    page.get_by_label("Tài khoản hoặc thư điện tử").fill("an")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    _run(page)

    page.goto(f"{site}/plans/{planned.plan.id}")
    page.get_by_role("button", name="Lập phương án từ kế hoạch này").click()
    page.get_by_role("link", name="Thử thay đổi cho phương án này").click()
    page.get_by_label("Nguồn kinh phí").select_option(value=str(province.fund.id))
    page.get_by_label("Thêm bao nhiêu (đồng)").fill("20.000.000")
    _look(page, "scenario-change")
    page.get_by_role("button", name="Lưu").click()
    expect(page.locator("#changes ~ .table-responsive").first).to_contain_text("thêm 20.000.000")
    _look(page, "scenario-plan")
    _run(page)
    expect(page.locator("main")).to_contain_text("thêm 20.000.000")

    page.goto(f"{site}/rounds/{province.round.id}/scenarios")
    _look(page, "scenarios")
    page.get_by_role("link", name="Xem từng người").click()
    expect(page.locator("main")).to_contain_text(province.chi.name)
    _look(page, "differences")
    db.session.expire_all()
    assert province.fund.amount == 11_000_000, "the fund itself is what it was"


def _run(page: Page) -> None:
    page.get_by_role("button", name="Chạy tối ưu").click()
    expect(page.get_by_text("Đã xếp lớp (lượt)").first).to_be_visible(timeout=90_000)
