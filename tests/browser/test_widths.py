"""Every page that somebody reaches fits a desk (1280 px) and a telephone (390 px): nothing is wider than the
window, no words are cut off; what is wide scrolls in a box of its own."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext

from tests.browser.looking import faults
from tests.conftest import Browser as Client
from tests.conftest import People, login
from tests.figures.conftest import Rich, optimise, planned_year, rich, stand_in
from tests.load.crawl import crawl
from training.accounts.models import User

__all__ = ["optimise", "planned_year", "rich", "stand_in"]

pytestmark = pytest.mark.browser

WIDTHS = (1280, 390)


def client_of(app: Flask, user: User) -> FlaskClient:
    app.test_client_class = Client
    client = app.test_client()
    login(client, user)
    return client


def signed_in(app: Flask, browser: Browser, site: str, user: User) -> BrowserContext:
    """A browser's window of `user`, as after the sign-in page."""
    with client_of(app, user).session_transaction() as session:
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # Flask's own class has it
        cookie = signer.dumps(dict(session))
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="vi-VN")
    context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": cookie, "url": site}])
    return context


def test_every_page_fits_its_window(app: Flask, browser: Browser, site: str, rich: Rich, people: People) -> None:
    """The planner, a unit's officer, a trainee, the finance officer, the host."""
    wrong = []
    for user in (people.an, people.binh, people.chi, people.khanh, people.long):
        found = crawl(app, client_of(app, user), per_endpoint=1)
        addresses = sorted({shown for every in found.pages.values() for shown in every} & found.screens)
        assert len(addresses) > 10, user.code
        context = signed_in(app, browser, site, user)
        page = context.new_page()
        for address in addresses:
            page.goto(site + address, wait_until="domcontentloaded")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                wrong += [f"{user.code} {address} at {width}: {fault}" for fault in faults(page)]
        context.close()
    assert not wrong, "\n".join(wrong)
