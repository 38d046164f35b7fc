"""The demo's plan is told to its people, as the worker does it."""

from __future__ import annotations

import sqlalchemy as sa

from tests.conftest import People
from tests.enrolments.conftest import Published, optimise, planned, published, stand_in
from training.core.db import db
from training.demo.command import tell_everybody
from training.enrolments.publishing import undo
from training.enrolments.publishing.announcements import key_of
from training.messages.models import Message, MessageState
from training.messages.queries import told

__all__ = ["optimise", "planned", "published", "stand_in"]


def test_everybody_is_told_and_no_mail_waits(published: Published, people: People) -> None:
    plan = tell_everybody(published.plan, people.an)
    assert told(*key_of(plan)) == 6
    assert undo.obstacles(plan), "what is told is not taken back"
    waiting = sa.select(sa.func.count()).where(Message.state == MessageState.QUEUED)
    assert db.session.scalar(waiting) == 0
