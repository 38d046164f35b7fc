"""What would give a need a seat: prepared, asked for, stopped, read by planner and trainee."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from config import Config
from tests.browser.looking import faults
from tests.conftest import PASSWORD, People, Province
from tests.planning.conftest import Planned, optimise, planned, stand_in
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.publishing.publish import publish
from training.planning.models import OptimizerRun, Plan

__all__ = ["optimise", "planned", "stand_in"]


@pytest.fixture
def run(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    province: Province,
    planned: Planned,
    optimise: Callable[[Plan], OptimizerRun],
) -> OptimizerRun:
    """Dũng has no seat: the one class of the course has a single one, and Chi sits in it."""
    with operation(SYSTEM, "test.change"):
        province.class_basic.max_seats = 1
    db.session.commit()
    found = optimise(planned.plan)
    monkeypatch.setitem(app.config, "SOLVER_COMMAND", Config.SOLVER_COMMAND)
    return found


def _sign_in(page: Page, address: str, code: str) -> None:
    page.context.clear_cookies()
    page.goto(address)
    page.get_by_label("Tài khoản hoặc thư điện tử").fill(code)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()


def _looks_right(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert faults(page) == []
        assert Axe().run(page).response["violations"] == []


@pytest.mark.browser
def test_what_would_give_a_seat(
    request: pytest.FixtureRequest,
    page: Page,
    site: str,
    people: People,
    planned: Planned,
    run: OptimizerRun,
    complaints: list[str],
) -> None:
    run_id, need_id = run.id, planned.dung_basic.id
    # 1. The planner has those of highest value prepared, and stops it: no worker is there yet.
    _sign_in(page, f"{site}/runs/{run_id}", "an")
    page.get_by_role("link", name="Cần gì để có thêm chỗ học").click()
    page.get_by_role("button", name="Chuẩn bị").click()
    expect(page.get_by_role("status").filter(has_text="Đang chuẩn bị")).to_contain_text("0 / 1")
    _looks_right(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Dừng").click()
    expect(page.get_by_role("row", name="Lê Văn Dũng")).to_contain_text("Đã dừng theo yêu cầu")

    # 2. They ask for one, stop it, and ask again; a worker comes, and the page shows the answer by itself.
    page.get_by_role("link", name="Lê Văn Dũng").click()
    page.get_by_role("button", name="Tính lại").click()
    expect(page.get_by_role("status").filter(has_text="Đang chờ")).to_be_visible()
    page.get_by_role("button", name="Dừng").click()
    expect(page.get_by_role("alert")).to_contain_text("Đã dừng theo yêu cầu")
    page.get_by_role("button", name="Tính lại").click()
    request.getfixturevalue("worker")
    expect(page.get_by_text("Lớp L001 nhận 2 người, thay vì 1.")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("Mất chỗ: Trần Thị Chi (NV001), L001.")).to_be_visible()
    _looks_right(page)

    # 3. The fact that would be different is one press away.
    page.get_by_role("link", name="Sửa lớp L001").click()
    expect(page.get_by_label("Mã", exact=True)).to_have_value("L001")

    # 4. The plan is in force: the trainee reads the same, without a name.
    publish(db.session.get_one(OptimizerRun, run_id), actor=people.an)
    db.session.commit()
    _sign_in(page, f"{site}/seats/{need_id}", "NV002")
    page.get_by_role("link", name="Cần gì để có chỗ học").click()
    expect(page.get_by_text("Mất chỗ: 1 người.")).to_be_visible()
    expect(page.get_by_text("NV001")).to_have_count(0)
    expect(page.get_by_role("link", name="Sửa lớp L001")).to_have_count(0)
    _looks_right(page)
