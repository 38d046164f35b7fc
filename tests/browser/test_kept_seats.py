"""A planner keeps seats of a class for units, and people of a plan together, in the page."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD, People, Province
from tests.planning.conftest import Planned, planned
from training.classes.models import ClassReserve
from training.core.db import db
from training.planning.models import NeedSet

__all__ = ["planned"]


def _look(page: Page, name: str) -> None:
    """Pictures for whoever asks for them."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.browser
def test_a_planner_keeps_seats_and_people(
    page: Page, site: str, people: People, planned: Planned, province: Province, complaints: list[str]
) -> None:
    page.goto(f"{site}/classes/{province.class_basic.id}/edit")
    page.get_by_label("Tài khoản hoặc thư điện tử").fill("an")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    first = page.locator("[data-row='reserves-0']")
    first.get_by_label("Số chỗ giữ").fill("2")
    first.get_by_label("Nhả chỗ thừa").check()
    first.locator("select").select_option(value=str(province.commune_x.id))
    page.get_by_role("button", name="Thêm dòng giữ chỗ").click()
    second = page.locator("[data-row='reserves-1']")
    expect(second.get_by_label("Nhả chỗ thừa")).not_to_be_checked()
    second.get_by_label("Số chỗ giữ").fill("3")
    second.get_by_label("Nhả chỗ thừa").check()
    second.locator("select").select_option(value=str(province.commune_y.id))
    _look(page, "class-edit")
    page.get_by_role("button", name="Lưu").last.click()
    expect(page.get_by_text("Giữ 3 chỗ cho Phường Cẩm Phả")).to_be_visible()
    _look(page, "class")
    db.session.expire_all()
    saved = db.session.query(ClassReserve).order_by(ClassReserve.min_seats).all()
    assert [(one.min_seats, one.release) for one in saved] == [(2, True), (3, True)]

    page.goto(f"{site}/plans/{planned.plan.id}/sets/new")
    page.get_by_label("Quyết định").select_option(label="Học cùng lớp")
    page.get_by_label("Chương trình").select_option(label=province.basic.name)
    page.locator("[name='members-0-employee_id']").fill("NV001")
    page.locator("[name='members-1-employee_id']").fill("NV002")
    _look(page, "set-new")
    page.get_by_role("button", name="Lưu").last.click()
    expect(page.get_by_text("Trần Thị Chi (NV001), Lê Văn Dũng (NV002)")).to_be_visible()
    _look(page, "plan")
    assert len(db.session.query(NeedSet).one().members) == 2
