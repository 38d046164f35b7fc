"""Two acts at the same moment, each in a connection of its own, in the one order that can go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from training.core.db import db

_PATIENCE = 30.0  # seconds until a test gives up; nothing is measured with it
_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def by_another(app: Flask, act: Callable[[], Any]) -> None:
    """Somebody else does it, from beginning to commit, while this test's session stands where it stands."""

    def run() -> None:
        with app.app_context():
            act()
            db.session.commit()
            db.session.remove()

    Context().run(run)


def at_once(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    first: Callable[[], Any],
    second: Callable[[], Any],
    *,
    holding: tuple[object, str],
) -> list[Exception | None]:
    """Do both. `first` pauses after its first call of `holding` (module, name), with the locks that it has then,
    until `second` waits for one of them or has ended.

    Returns:
        what each ended with; None: it was done.
    """
    module, name = holding
    original = getattr(module, name)
    holds, ended = threading.Event(), threading.Event()
    told: list[Exception | None] = [None, None]
    threads: list[threading.Thread] = []

    def paused(*args: Any, **kwargs: Any) -> Any:
        given = original(*args, **kwargs)
        if threading.current_thread() is threads[0] and not holds.is_set():
            holds.set()
            with db.engine.connect() as watcher:
                while not ended.is_set() and not watcher.scalar(_WAITING):
                    watcher.rollback()
        return given

    def run(number: int, act: Callable[[], Any]) -> None:
        if number:
            holds.wait(_PATIENCE)
        with app.app_context():
            try:
                act()
                db.session.commit()
            except Exception as error:  # whatever it was: the test judges it
                db.session.rollback()
                told[number] = error
            finally:
                db.session.remove()
        (ended if number else holds).set()

    monkeypatch.setattr(module, name, paused)
    threads += [threading.Thread(target=run, args=(n, act)) for n, act in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "the two wait for each other"
    db.session.expire_all()
    return told
