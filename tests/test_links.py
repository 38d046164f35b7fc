"""Every link that somebody sees leads somewhere they may go."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.load.crawl import crawl
from tests.test_query_counts import grow


@pytest.mark.parametrize("name", ["an", "binh", "chi", "quan"])
def test_no_link_leads_nowhere(
    app: Flask, client: FlaskClient, province: Province, people: People, name: str
) -> None:
    grow(province, 0, 3)
    login(client, getattr(people, name))
    found = crawl(app, client)
    assert not found.broken
    assert "dashboard.home" in found.pages
