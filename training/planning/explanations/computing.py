"""Computing an explanation in a child process, so that a crash or a memory limit leaves the worker alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.db import db
from ...core.errors import Refused
from ...files import private_files
from ..runs import process, stages
from ..runs.lifecycle import Lost
from . import operations
from .operations import ExplanationAttempt

SECONDS = 20.0  # limit of the whole computation
_OVERRUN_SECONDS = 10.0  # beyond it, until the child is killed
_RECORD_SECONDS = 0.5
_log = logging.getLogger(__name__)

# The names are those on the progress lines of `solver explain` (solver/explain/need.py).
_STAGES = {
    stages.READING: _l("Reading the data"),
    "numbers": _l("Working out what stands between this person and each class"),
    "run": _l("Trying a class that does not run"),
    "chain": _l("Looking for moves of others by which nobody loses a seat"),
    "exchange": _l("Looking for the fewest seats of others"),
}


def stage_label(stage: str) -> str:
    """Return the current stage in the reader's language."""
    return str(_STAGES.get(stage, ""))


def folder_of(attempt: ExplanationAttempt) -> Path:
    """Return the folder of the attempt's files, which name people."""
    return folders() / f"{attempt.run_id}-{attempt.need_id}-{attempt.number}"


def folders() -> Path:
    """Return the folder in which each attempt has its own."""
    return private_files.folder(Path(current_app.config["INSTANCE_DIR"]).resolve() / "explanations")


def sweep() -> None:
    """Delete the files that killed workers left of ended attempts."""
    living = {f"{run_id}-{need_id}-{number}" for run_id, need_id, number in operations.living_attempts()}
    private_files.sweep(folders(), "*-*-*", lambda left: left.name in living)


def compute(attempt: ExplanationAttempt, folder: Path) -> dict[str, Any]:
    """Return the findings; the progress is stored meanwhile, each time in a transaction of its own.

    Raises:
        Refused: there is none, with the reason in words.
        Lost: the explanation belongs to another attempt by now.
    """
    given = operations.take_input(attempt)
    db.session.rollback()
    private_files.folder(folder)
    for name, content in (("instance.json", given.instance), ("solution.json", given.solution)):
        with private_files.create(folder / name) as file:
            file.write(content)
    command = [*current_app.config["SOLVER_COMMAND"], "explain", "instance.json", "solution.json"]
    ended = process.execute(
        [*command, "--need", given.need, "--time-limit", str(SECONDS), "--progress", "json"],
        folder,
        time_limit=SECONDS,
        overrun=_OVERRUN_SECONDS,
        memory_mb=current_app.config["SOLVER_MEMORY_MB"],
        look=_Watch(attempt).look,
    )
    if ended.killed == "abandoned":
        raise Lost
    if ended.killed:
        raise Refused(_("The answer took far longer than %(limit)d seconds and was ended.", limit=int(SECONDS)))
    if ended.code != 0 or not ended.report:
        _log.error("explaining %s ended with code %s:\n%s", attempt, ended.code, ended.errors)
        raise Refused(_("The answer could not be computed. Details are in the worker's log."))
    return ended.report


class _Watch:
    """Records the child's progress."""

    def __init__(self, attempt: ExplanationAttempt) -> None:
        self._attempt = attempt
        self._began = time.monotonic()
        self._recorded = 0.0

    def look(self, lines: Sequence[list[float | int | str | None]]) -> str:
        now = time.monotonic()
        if now - self._recorded < _RECORD_SECONDS:
            return ""
        self._recorded = now
        stage = str(lines[-1][3] or "") if lines else stages.READING
        try:
            operations.record_progress(self._attempt, stage, now - self._began)
            db.session.commit()
        except Lost:
            db.session.rollback()
            return "abandon"
        return ""
