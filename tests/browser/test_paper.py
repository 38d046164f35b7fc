"""What is printed of a page: all that its forms hold, and nothing that is only pressed."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.test_widths import client_of, signed_in
from tests.conftest import People, Province
from tests.enrolments.conftest import optimise, published, stand_in
from tests.load.crawl import crawl
from tests.results.conftest import Held, held

__all__ = ["held", "optimise", "published", "stand_in"]

pytestmark = pytest.mark.browser

# Of each field that holds something: whether paper shows it, whole.
_LOST_ON_PAPER = """
() => [...document.querySelectorAll("main form input, main form select, main form textarea")].filter((e) => {
  if (["hidden", "submit", "button", "file"].includes(e.type) || e.closest(".visually-hidden")) return false;
  if (e.matches(".btn-check")) {
    const label = document.querySelector(`label[for="${e.id}"]`);
    return e.checked && !label.getClientRects().length;
  }
  const unset = e.type === "checkbox" || e.type === "radio" ? !e.checked : !e.value;
  if (unset || (e.tagName === "SELECT" && e.form.method === "get" && e.value === "all")) return false;
  return !e.getClientRects().length || e.scrollHeight > e.clientHeight + 4;
}).map((e) => `${e.tagName} ${e.name} = ${e.value}`)
"""


def test_paper_shows_what_forms_hold(
    app: Flask, browser: Browser, site: str, held: Held, people: People, province: Province
) -> None:
    """The roll call, scores, half-days, ratings, registering people, and every form that links lead to."""
    held.finish()
    wrong, seen = [], 0
    for user in (people.long, people.an, people.binh):
        found = crawl(app, client_of(app, user), per_endpoint=1)
        addresses = sorted({shown for every in found.pages.values() for shown in every} & found.screens)
        context = signed_in(app, browser, site, user)
        page = context.new_page()
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 718, "height": 1000})  # A4 between its margins
        for address in addresses:
            page.goto(site + address, wait_until="domcontentloaded")
            if not page.locator("main form").count():
                continue
            seen += 1
            lost = page.evaluate(_LOST_ON_PAPER)
            wrong += [f"{user.code} {address}: not on paper: {one}" for one in lost]
            assert page.locator("main").inner_text().strip(), f"{address} is empty on paper"
            assert not page.locator("header, body > footer").first.is_visible()
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                wrong.append(f"{user.code} {address}: {wide} px do not fit the paper")
        context.close()
    assert seen > 20
    assert not wrong, "\n".join(wrong)
