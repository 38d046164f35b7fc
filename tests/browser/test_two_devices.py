"""Two telephones call the same roll, one of them without a connection."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_journey import _sign_in
from tests.results.conftest import Held, held
from training.core.db import db
from training.results import queries

__all__ = ["held"]

pytestmark = pytest.mark.browser
TELEPHONE = {"width": 390, "height": 844}


def _row(page: Page, person: str) -> Locator:
    return page.locator("[data-seat]", has_text=person)


def _mark(page: Page, person: str, kind: str) -> None:
    _row(page, person).locator("label", has_text=kind).click()


def _shown(page: Page, person: str) -> Any:
    """The kind of the person's pressed button."""
    return _row(page, person).locator("input:checked").evaluate_all("all => all.map((one) => one.value)")


def _on_server(held: Held, seat: Any) -> list[str]:
    db.session.rollback()
    return [kind.value for kind in queries.marks(held.opened.class_id).get(seat.id, {}).values()]


@pytest.mark.parametrize("chosen", ["theirs", "mine"])
def test_b_comes_back_and_sees_what_a_marked_meanwhile(
    site: str, browser: Browser, browser_context_args: dict[str, Any], held: Held, chosen: str
) -> None:
    complaints: list[str] = []
    arguments = {**browser_context_args, "viewport": TELEPHONE}
    a = _sign_in(browser, arguments, site, "long", complaints)
    b = _sign_in(browser, arguments, site, "an", complaints)
    address = f"{site}/class-books/{held.opened.class_id}/roll-call?half_day={held.half_days[0].key}"
    a.goto(address)
    b.goto(address)

    b.context.set_offline(True)
    _mark(b, "Trần Thị Chi", "Vắng")
    _mark(b, "Lê Văn Dũng", "Muộn")  # nobody else marks him
    expect(b.locator(".app-roll-status")).to_have_attribute("data-waiting", "2")
    _mark(a, "Trần Thị Chi", "Có mặt")
    _mark(a, "Ngô Văn 1", "Có phép")
    expect(a.locator(".app-roll-status")).to_have_attribute("data-waiting", "0")
    b.context.set_offline(False)

    # B's mark of Chi was not taken: B shows what stands, who marked it, and does not say that all is saved.
    status = b.locator(".app-roll-status")
    expect(status).to_have_attribute("data-conflicts", "1", timeout=15_000)
    expect(status).to_contain_text("chưa được nhận")
    expect(status).not_to_contain_text("Đã lưu")
    expect(_row(b, "Trần Thị Chi")).to_contain_text("Cao Thế Long (long) đánh dấu “Có mặt”")
    assert _shown(b, "Trần Thị Chi") == ["present"]
    expect(_row(b, "Ngô Văn 1").locator("input[type=radio][value=leave]")).to_be_checked(timeout=20_000)
    assert _on_server(held, held.chi) == ["present"]
    assert _on_server(held, held.dung) == ["late"]
    b.reload()  # also on a page that was opened anew
    expect(status).to_have_attribute("data-conflicts", "1")
    assert _shown(b, "Trần Thị Chi") == ["present"]
    assert b.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    name, kind = ("Giữ “Có mặt”", "present") if chosen == "theirs" else ("Đánh dấu “Vắng”", "absent")
    b.get_by_role("button", name=name).click()
    expect(status).to_have_attribute("data-conflicts", "0")
    expect(status).to_have_attribute("data-waiting", "0")
    expect(status).to_contain_text("Đã lưu")
    expect(_row(b, "Trần Thị Chi").locator(f"input[type=radio][value={kind}]")).to_be_checked()
    assert _on_server(held, held.chi) == [kind]
    # A's page comes to show it too, without being loaded again.
    expect(_row(a, "Trần Thị Chi").locator(f"input[type=radio][value={kind}]")).to_be_checked(timeout=20_000)
    assert not [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text]
