"""Long work: jobs wait in PostgreSQL itself (Procrastinate) and are done by `flask work`.

A job is deferred on the session's own connection, so that a row and the job that handles it commit together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any

import procrastinate
from flask import Flask, current_app
from procrastinate.blueprints import Blueprint

from .db import db, psycopg_conninfo

HEARTBEAT_SECONDS = 5.0  # a worker reports this often…
STALLED_SECONDS = 20.0  # …and is held for dead after this long

tasks = Blueprint()
_running: dict[str, Flask] = {}  # «app»: the application whose worker this process is


def job(name: str, **options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a thin function over an operation as a job, run inside an application context."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(**kwargs: Any) -> None:
            with _running["app"].app_context():
                try:
                    function(**kwargs)
                finally:
                    db.session.remove()

        tasks.task(name=name, pass_context=False, **options)(run)
        return function

    return register


def defer(name: str, *, lock: str | None = None, **kwargs: Any) -> None:
    """Queue the job `name` within the session's transaction: it exists exactly when the rows do.

    Args:
        name: the name it was registered under (operations know jobs by name alone, so no circle arises).
        lock: jobs with the same lock run one after another.
        **kwargs: what the job gets; JSON values only.
    """
    connection = db.session.connection().connection.driver_connection
    queue: procrastinate.App = current_app.extensions["procrastinate"]
    queue.configure_task(name, lock=lock, connection=connection).defer(**kwargs)


@tasks.periodic(cron="* * * * *")
@tasks.task(name="jobs.retry_stalled", queueing_lock="jobs.retry_stalled", pass_context=True)
async def retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Jobs whose worker is dead are put back into the queue."""
    await _retry_stalled(context.app)


async def _retry_stalled(queue: procrastinate.App) -> None:
    for stalled in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await queue.job_manager.retry_job(stalled)


def run_worker(app: Flask, *, concurrency: int = 2, wait: bool = True) -> None:
    """Work through the queue in this process; with `wait=False` until it is empty."""
    _running["app"] = app
    with app.app_context():
        conninfo = psycopg_conninfo()
        queue: procrastinate.App = app.extensions["procrastinate"]

    async def main() -> None:
        with queue.replace_connector(procrastinate.PsycopgConnector(conninfo=conninfo)) as working:
            async with working.open_async():
                await _retry_stalled(working)
                await working.run_worker_async(
                    concurrency=concurrency,
                    wait=wait,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    delete_jobs="successful",
                )

    asyncio.run(main())


def init_app(app: Flask) -> None:
    with app.app_context():
        queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=psycopg_conninfo()))
    queue.add_tasks_from(tasks, namespace="")
    app.extensions["procrastinate"] = queue
