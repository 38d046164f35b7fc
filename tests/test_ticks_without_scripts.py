"""Without scripts a page of a list forgets what was ticked on another: it says so beside what would lose it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.load.crawl import crawl
from tests.test_query_counts import grow
from training.core import tables

TOLD = "Dấu chọn chỉ tính trong trang này"


@pytest.mark.parametrize(("name", "lists"), [("an", 1), ("binh", 1), ("ha", 0), ("khanh", 0)])
def test_lists_with_boxes_say_that_ticks_count_for_one_page(
    app: Flask, client: FlaskClient, province: Province, people: People, monkeypatch: pytest.MonkeyPatch,
    name: str, lists: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(tables, "PAGE_SIZE", 1)
    grow(province, 0, 3)
    login(client, getattr(people, name))
    found = 0
    for address in crawl(app, client, per_endpoint=1).screens:
        page = client.get(address).text
        paged = '<ul class="pagination' in page
        if "app-select-all" not in page or "app-elsewhere" not in page:
            assert TOLD not in page or "app-select-all" in page, address
            continue
        found += 1
        outside = re.sub(r"<noscript>.*?</noscript>", "", page, flags=re.DOTALL)
        assert TOLD not in outside, f"{address}: scripts keep ticks, so nothing is said with them"
        assert page.count(TOLD) == (2 if paged else 1), address
        if paged:
            beside = page[: page.index('<ul class="pagination')]
            assert TOLD in beside[-500:], f"{address}: beside the pages"
    assert found >= lists
