"""Two hundred after the last twenty seats of a class, at once, each in a connection of their own."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

import sqlalchemy as sa
from flask import Flask

from tests.conftest import People, Province
from tests.enrolments.conftest import Published
from training.classes.models import TrainingClass
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.models import Enrolment, EnrolmentState
from training.enrolments.rearranging import manual
from training.needs.models import Need
from training.people.models import Employee

_CLIENTS, _SEATS = 200, 20


def test_the_last_seats_go_to_exactly_as_many(
    app: Flask, published: Published, province: Province, people: People
) -> None:
    with operation(SYSTEM, "test.rush"):
        crowd = [
            Employee(code=f"R{n:03}", name=f"Người Thứ {n}", unit=province.commune_x, position=province.position)
            for n in range(_CLIENTS)
        ]
        wants = [Need(round=province.round, employee=who, course=province.basic, priority=3) for who in crowd]
        db.session.add_all([*crowd, *wants])
        published.second.max_seats = published.second.seats_taken + _SEATS
    db.session.commit()
    class_id, before = published.second.id, published.second.seats_taken
    need_ids = [need.id for need in wants]
    db.session.rollback()

    def client(need_id: int) -> str:
        with app.app_context():
            try:
                manual.place(db.session.get_one(Need, need_id), class_id, actor=SYSTEM)
                db.session.commit()
            except Refused as refused:
                db.session.rollback()
                return refused.faults[0].message
            finally:
                db.session.remove()
            return "seated"

    with ThreadPoolExecutor(_CLIENTS) as pool:
        told = Counter(pool.map(lambda need_id: Context().run(client, need_id), need_ids))
    assert told.pop("seated") == _SEATS
    assert sum(told.values()) == _CLIENTS - _SEATS
    assert all("L003" in message for message in told)  # full, and nothing else
    db.session.expire_all()
    living = sa.select(sa.func.count()).where(
        Enrolment.class_id == class_id, Enrolment.state != EnrolmentState.CANCELLED
    )
    assert db.session.scalar(living) == before + _SEATS
    assert db.session.get_one(TrainingClass, class_id).seats_taken == before + _SEATS
