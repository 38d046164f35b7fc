"""Books that two people write at the same moment, and what a telephone or a form may send."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import login
from tests.interleaving import at_once, by_another
from tests.results.conftest import Held
from training.classes.models import TrainingClass
from training.core.audit import SystemActor
from training.core.db import db
from training.core.errors import Refused
from training.results import corrections, queries
from training.results.books import roll_call, score_entry
from training.results.models import ResultCorrection, TestScore


def _scores(held: Held) -> dict[str, list[str]]:
    known = queries.scores(held.opened.class_id)
    codes = {seat.id: seat.employee.code for seat in held.seats}
    return {codes[seat]: [str(row.get(n, "")) for n in (1, 2)] for seat, row in known.items()}


def test_two_lecturers_each_with_their_test(client: FlaskClient, held: Held) -> None:
    """Each has opened the table before the other saved: nobody empties what the other entered."""
    login(client, held.people.long)
    address = f"/class-books/{held.opened.class_id}/scores"
    page = client.get(address).text
    chi, dung = held.chi.id, held.dung.id
    given = {"1": {f"s-{chi}-1": "7", f"s-{dung}-1": "8"}, "2": {f"s-{chi}-2": "9", f"s-{dung}-2": "6"}}
    empty = {f"s-{seat.id}-{n}": "" for seat in held.seats for n in (1, 2)}
    for mine in given.values():
        assert client.post(address, data={**empty, **_shown(page), **mine}).status_code == 302
    assert _scores(held) == {"NV001": ["7.00", "9.00"], "NV002": ["8.00", "6.00"]}


def _shown(page: str) -> dict[str, str]:
    """What the page sends along with its fields: what they showed."""
    return dict(re.findall(r'<input type="hidden" name="(was-[^"]+)" value="([^"]*)">', page))


def test_a_score_that_somebody_else_changed_meanwhile_is_shown(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    held.score(held.chi, "5", None)
    address, field = f"/class-books/{held.opened.class_id}/scores", f"s-{held.chi.id}-1"
    shown = _shown(client.get(address).text)
    held.score(held.chi, "6", None)
    told = client.post(address, data={**shown, field: "7"})
    assert told.status_code == 422
    assert "Người khác" in told.text
    assert _scores(held)["NV001"] == ["6.00", ""]
    again = client.post(address, data={**_shown(told.text), field: "7"})
    assert again.status_code == 302
    assert _scores(held)["NV001"] == ["7.00", ""]


def test_the_same_new_score_at_the_same_moment(app: Flask, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    held.score(held.dung, "5")  # the class has its own tests from now on
    class_id, seat_id = held.opened.class_id, held.chi.id
    user = SystemActor(held.people.long.name, held.people.long.id)
    db.session.rollback()

    def save(value: str) -> None:
        made = db.session.get_one(TrainingClass, class_id)
        score_entry.save_scores(made, {seat_id: {1: Decimal(value)}}, actor=user)

    ended = at_once(app, monkeypatch, lambda: save("7"), lambda: save("8"), holding=(score_entry, "write_scores"))
    assert ended == [None, None]
    assert _scores(held)["NV001"] == ["8.00", ""]


def test_two_ask_for_a_correction_at_the_same_moment(
    app: Flask, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.finish()
    class_id, result_id = held.opened.class_id, held.result(held.dung).id
    user = SystemActor(held.people.long.name, held.people.long.id)
    db.session.rollback()

    def ask() -> None:
        opened = queries.opened(class_id, roll_call.ALL)
        row = queries.result(result_id, roll_call.ALL)
        assert opened is not None
        assert row is not None
        corrections.ask(opened, row, scores={1: Decimal(6)}, marks={}, ground="Cộng sót", actor=user)

    ended = at_once(app, monkeypatch, ask, ask, holding=(corrections, "hold"))
    assert ended[0] is None
    assert isinstance(ended[1], Refused)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ResultCorrection)) == 1


@pytest.mark.parametrize(
    "sent",
    [
        [1, 2],
        "x",
        5,
        {"marks": [{"seat": 1, "half_day": 5, "kind": "present", "at": "2026-01-01T07:00:00+07:00"}]},
        {"marks": [{"seat": 1, "half_day": "2026-01-05/morning", "kind": [], "at": 7}, None, "x", []]},
        {"marks": [{"seat": True, "half_day": "\x00", "kind": {}, "at": "0001-01-01T00:00:00+14:00"}]},
    ],
)
def test_a_telephone_that_sends_nonsense_is_told_so(client: FlaskClient, held: Held, sent: Any) -> None:
    login(client, held.people.long)
    response = client.post("/roll-call/marks", json=sent)
    assert response.status_code in (200, 400)


def test_a_telephone_whose_clock_stands_at_the_beginning_of_time(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    one = {
        "seat": held.chi.id, "half_day": held.half_days[0].key, "kind": "present",
        "at": "0001-01-01T00:00:00+14:00",
    }  # fmt: skip
    told = client.post("/roll-call/marks", json={"marks": [one]}).json
    assert told is not None
    assert told["told"][0]
    assert queries.marks(held.opened.class_id) == {}


@pytest.mark.parametrize("weight", ["²", "9" * 5000, "１", "-1", "\x00"])
def test_a_weight_that_is_no_number_is_told(client: FlaskClient, held: Held, weight: str) -> None:
    login(client, held.people.long)
    address = f"/class-books/{held.opened.class_id}/tests"
    assert client.post(address, data={"name": "Bài", "weight": weight}).status_code in (200, 302)


def test_scores_that_are_no_numbers(client: FlaskClient, held: Held) -> None:
    login(client, held.people.long)
    address, field = f"/class-books/{held.opened.class_id}/scores", f"s-{held.chi.id}-1"
    nonsense = (
        "NaN",
        "sNaN",
        "Infinity",
        "1e999999999",
        "1e-999999999",
        "²",
        "\x00",
        "9" * 5000,
        "-0",
        "0e999999999",
    )
    for text in nonsense:
        response = client.post(address, data={field: text})
        assert response.status_code in (302, 422), text
    assert not db.session.scalar(sa.select(TestScore.id).where(TestScore.value != 0))


def test_a_result_is_corrected_by_who_reads_it_afresh(app: Flask, held: Held) -> None:
    """Two corrections of one result one after the other, the second page read before the first was approved."""
    held.finish()
    held.recognise()
    row, user = held.result(held.dung), SystemActor(held.people.an.name, held.people.an.id)
    first = corrections.ask(
        held.opened, row, scores={1: Decimal(6)}, marks={}, ground="Cộng sót", actor=held.people.long
    )
    db.session.commit()
    correction_id = first.id
    kept = [held.result(seat) for seat in held.seats]

    def approve() -> None:
        opened = queries.opened(held.opened.class_id, roll_call.ALL)
        correction = queries.correction(correction_id, roll_call.ALL)
        assert opened is not None
        assert correction is not None
        corrections.decide(opened, correction, approve=True, actor=user)

    assert not all(one.passed for one in kept)
    by_another(app, approve)
    with pytest.raises(Refused):
        corrections.decide(held.opened, first, approve=True, actor=user)
    db.session.rollback()
    assert all(one.passed for one in kept)
