"""Ticks and words survive searching and paging; leaving a page with unsent work asks, sending it does not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser.test_journey import _sign_in
from tests.conftest import People, Province
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.needs.models import Need
from training.people.models import Employee

pytestmark = pytest.mark.browser


@pytest.fixture
def many(province: Province) -> None:
    with operation(SYSTEM, "test.many"):
        for n in range(60):
            db.session.add(Employee(code=f"E{n:02}", name=f"Vũ Thị Ba {n:02}", unit=province.commune_x))
    db.session.commit()


def _questions(page: Page, *, stay: bool = True) -> list[str]:
    """Answer what the browser asks; the kinds of its questions."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        if stay:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    return asked


def test_ticks_and_note_survive_searching_and_paging(
    site: str,
    browser: Browser,
    browser_context_args: dict[str, Any],
    province: Province,
    people: People,
    many: None,
) -> None:
    page = _sign_in(browser, browser_context_args, site, "binh", [])
    asked = _questions(page)
    page.goto(f"{site}/rounds/{province.round.id}/register?course={province.basic.id}")
    page.get_by_label("Chọn Vũ Thị Ba 03").check()
    page.locator("#register [name=note]").fill("Theo công văn 12")
    page.get_by_role("link", name="Sau", exact=True).click()
    expect(page.locator(".app-elsewhere")).to_contain_text("Còn 1 mục đã chọn")
    expect(page.locator("#register [name=note]")).to_have_value("Theo công văn 12")
    page.get_by_label("Chọn Vũ Thị Ba 55").check()
    page.locator("#q").fill("ba 07")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=ba\+07"))
    page.get_by_label("Chọn Vũ Thị Ba 07").check()
    expect(page.locator(".app-elsewhere")).to_contain_text("Còn 2 mục đã chọn")
    expect(page.locator("#register [name=note]")).to_have_value("Theo công văn 12")
    page.get_by_role("button", name="Đăng ký những người đã chọn").click()
    expect(page.locator(".alert-success").first).to_contain_text("3 người")
    needs = db.session.query(Need).all()
    assert sorted(need.employee.code for need in needs) == ["E03", "E07", "E55"]
    assert {need.note for need in needs} == {"Theo công văn 12"}
    expect(page.locator(".app-elsewhere")).to_be_hidden()
    assert not asked, "what is kept is not asked about"


def test_leaving_an_edited_form_asks_and_sending_it_does_not(
    site: str, browser: Browser, browser_context_args: dict[str, Any], province: Province, people: People
) -> None:
    page = _sign_in(browser, browser_context_args, site, "an", [])
    asked = _questions(page)
    address = f"{site}/people/{province.chi.id}/edit"
    page.goto(address)
    page.get_by_role("link", name="Hủy").click()
    expect(page).to_have_url(re.compile(r"/people(/\d+)?$"))
    assert not asked, "nothing was typed"

    page.goto(address)
    name = page.get_by_label("Họ và tên")
    name.fill("Trần Thị Kim Chi")
    page.get_by_role("link", name="Hủy").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    expect(name).to_have_value("Trần Thị Kim Chi")
    page.get_by_role("main").get_by_role("button", name="Lưu").click()
    expect(page.locator(".alert-success").first).to_be_visible()
    assert asked == ["beforeunload"]

    page.goto(address)
    page.get_by_label("Họ và tên").fill("")
    page.get_by_role("main").get_by_role("button", name="Lưu").click()
    expect(page.locator(".invalid-feedback").first).to_be_visible()
    page.get_by_role("link", name="Hủy").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload", "beforeunload"], "what came back refused is not saved either"


def test_a_row_taken_away_counts_as_an_edit(
    site: str, browser: Browser, browser_context_args: dict[str, Any], province: Province, people: People
) -> None:
    page = _sign_in(browser, browser_context_args, site, "an", [])
    asked = _questions(page)
    page.goto(f"{site}/classes/{province.class_basic.id}/edit")
    page.get_by_role("button", name="Thêm phương án").click()
    page.get_by_role("main").get_by_role("link", name="Hủy").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]


def test_after_a_lost_session_the_form_comes_back(
    site: str, browser: Browser, browser_context_args: dict[str, Any], province: Province, people: People, app: Any
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        page = _sign_in(browser, browser_context_args, site, "an", [])
        _questions(page)
        page.goto(f"{site}/people/{province.chi.id}/edit")
        page.get_by_label("Họ và tên").fill("Trần Thị Kim Chi")
        page.context.clear_cookies(name="session")
        page.get_by_role("main").get_by_role("button", name="Lưu").click()
        expect(page.get_by_role("main")).to_contain_text("Phiên làm việc đã hết")
        page.get_by_label("Tài khoản hoặc thư điện tử").fill("an")
        page.get_by_label("Mật khẩu").first.fill("mật khẩu thử 1")
        page.get_by_role("main").get_by_role("button", name="Đăng nhập").click()
        expect(page.get_by_label("Họ và tên")).to_have_value("Trần Thị Kim Chi")
        page.get_by_role("main").get_by_role("button", name="Lưu").click()
        expect(page.locator(".alert-success").first).to_contain_text("Trần Thị Kim Chi")
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
