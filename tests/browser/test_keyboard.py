"""Keys do nothing unasked: Enter in a reason's box, Enter or Space on a row, also without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_journey import _sign_in
from tests.conftest import People, Province
from tests.needs.chains import bring_to, draft, give_chain
from training.core.db import db
from training.needs.approval.acts import NeedAct
from training.needs.models import NeedState

pytestmark = pytest.mark.browser


def _state(need: Any) -> str:
    db.session.expire_all()
    return str(need.state)


def _press(page: Page, selector: str, *keys: str) -> None:
    page.focus(selector)
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(200)  # a form that is sent leaves the page


@pytest.mark.parametrize("scripts", [True, False])
def test_enter_decides_nothing(
    site: str,
    browser: Browser,
    browser_context_args: dict[str, Any],
    province: Province,
    people: People,
    scripts: bool,
) -> None:
    give_chain(province.round)
    need = bring_to(draft(province), NeedAct.SUBMIT)
    arguments = {**browser_context_args, "java_script_enabled": scripts}
    page = _sign_in(browser, arguments, site, "ha", [])
    for address, box in ((f"{site}/approvals", True), (f"{site}/needs/{need.id}", False)):
        page.goto(address)
        if box:
            _press(page, "input[name=needs]", "Space", "Enter")
            expect(page.locator("input[name=needs]")).to_be_checked()
        page.fill("#reason", "Thiếu quyết định cử đi học")
        _press(page, "#reason", "Enter")
        expect(page).to_have_url(address)
        expect(page.locator("#reason")).to_have_value("Thiếu quyết định cử đi học")
        assert _state(need) == NeedState.SUBMITTED


@pytest.mark.parametrize("scripts", [True, False])
def test_enter_on_a_row_of_a_round_withdraws_nothing(
    site: str,
    browser: Browser,
    browser_context_args: dict[str, Any],
    province: Province,
    people: People,
    scripts: bool,
) -> None:
    need = draft(province)
    arguments = {**browser_context_args, "java_script_enabled": scripts}
    page = _sign_in(browser, arguments, site, "binh", [])
    page.goto(f"{site}/rounds/{province.round.id}")
    _press(page, "input[name=needs]", "Space", "Enter")
    expect(page.locator("input[name=needs]")).to_be_checked()
    assert _state(need) == NeedState.REGISTERED
    page.get_by_role("button", name="Rút các nhu cầu đã chọn").focus()
    page.keyboard.press("Enter")  # on the button itself it does what the button says
    page.wait_for_timeout(500)
    expect(page.get_by_role("button", name="Rút 1 nhu cầu này")).to_be_visible()
