"""Two people edit one row: the second is shown what differs, and that alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from tests.conftest import People, Province, login
from tests.figures.conftest import Rich, optimise, planned_year, rich, stand_in
from tests.load.presses import Form, Screen
from tests.test_query_counts import _addresses, grow
from training.core.access import Role
from training.core.db import Base, db

__all__ = ["optimise", "planned_year", "rich", "stand_in"]


def _edited(page: str) -> Form | None:
    """The form of a page that carries the version of a row."""
    screen = Screen(tick=False)
    screen.feed(page)
    return next((form for form in screen.forms if any(name == "version" for name, _value in form.fields)), None)


def _someone_else_saves() -> None:
    """Every row gets a new version, and nothing else changes."""
    with db.engine.begin() as connection:
        for table in Base.metadata.tables.values():
            if "version" in table.columns:
                connection.execute(sa.update(table).values(version=table.c.version + 1))
    db.session.expire_all()


@pytest.mark.parametrize("who", ["an", "quan", "khanh"])
def test_a_form_in_which_nothing_differs_marks_nothing(
    app: Flask, client: FlaskClient, rich: Rich, province: Province, people: People, who: str
) -> None:
    grow(province, 11, 13)
    user = getattr(people, who)
    login(client, user)
    opened = {
        endpoint: (address, form)
        for role in user.role_set
        for endpoint, address in _addresses(app, Role(role)).items()
        if endpoint.endswith("_edit") and (form := _edited(client.get(address).text)) is not None
    }
    assert len(opened) > 5 or who == "khanh"
    _someone_else_saves()
    marked, silent = [], []
    for endpoint, (address, form) in opened.items():
        answer = client.post(address, data=MultiDict(form.fields))
        if "is-invalid" in answer.text or "invalid-feedback" in answer.text:
            told = answer.text[answer.text.index("invalid") :][:400] if "invalid" in answer.text else ""
            marked.append(f"{endpoint} {address}: {told}")
        if answer.status_code not in {409, 200}:
            silent.append(f"{endpoint} {address}: {answer.status_code}")
    assert not marked, "\n".join(marked)
    assert not silent, "\n".join(silent)


def test_what_differs_is_told_in_the_words_of_the_form(
    client: FlaskClient, province: Province, people: People
) -> None:
    login(client, people.an)
    address = f"/classes/{province.class_basic.id}/edit"
    form = _edited(client.get(address).text)
    assert form is not None
    with db.engine.begin() as connection:
        table = Base.metadata.tables["training_class"]
        changed = sa.update(table).where(table.c.id == province.class_basic.id)
        connection.execute(changed.values(version=table.c.version + 1, mode="online", max_seats=12, note=None))
    db.session.expire_all()
    page = client.post(address, data=MultiDict(form.fields))
    assert page.status_code == 409
    assert "hiện là “12”" in page.text
    assert "hiện là “Trực tuyến”" in page.text
    assert page.text.count("hiện là “") == 2
    assert "None" not in page.text
