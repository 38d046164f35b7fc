"""An officer signs in, finds a person by a part of the name, and notes an absence."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD, People, Province


@pytest.mark.browser
def test_an_officer_notes_an_absence(
    page: Page, site: str, people: People, province: Province, complaints: list[str]
) -> None:
    page.goto(f"{site}/people")
    page.get_by_label("Tài khoản hoặc thư điện tử").fill("binh")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()

    page.get_by_label("Tìm kiếm").fill("tran chi")
    page.get_by_role("button", name="Xem").click()
    page.get_by_role("link", name="Trần Thị Chi").click()
    expect(page.get_by_role("heading", name="Trần Thị Chi")).to_be_visible()

    page.goto(f"{site}/absences/new")
    person = page.get_by_label("Người")
    person.press_sequentially("chi")
    expect(page.locator("datalist option")).to_have_attribute("value", "NV001 – Trần Thị Chi")
    person.fill("NV001 – Trần Thị Chi")
    page.get_by_label("Ngày đầu").fill("02/03/2027")
    page.get_by_label("Ngày cuối").fill("01/03/2027")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_text("Ngày cuối trước ngày đầu.")).to_be_visible()
    page.get_by_label("Ngày cuối").fill("03/03/2027")
    page.get_by_role("button", name="Lưu").click()
    expect(page.get_by_role("cell", name="Trần Thị Chi")).to_be_visible()
    expect(page).to_have_url(re.compile("/absences$"))
