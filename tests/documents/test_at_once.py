"""Papers at the same moment as something else: no letter for a seat that was taken back, no
batch beside another."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.documents.conftest import Office
from tests.interleaving import at_once, by_another
from training.core.access import ALL
from training.core.audit import SYSTEM
from training.core.chunked_jobs import WorkState
from training.core.db import db
from training.core.errors import Refused
from training.documents import batches, operations
from training.documents.models import Document, Paper, PaperBatch
from training.enrolments.models import Enrolment
from training.enrolments.publishing import undo
from training.enrolments.rearranging import manual
from training.planning.models import Plan


def _undo(plan_id: int) -> None:
    undo.unpublish(db.session.get_one(Plan, plan_id), actor=SYSTEM)


def test_no_letter_for_a_seat_of_a_plan_that_is_taken_back_this_moment(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read by the page, then the publication was undone, then issued."""
    plan_id, seat_id = office.published.plan.id, office.published.seat("NV001/CV").id
    shown = office.published.seat("NV001/CV")
    by_another(app, lambda: _undo(plan_id))
    with pytest.raises(Refused, match="Người này không còn"):
        operations.issue(Paper.SUMMONS, seat_id, office.terms(), actor=office.people.an, scope=ALL)
    db.session.rollback()
    db.session.expire_all()
    assert shown.ended_at is not None
    assert db.session.get_one(Plan, plan_id).told_at is None


def test_a_letter_and_undoing_do_not_wait_for_each_other(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id, seat_id = office.published.plan.id, office.published.seat("NV001/CV").id
    terms, user_id = office.terms(), office.people.an.id
    assert {terms.issuer.name, terms.signer.name, user_id}
    db.session.rollback()
    ended = at_once(
        app,
        monkeypatch,
        lambda: operations.issue(Paper.SUMMONS, seat_id, _again(terms), actor=SYSTEM, scope=ALL),
        lambda: _undo(plan_id),
        holding=(operations, "filling_in_use"),
    )
    assert ended[0] is None
    assert isinstance(ended[1], Refused)


def _again(terms: operations.Terms) -> operations.Terms:
    issuer = db.session.get_one(type(terms.issuer), terms.issuer.id)
    signer = db.session.get_one(type(terms.signer), terms.signer.id)
    return operations.Terms(issuer, signer, terms.issued_on, terms.grounds)


def _ask(office: Office) -> int:
    made = batches.ask(
        Paper.SUMMONS, office.terms(), plan_id=office.published.plan.id, user=office.people.an, scope=ALL
    )
    db.session.commit()
    return made.id


def test_letters_of_a_plan_that_is_taken_back_this_moment(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told then, and the plan may be taken back after it is published once more."""
    plan_id, batch_id = office.published.plan.id, _ask(office)
    read = batches.pending

    def pending(*args: Any, **kwargs: Any) -> Any:
        wanted = list(db.session.scalars(read(*args, **kwargs)))
        monkeypatch.setattr(batches, "pending", read)
        by_another(app, lambda: _undo(plan_id))
        return sa.select(Enrolment.id).where(Enrolment.id.in_(wanted)).order_by(Enrolment.id)

    monkeypatch.setattr(batches, "pending", pending)
    by_another(app, lambda: batches.work(batch_id))
    db.session.expire_all()
    assert db.session.get_one(Plan, plan_id).told_at is None
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Document)) == 0
    assert db.session.get_one(PaperBatch, batch_id).state == WorkState.READY


def test_letters_and_a_seat_that_is_taken_back_do_not_wait_for_each_other(
    app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id, seat_id = _ask(office), office.published.seat("NV001/CV").id
    db.session.rollback()
    ended = at_once(
        app,
        monkeypatch,
        lambda: batches.BatchRun(batch_id).step(),
        lambda: _undo_one(seat_id),
        holding=(batches, "mark_told"),
    )
    assert ended == [None, None]


def _undo_one(seat_id: int) -> None:
    manual.take_back(db.session.get_one(Enrolment, seat_id), reason="Nhầm", actor=SYSTEM)


def test_a_stopped_batch_does_not_go_on_beside_another(office: Office) -> None:
    first = db.session.get_one(PaperBatch, _ask(office))
    batches.stop(first, actor=office.people.an)
    db.session.commit()
    _ask(office)
    with pytest.raises(Refused, match="đang được"):
        batches.go_on(first, actor=office.people.an)
