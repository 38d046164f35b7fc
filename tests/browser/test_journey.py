"""The whole job in a real browser, as four people: register, optimise, publish, look."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import PASSWORD, People, Province
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.courses.models import Course

pytestmark = pytest.mark.browser


def _sign_in(browser: Browser, arguments: dict[str, Any], site: str, account: str, complaints: list[str]) -> Page:
    """A browser window of their own, signed in by the form."""
    page = browser.new_context(**arguments).new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda r: complaints.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    page.goto(f"{site}/")
    page.get_by_label("Tài khoản hoặc thư điện tử").fill(account)
    page.get_by_label("Mật khẩu").first.fill(PASSWORD)
    page.locator("main form button, main form input[type=submit]").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def _register(page: Page, course: Course, person: str, priority: str) -> None:
    page.get_by_role("link", name="Nhu cầu", exact=True).click()
    page.get_by_role("link", name=re.compile(r"Đợt đăng ký \d")).first.click()
    page.get_by_role("link", name="Đăng ký nhu cầu").first.click()
    page.locator("select[name=course]").select_option(str(course.id))
    page.get_by_role("button", name="Xem", exact=True).click()
    page.get_by_label(f"Chọn {person}").check()
    page.locator("#register select[name=priority]").select_option(priority)
    page.get_by_role("button", name="Đăng ký những người đã chọn").click()
    expect(page.locator(".alert-success").first).to_be_visible()


def test_a_years_plan(
    site: str,
    worker: subprocess.Popen[bytes],
    browser: Browser,
    browser_context_args: dict[str, Any],
    province: Province,
    people: People,
) -> None:
    complaints: list[str] = []
    with operation(SYSTEM, "test.course"):
        untaught = Course(code="TA", name="Tiếng Anh chuyên ngành", kind="language_it", days=10)
        db.session.add(untaught)
    db.session.commit()

    # The unit's officer registers two needs; for one of the courses there is no class.
    officer = _sign_in(browser, browser_context_args, site, "binh", complaints)
    _register(officer, province.basic, "Trần Thị Chi", "1")
    _register(officer, untaught, "Trần Thị Chi", "2")

    # The planner makes a plan, lets it be optimised, reads the result and publishes it.
    planner = _sign_in(browser, browser_context_args, site, "an", complaints)
    planner.get_by_role("link", name="Kế hoạch", exact=True).click()
    planner.get_by_role("main").get_by_role("link", name=re.compile("^Thêm")).click()
    planner.locator("[name=code]").fill("KH1")
    planner.locator("[name=name]").fill("Kế hoạch thử")
    planner.locator("select[name=round_id]").select_option(str(province.round.id))
    planner.get_by_role("main").get_by_role("button", name="Lưu").click()
    planner.get_by_role("button", name="Chạy tối ưu").click()
    publish = planner.get_by_role("link", name="Công bố…")
    expect(publish).to_be_visible(timeout=60_000)
    expect(planner.get_by_text("Đã chứng minh là tốt nhất").first).to_be_visible()
    publish.click()
    planner.get_by_role("main").get_by_role("button", name="Công bố").click()
    expect(planner.locator(".alert-success").first).to_be_visible()

    # The trainee sees their class, and the true reason where there is none.
    trainee = _sign_in(browser, browser_context_args, site, "NV001", complaints)
    trainee.get_by_role("link", name="Lớp của tôi", exact=True).click()
    main = trainee.get_by_role("main")
    expect(main).to_contain_text("L001")
    expect(main).to_contain_text(f"{province.class_basic.options[0].sessions[0].first:%d/%m/%Y}")
    expect(main).to_contain_text("Trường Chính trị tỉnh")
    expect(main).to_contain_text("Tiếng Anh chuyên ngành")
    expect(main).to_contain_text("Năm nay không dự kiến lớp nào của chương trình này")

    # Another unit's trainee sees nothing of it; the officer sees their person's seat.
    other = _sign_in(browser, browser_context_args, site, "NV002", complaints)
    other.get_by_role("link", name="Lớp của tôi", exact=True).click()
    expect(other.get_by_role("main")).not_to_contain_text("L001")
    officer.get_by_role("link", name="Kết quả xếp lớp", exact=True).click()
    expect(officer.get_by_role("main")).to_contain_text("Trần Thị Chi")
    assert not complaints
