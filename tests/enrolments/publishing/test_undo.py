"""A publication is taken back as long as nobody was told; and may be made again."""

from __future__ import annotations

import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.enrolments.conftest import Published
from training.core.audit import SYSTEM, operation
from training.core.db import db
from training.enrolments.models import Enrolment, How
from training.enrolments.publishing import publish
from training.planning.models import OptimizerRun, PlanState


def test_a_publication_is_undone_and_made_again(client: FlaskClient, published: Published, people: People) -> None:
    before, run_id = published.seats(), published.plan.published_run_id
    login(client, people.an)
    address = f"/plans/{published.plan.id}/unpublish"
    assert "Chỗ sẽ kết thúc" in client.get(address).text
    assert published.seats() == before
    client.post(address)
    assert (published.seats(), published.waiting()) == ({}, [])
    assert (published.plan.state, published.plan.published_run_id) == (PlanState.DRAFT, None)
    ways = set(db.session.scalars(sa.select(Enrolment.ended_how)))
    assert ways == {How.UNPUBLISHED}
    assert published.first.seats_taken == 0
    publish.publish(db.session.get_one(OptimizerRun, run_id), actor=people.an)
    db.session.commit()
    assert published.seats() == before
    assert published.waiting() == ["NV005/CV", "NV006/CV"]


def test_what_was_told_is_not_undone(client: FlaskClient, published: Published, people: People) -> None:
    publish.mark_told(published.plan.id, actor=people.an)
    db.session.commit()
    publish.mark_told(published.plan.id, actor=SYSTEM)  # the first time counts
    db.session.commit()
    login(client, people.an)
    page = client.post(f"/plans/{published.plan.id}/unpublish")
    assert page.status_code == 409
    assert "Nguyễn Văn An" in page.text
    assert len(published.seats()) == 6


def test_a_class_that_began_keeps_its_plan(client: FlaskClient, published: Published, people: People) -> None:
    with operation(SYSTEM, "test.begun"):
        run = published.first.options[0].sessions[0]
        run.first = run.first.replace(year=2020)
    db.session.commit()
    login(client, people.an)
    page = client.post(f"/plans/{published.plan.id}/unpublish")
    assert page.status_code == 409
    assert "L001" in page.text
