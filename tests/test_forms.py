"""Fields take what Vietnamese offices type, and show again what was saved."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from training.forms import ChoiceField, DayField, Form, MoneyField, TextField, WholeField, required


class _Form(Form):
    day = DayField("day")
    count = WholeField("count")
    money = MoneyField("money")
    choice = ChoiceField("choice", coerce=int)
    text = TextField("text", [required()])


def _sent(app: Flask, **values: str) -> _Form:
    with app.test_request_context(method="POST"):
        form = _Form(MultiDict({"text": "x", **values}))
        form.choice.offer([(1, "một"), (2, "hai")])
        form.validate()
        return form


@pytest.mark.parametrize(
    ("field", "typed", "meant"),
    [
        ("day", "05/11/2026", date(2026, 11, 5)),
        ("day", "2026-11-05", date(2026, 11, 5)),
        ("day", "", None),
        ("count", "12.200", 12200),
        ("money", "12.200.000", 12_200_000),
        ("money", "0", 0),
        ("choice", "2", 2),
        ("choice", "", None),
        ("text", "  Trần   Chi ", "Trần Chi"),
    ],
)
def test_what_is_typed_is_understood(app: Flask, field: str, typed: str, meant: Any) -> None:
    form = _sent(app, **{field: typed})
    assert not form.errors
    assert form[field].data == meant


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("day", "31/02/2026"),
        ("day", "11/2026"),
        ("count", "hai"),
        ("money", "1,5"),
        ("choice", "3"),
        ("text", "  "),
    ],
)
def test_what_cannot_be_understood_is_told_beside_the_field(app: Flask, field: str, typed: str) -> None:
    assert set(_sent(app, **{field: typed}).errors) == {field}


def test_what_was_saved_is_shown_in_boxes_that_can_hold_it(app: Flask) -> None:
    """Browsers empty an `<input type=date>` or `<input type=number>` whose value is written the Vietnamese way."""
    with app.test_request_context():
        form = _Form(data={"day": date(2026, 11, 5), "count": 1200, "money": 12_200_000})
        assert 'type="text" value="05/11/2026"' in str(form.day())
        assert 'type="text" value="12.200.000"' in str(form.money())
        assert 'type="text" value="1200"' in str(form.count())
