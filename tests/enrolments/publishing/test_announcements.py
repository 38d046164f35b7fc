"""A plan is told in the background: none is missed, none told twice, whatever happens to the worker."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import People
from tests.enrolments.conftest import Published, announce, tell_them
from tests.worker_process import Start, until, workers
from training.core.audit import SYSTEM, operation
from training.core.chunked_jobs import WorkState
from training.core.db import db
from training.core.errors import Refused
from training.enrolments.models import Announcement
from training.enrolments.publishing import announcements, undo
from training.enrolments.rearranging import manual
from training.messages.models import Channel, Message, MessageState

EVERYBODY = Counter({f"NV00{n}": 1 for n in range(1, 7)})

# A worker whose chunks are single people, each of whom takes a while: time to kill it between two of them.
WORKER = """
import sys, time
from config import Config
from training import create_app
from training.enrolments.publishing import announcements
from training.core.tasks import run_worker
announcements.CHUNK = 1
slow = float(sys.argv[1])
tell = announcements.tell_each
def slowly(news):
    time.sleep(slow)
    return tell(news)
announcements.tell_each = slowly
run_worker(create_app(Config, WORKER_HEARTBEAT=0.5), concurrency=1)
"""


def told() -> Counter[str]:
    """Code → how many mails of the announcement somebody has."""
    db.session.rollback()
    db.session.expire_all()
    rows = db.session.scalars(
        sa.select(Message).where(Message.kind == "enrolments.published", Message.channel == Channel.MAIL)
    )
    return Counter(row.employee.code for row in rows if row.employee)


def ask(published: Published, people: People) -> int:
    made = announcements.ask(published.plan, user=people.an)
    db.session.commit()
    return made.id


def row(announcement_id: int) -> Announcement:
    return db.session.get_one(Announcement, announcement_id, populate_existing=True)


@pytest.fixture
def start_worker(app: Flask, database_url: str, instance_dir: Path) -> Iterator[Start]:
    with workers(WORKER, database_url, instance_dir) as start:
        yield start


def test_killed_in_the_middle_none_is_missed_and_none_told_twice(
    published: Published, people: People, start_worker: Start
) -> None:
    announcement_id = ask(published, people)
    first = start_worker(0.6)
    until(lambda: len(told()) >= 2)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert 2 <= len(told()) < 6
    assert undo.obstacles(db.session.get_one(type(published.plan), published.plan.id)), "the first was told"
    start_worker(0.0)
    until(lambda: not told() or row(announcement_id).state == WorkState.READY)
    assert told() == EVERYBODY
    assert (row(announcement_id).done, row(announcement_id).total) == (6, 6)
    officers = sa.select(sa.func.count()).where(Message.kind == "enrolments.unit_published")
    assert (
        db.session.scalar(officers.where(Message.channel == Channel.SITE, Message.user_id == people.binh.id)) == 1
    )


def test_a_job_queues_another_in_the_worker_itself(
    published: Published, people: People, start_worker: Start
) -> None:
    """Promotion from the waiting list offers the seat and queues the mail."""
    with operation(SYSTEM, "test.addresses"):
        for need in published.wants.values():
            need.employee.email = f"{need.employee.code}@tinh.gov.vn"
    manual.take_back(published.seat("NV003/CV"), reason="Trùng công tác", actor=people.an)
    db.session.commit()
    start_worker(0.0)
    offered = sa.select(Message.state).where(Message.kind == "enrolments.offered", Message.channel == Channel.MAIL)

    def states() -> list[str]:
        db.session.rollback()
        return list(db.session.scalars(offered))

    until(lambda: states() == [MessageState.KEPT])


def test_stopped_and_gone_on_with(published: Published, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "CHUNK", 2)
    announcement_id, plan_id, user_id = ask(published, people), published.plan.id, people.an.id

    def stop_now() -> None:
        user = db.session.get_one(type(people.an), user_id)
        announcements.stop(row(announcement_id), actor=user)
        db.session.commit()

    tell_them(announcement_id, stop_now)
    assert row(announcement_id).state == WorkState.STOPPED
    assert sum(told().values()) == 2
    again = announcements.ask(
        db.session.get_one(type(published.plan), plan_id), user=db.session.get_one(type(people.an), user_id)
    )
    db.session.commit()
    assert (again.id, again.done, again.total) == (announcement_id, 2, 6)
    tell_them(announcement_id)
    assert told() == EVERYBODY
    assert row(announcement_id).state == WorkState.READY


def test_a_plan_taken_back_before_the_first_chunk_is_not_told(published: Published, people: People) -> None:
    announcement_id = ask(published, people)
    undo.unpublish(published.plan, actor=people.an)
    db.session.commit()
    tell_them(announcement_id)
    assert (row(announcement_id).state, told()) == (WorkState.FAILED, Counter())
    assert "không có hiệu lực" in (row(announcement_id).message or "")


def test_whoever_changes_seats_meanwhile_is_told_what_is_then(
    published: Published, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third person loses the seat while the first two are told: the change is told, and the plan as it is."""
    monkeypatch.setattr(announcements, "CHUNK", 2)
    announcement_id, user_id = ask(published, people), people.an.id
    done: list[bool] = []

    def take_seat() -> None:
        if not done:
            done.append(True)
            user = db.session.get_one(type(people.an), user_id)
            manual.take_back(published.seat("NV003/CV"), reason="Trùng công tác", actor=user)
            db.session.commit()

    tell_them(announcement_id, take_seat)
    third = [
        (message.kind, len(message.facts.get("seats", [])))
        for message in db.session.scalars(
            sa.select(Message).where(Message.channel == Channel.MAIL).order_by(Message.id)
        )
        if message.employee and message.employee.code == "NV003"
    ]
    assert third == [("enrolments.seat_lost", 0), ("enrolments.published", 0)]


def test_somebody_with_a_need_who_comes_later_is_reached_by_the_next(published: Published, people: People) -> None:
    announce(published.plan, people.an)
    with pytest.raises(Refused):
        announcements.ask(published.plan, user=people.an)
    db.session.rollback()
    db.session.execute(sa.delete(Message).where(Message.employee_id == published.wants["NV004/CV"].employee_id))
    db.session.commit()
    announce(published.plan, people.an)
    assert told() == EVERYBODY
