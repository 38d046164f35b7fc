"""Background work: jobs wait in PostgreSQL itself (Procrastinate) and are done by `flask work`.

A job is deferred on the session's own connection, so that a row and the job that handles it commit together.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import procrastinate
import procrastinate.exceptions
from flask import Flask, current_app
from procrastinate.blueprints import Blueprint
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.tasks import configure_task

from .db import db, is_away, psycopg_conninfo

MAIL = "mail"  # the queue of mails: one slot of the worker is reserved for it, ahead of long work
HEARTBEATS_MISSED = 4  # a worker that has not reported for this number of heartbeats is considered dead

_log = logging.getLogger(__name__)

_AGAIN_SECONDS = 5  # until a job that lost the database is retried, or a worker looks for it again


class _WhenTheDatabaseIsBack(BaseRetryStrategy):
    """Retry a job that failed because the database was unavailable; any other failure is final."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        return RetryDecision(retry_in={"seconds": _AGAIN_SECONDS}) if is_away(exception) else None


tasks = Blueprint()
_running: dict[str, Flask] = {}  # «app»: the application whose worker this process is


def job(
    name: str, *, cron: str | None = None, **options: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a thin function over an operation as a job, run inside an application context.

    Args:
        name: operations queue it by this name.
        cron: queue it automatically at these times; the function then gets `timestamp`.
        **options: Procrastinate's own.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(**kwargs: Any) -> None:
            with _running["app"].app_context():
                try:
                    function(**kwargs)
                finally:
                    db.session.remove()

        task = tasks.task(name=name, pass_context=False, retry=_WhenTheDatabaseIsBack(), **options)(run)
        if cron:
            tasks.periodic(cron=cron)(task)  # type: ignore[arg-type]  # called with the timestamp alone
        return function

    return register


def defer(name: str, *, lock: str | None = None, priority: int = 0, **kwargs: Any) -> None:
    """Queue the job `name` within the session's transaction: it exists exactly when the rows do.

    Args:
        name: the name it was registered under (operations use only the names of jobs, which avoids import cycles).
        lock: jobs with the same lock run one after another.
        priority: jobs of a greater one come first.
        **kwargs: the job's arguments; JSON values only.
    """
    connection = db.session.connection().connection.driver_connection
    queue: procrastinate.App = current_app.extensions["procrastinate"]
    if name not in queue.tasks:
        raise LookupError(f"no job is called {name}")
    # Not by the queue's own connector: in a worker that is the asynchronous one, and jobs also queue jobs.
    manager: JobManager = current_app.extensions["job_manager"]
    task = configure_task(
        name=name,
        job_manager=manager,
        lock=lock,
        queue=queue.tasks[name].queue,
        priority=priority,
        connection=connection,
    )
    task.defer(**kwargs)


async def _retry_stalled(queue: procrastinate.App, seconds: float) -> None:
    """Put the jobs of workers that have been silent for `seconds` back into the queue."""
    for stalled in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
        try:
            await queue.job_manager.retry_job(stalled)
        except procrastinate.exceptions.ConnectorException as error:  # another worker was quicker
            _log.info("job %s is already taken care of: %s", stalled.id, error)


async def _watch_for_stalled(queue: procrastinate.App, heartbeat: float) -> None:
    """Let every running worker look after the jobs of the dead ones, at each of its own heartbeats.

    A task of the queue for it would wait behind the long work itself.
    """
    while True:
        try:
            await _retry_stalled(queue, HEARTBEATS_MISSED * heartbeat)
        except procrastinate.exceptions.ConnectorException:
            _log.exception("could not look for stalled jobs; trying again")
        await asyncio.sleep(heartbeat)


def run_worker(app: Flask, *, concurrency: int = 2, wait: bool = True) -> None:
    """Work through the queue in this process; with `wait=False` until it is empty.

    If the database becomes unavailable, the worker waits for it and continues. A job that it had is found by its
    missing heartbeats and done again.
    """
    _running["app"] = app
    while True:
        try:
            _work_on(app, concurrency=concurrency, wait=wait)
        except Exception as error:
            if not is_away(error):
                raise
            _log.warning("the database is away: %s", str(error).splitlines()[0])
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def _work_on(app: Flask, *, concurrency: int, wait: bool) -> None:
    with app.app_context():
        db.session.connection()  # waits for an embedded server that starts or recovers
        db.session.remove()
        conninfo = psycopg_conninfo()
        queue: procrastinate.App = app.extensions["procrastinate"]

    heartbeat: float = app.config["WORKER_HEARTBEAT"]

    async def main() -> None:
        with queue.replace_connector(procrastinate.PsycopgConnector(conninfo=conninfo)) as working:
            async with working.open_async():
                watch = asyncio.create_task(_watch_for_stalled(working, heartbeat))
                options: dict[str, Any] = {
                    "wait": wait,
                    "update_heartbeat_interval": heartbeat,
                    "stalled_worker_timeout": HEARTBEATS_MISSED * heartbeat,
                    "delete_jobs": "successful",
                }
                mails = asyncio.create_task(
                    working.run_worker_async(queues=[MAIL], name=MAIL, install_signal_handlers=False, **options)
                )
                try:
                    await working.run_worker_async(concurrency=concurrency, **options)
                    if not wait:  # the parallel slots end when they find nothing, whatever the others queue
                        await mails
                        await working.run_worker_async(**options)
                finally:
                    watch.cancel()
                    mails.cancel()
                    await asyncio.gather(mails, return_exceptions=True)  # a mail in transmission is finished

    asyncio.run(main())


def init_app(app: Flask) -> None:
    with app.app_context():
        connector = procrastinate.SyncPsycopgConnector(conninfo=psycopg_conninfo())
    queue = procrastinate.App(connector=connector)
    queue.add_tasks_from(tasks, namespace="")
    app.extensions["procrastinate"] = queue
    app.extensions["job_manager"] = JobManager(connector)
