"""A part of `tests.load.fuzz` over the few rows of the tests: no answer 500, no row read or written by whom it is
not permitted; and that the fuzz sees a foreign row where there is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import People
from tests.documents.conftest import Office, office, optimise, planned, published, stand_in
from tests.load.fuzz import Fuzz, make_actors, report
from tests.load.fuzz_rows import Actor, planted, written
from training.accounts.models import User
from training.core.access import EVERYBODY, Role
from training.core.db import db
from training.documents.models import Paper

__all__ = ["office", "optimise", "planned", "published", "stand_in"]

SECONDS = 15  # on a machine that is busy it asks less, never longer


@pytest.fixture
def actors(app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Actor]]:
    for name in ("NV001/CV", "NV002/CV"):
        office.issue(Paper.SUMMONS, office.published.seat(name).id)
    monkeypatch.setitem(app.config, "TESTING", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    made = make_actors()
    with planted():
        yield made
        db.session.rollback()


@pytest.mark.parametrize("seed", [1, 2])
def test_odd_requests_of_many_roles_end_in_no_error_and_reach_no_foreign_row(
    app: Flask, actors: list[Actor], seed: int
) -> None:
    fuzz = Fuzz(app, actors, seed)
    found = fuzz.run(gets=400, posts=300, seconds=SECONDS)
    fuzz.make_exports(3)
    assert [found.errors, found.read, found.wrote] == [{}, {}, {}], report(found)
    assert found.gets > 0
    assert found.posts > 0


def test_the_fuzz_sees_a_foreign_row_that_is_read_or_written(
    app: Flask, actors: list[Actor], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = User.scope
    monkeypatch.setattr(User, "scope", lambda self, _opened_to=EVERYBODY: whole(self, EVERYBODY))
    pair = next(actor for actor in actors if actor.roles == {Role.TRAINEE, Role.LEADER})
    seat = db.session.scalar(
        sa.text(
            "SELECT min(s.id) FROM enrolment s JOIN user_account u ON u.employee_id <> s.employee_id "
            "WHERE u.id = :id"
        ),
        {"id": pair.user_id},
    )  # fmt: skip
    db.session.rollback()
    fuzz = Fuzz(app, [pair])
    fuzz.post(pair, "enrolments.confirm", f"/seats/of/{seat}/confirm", [])
    assert fuzz.found.wrote
    assert written() == []
