"""Whatever goes wrong: people read what it was and how to go on; the log has the rest."""

import io
import logging
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.core.access import READERS, allow
from training.core.db import db


@pytest.mark.parametrize("statement", [None, "SELECT 1 / 0 FROM nowhere"])
def test_an_error_of_ours_is_a_whole_page_and_stands_in_the_log(
    app: Flask, client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch, caplog: Any, statement: str
) -> None:
    def fail(**_values: int) -> str:
        db.session.execute(sa.text(statement)) if statement else None
        raise RuntimeError("a mistake of ours")

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "people.units", allow(READERS)(fail))
    login(client, people.an)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/units")
    assert answer.status_code == 500
    assert "Hệ thống gặp lỗi" in answer.text
    assert people.an.name in answer.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/classes/99999999999999999999", 404),
        ("/units/3000000000", 404),
        ("/heads?unit=99999999999999999999", 400),
        ("/money?year=3000000000", 400),
        ("/courses?q=%00", 200),
        ("/gaps?day=31/12/9999", 200),
        ("/rotations?last=01/01/0001", 200),
    ],
)
def test_nonsense_in_an_address_is_answered_in_words(
    client: FlaskClient, people: People, province: Province, address: str, status: int
) -> None:
    login(client, people.an)
    answer = client.get(address)
    assert answer.status_code == status
    assert people.an.name in answer.text


def test_signs_that_cannot_be_kept_do_not_break_a_form(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    answer = client.post("/places/new", data={"code": "K\x00", "name": "Khe\x00 Chàm\x07"}, follow_redirects=True)
    assert "Khe Chàm" in answer.text


def test_a_year_that_cannot_be_is_refused_beside_its_field(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.an)
    page = client.post(
        f"/units/{province.commune_x.id}/edit", data={"valid_to": "31/12/9999", "version": "1"}
    ).text
    assert "Năm 9999 không hợp lý." in page


def test_an_error_leads_back_to_where_one_came_from(client: FlaskClient, people: People) -> None:
    login(client, people.an)
    here = "http://127.0.0.1:5000"
    assert 'href="/units?q=x"' in client.get("/units/99", headers={"Referer": f"{here}/units?q=x"}).text
    assert "Quay lại" not in client.get("/units/99", headers={"Referer": f"{here}/units/99"}).text
    assert "evil.example" not in client.get("/units/99", headers={"Referer": "http://evil.example/units"}).text


def test_a_file_that_is_too_large_is_told_how_large_it_may_be(
    app: Flask, client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 3 * 2**20)
    login(client, people.an)
    answer = client.post("/imports/places/new", data={"file": (io.BytesIO(b"x" * 4 * 2**20), "a.xlsx")})
    assert answer.status_code == 413
    assert "tối đa 3 MB" in answer.text
