"""The same course asked for in two open rounds: allowed, and said."""

from datetime import timedelta

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from training.audit import SYSTEM
from training.db import db
from training.language import today
from training.needs.models import Round
from training.needs.operations import register_many, save_round, withdraw


def second_round(province: Province, days_left: int = 9) -> Round:
    first = today() - timedelta(days=20)
    values = {
        "code": "D2", "name": "Đợt bổ sung", "year": province.year, "opens_on": first,
        "closes_on": today() + timedelta(days=days_left),
    }  # fmt: skip
    made = save_round(values, actor=SYSTEM)
    db.session.commit()
    return made


def register(client: FlaskClient, province: Province) -> str:
    address = f"/rounds/{province.round.id}/register?course={province.basic.id}"
    data = {"people": province.chi.id, "priority": "2", "note": ""}
    return client.post(address, data=data, follow_redirects=True).text


def test_who_asks_in_a_second_round_is_warned(client: FlaskClient, province: Province, people: People) -> None:
    other = second_round(province)
    (need,) = register_many(
        other, [province.chi.id], province.basic.id, 2, actor=people.an, scope=people.an.scope()
    )
    db.session.commit()
    login(client, people.binh)
    page = register(client, province)
    assert "đợt khác đang mở (Đợt bổ sung): Trần Thị Chi" in page
    assert "một đợt khác đang mở" in client.get(f"/needs/{need.id}").text
    withdraw([need], actor=people.an, scope=people.an.scope())
    db.session.commit()
    assert "một đợt khác đang mở" not in client.get(f"/needs/{need.id}").text


def test_a_round_that_is_over_is_no_reason(client: FlaskClient, province: Province, people: People) -> None:
    other = second_round(province)
    register_many(other, [province.chi.id], province.basic.id, 2, actor=people.an, scope=people.an.scope())
    save_round({"closes_on": today() - timedelta(days=1)}, actor=SYSTEM, row=other)
    db.session.commit()
    login(client, people.binh)
    assert "đợt khác đang mở" not in register(client, province)
