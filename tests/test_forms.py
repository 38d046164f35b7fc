"""Fields take what Vietnamese offices type, and show again what was saved."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from training.core.forms import ChoiceField, DayField, Form, MoneyField, TextField, WholeField, between, required
from training.imports.reading.cells import CellFault, read_day


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
        ("day", "27.11.2026", date(2026, 11, 27)),
        ("day", "27-11-2026", date(2026, 11, 27)),
        ("day", "27/11/26", date(2026, 11, 27)),
        ("day", "2/9/85", date(1985, 9, 2)),
        ("day", " 27 / 11 / 2026 ", date(2026, 11, 27)),
        ("day", "27112026", date(2026, 11, 27)),
        ("day", "ngày 27 tháng 11 năm 2026", date(2026, 11, 27)),
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


class _Strict(Form):
    day = DayField("day", [required()])
    count = WholeField("count", [required(), between(1, 9)])
    choice = ChoiceField("choice", [required()], coerce=int)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("27.11", f"“27.11” thiếu năm: xin viết đủ, ví dụ 27/11/{date.today().year}."),
        ("27/11/", f"“27/11/” thiếu năm: xin viết đủ, ví dụ 27/11/{date.today().year}."),
        ("11/2026", "“11/2026” thiếu ngày: xin viết dạng nn/tt/nnnn."),
        ("31/02/2026", "“31/02/2026” không có trên lịch: tháng đó không có ngày này."),
        ("11/27/2026", "“11/27/2026”: xin viết ngày trước, tháng sau (nn/tt/nnnn)."),
        ("27/11/0206", "Năm 206 không hợp lý."),
        ("thứ Hai", "“thứ Hai” không phải ngày tháng: xin viết dạng nn/tt/nnnn."),
        ("", "Xin nhập ô này."),
    ],
)
def test_a_date_has_one_fault_at_a_time_the_same_in_forms_and_sheets(app: Flask, typed: str, told: str) -> None:
    with app.test_request_context(method="POST"):
        form = _Strict(MultiDict({"day": typed, "count": "3", "choice": "1"}))
        form.choice.offer([(1, "một")])
        form.validate()
        assert form.errors == {"day": [told]}
        if typed:
            with pytest.raises(CellFault) as fault:
                read_day(typed)
            assert str(fault.value) == told


def test_what_is_no_number_is_neither_missing_nor_too_small(app: Flask) -> None:
    with app.test_request_context(method="POST"):
        form = _Strict(MultiDict({"day": "27/11/2026", "count": "hai", "choice": "x"}))
        form.choice.offer([(1, "một")])
        form.validate()
        assert {name: len(faults) for name, faults in form.errors.items()} == {"count": 1, "choice": 1}
