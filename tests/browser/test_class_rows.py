"""A planner enters a class with two options and several runs of days, adding and taking away rows in the page."""

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PASSWORD, People, Province
from training.classes.models import TrainingClass
from training.core.db import db


@pytest.mark.browser
def test_a_planner_adds_options_and_days(
    page: Page, site: str, people: People, province: Province, complaints: list[str]
) -> None:
    page.goto(f"{site}/classes/new?course={province.basic.id}")
    page.get_by_label("Tài khoản hoặc thư điện tử").fill("an")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()

    page.get_by_label("Mã", exact=True).fill("L9")
    page.get_by_label("Năm").fill(str(province.year))
    page.get_by_label("Nguồn kinh phí chi trả").select_option(label=f"Ngân sách tỉnh ({province.year})")

    first = page.locator("[data-row='options-0']")
    first.get_by_label("Địa điểm").select_option(label="Hạ Long")
    first.get_by_role("button", name="Thêm đợt học").click()
    first.get_by_role("button", name="Thêm đợt học").click()
    for number, days in enumerate(("01", "08", "15")):
        first.get_by_label("Ngày đầu").nth(number).fill(f"{days}/04/{province.year}")
        first.get_by_label("Ngày cuối").nth(number).fill(f"{days}/04/{province.year}")
    first.get_by_role("button", name="Bỏ đợt học này").nth(1).click()

    page.get_by_role("button", name="Thêm phương án").click()
    second = page.locator("[data-row='options-1']")
    expect(second.get_by_label("Ngày đầu")).to_have_count(1)
    expect(second.get_by_label("Ngày đầu")).to_have_value("")
    second.get_by_label("Địa điểm").select_option(label="Cẩm Phả")
    second.get_by_label("Ngày đầu").fill(f"03/05/{province.year}")
    second.get_by_label("Ngày cuối").fill(f"07/05/{province.year}")
    page.get_by_role("button", name="Thêm phương án").click()
    page.locator("[data-row='options-2']").get_by_role("button", name="Bỏ phương án này").click()

    page.get_by_role("button", name="Lưu").last.click()
    expect(page.get_by_role("heading", name="L9")).to_be_visible()
    db.session.expire_all()
    saved = db.session.query(TrainingClass).filter_by(code="L9").one()
    assert [(option.code, len(option.sessions), option.place.code) for option in saved.options] == [
        ("L9-a", 2, "X"),
        ("L9-b", 1, "Y"),
    ]
