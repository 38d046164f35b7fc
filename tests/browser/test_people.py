"""An officer signs in, finds a person by a part of the name, and notes an absence."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

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


@pytest.mark.browser
def test_a_button_pressed_twice_acts_once_and_again_after_going_back(
    page: Page, site: str, people: People, province: Province, complaints: list[str]
) -> None:
    page.goto(f"{site}/places/new")
    page.get_by_label("Tài khoản hoặc thư điện tử").fill("an")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    on_its_way: list[Route] = []
    page.route(
        "**/places/new", lambda route: on_its_way.append(route) if route.request.post_data else route.continue_()
    )

    page.get_by_label("Mã", exact=True).fill("KC")
    page.get_by_label("Tên").fill("Khe Chàm")
    save = page.get_by_role("button", name="Lưu")
    box = save.bounding_box()
    assert box is not None
    with page.expect_request(lambda request: request.method == "POST"):
        for _press in range(2):  # by the mouse: a click on the button would wait for the first answer
            page.mouse.click(box["x"] + 5, box["y"] + 5, delay=50)
    assert len(on_its_way) == 1
    on_its_way.pop().continue_()
    expect(page.get_by_text("Đã lưu: Khe Chàm")).to_be_visible()

    page.unroute_all()
    page.go_back()
    page.get_by_label("Mã", exact=True).fill("MD")
    page.get_by_label("Tên").fill("Mông Dương")
    save.click()
    expect(page.get_by_text("Đã lưu: Mông Dương")).to_be_visible()
