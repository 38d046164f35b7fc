"""The queue: a job exists exactly when the rows of its transaction do, and a dead worker's job is done again."""

import sqlalchemy as sa
from flask import Flask

from training.core.db import db
from training.core.tasks import defer


def _waiting() -> int:
    count = db.session.scalar(sa.text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))
    assert count is not None
    return int(count)


def test_job_and_rows_commit_together(app: Flask) -> None:
    defer("imports.preview", batch_id=1)
    db.session.rollback()
    assert _waiting() == 0
    defer("imports.preview", batch_id=1)
    db.session.commit()
    assert _waiting() == 1
