"""The logs of the web server and the worker, in files that together never exceed the setting `LOG_MB`.

The access log records who requested what, when, from where, with which response.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import time
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, g, request
from flask.logging import default_handler
from flask.signals import request_finished

from ..files import private_files

ACCESS = logging.getLogger("training.access")
_LOGS = 3  # web, worker and access share the setting
_OLDER = 4  # files of each that are kept beside the one being written
_LONGEST = 20_000  # characters of one entry
_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"
# Words in addresses that anybody may read; all others (a code, a token) are omitted.
_OPEN_WORDS = frozenset({"kind", "filename", "name"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


class SharedFile(RotatingFileHandler):
    """A log that several processes write, one of which moves it aside when it is full."""

    def __init__(self, path: Path, most: int) -> None:
        self._lock_path = path.with_suffix(".lock")
        super().__init__(path, maxBytes=most, backupCount=_OLDER, encoding="utf-8")
        self.setFormatter(logging.Formatter(_FORMAT))

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding=self.encoding)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            with os.fdopen(os.open(self._lock_path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._follow()
                super().emit(record)
        except OSError:  # a full disk must not fail a request
            self.handleError(record)

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"

    def _follow(self) -> None:
        """Write to the new file if another process moved the old one aside."""
        try:
            same = self.stream is not None and os.path.samestat(
                Path(self.baseFilename).stat(), os.fstat(self.stream.fileno())
            )
        except FileNotFoundError:
            same = False
        if not same:
            if self.stream is not None:
                self.stream.close()
            self.stream = self._open()


def write_to_files(app: Flask, name: str) -> None:
    """Write this process's log to the file `name`.log, and the access log, in the folder of the setting `LOG_DIR`.

    «-» means the console.

    Args:
        name: «web» or «worker».
    """
    if app.config["LOG_DIR"] == "-":
        console = logging.StreamHandler()
        console.setFormatter(logging.Formatter(_FORMAT))
        ACCESS.addHandler(console)
    else:
        folder, most = private_files.folder(_folder(app)), _most_bytes(app)
        _only(logging.getLogger(), SharedFile(folder / f"{name}.log", most))
        _only(ACCESS, SharedFile(folder / "access.log", most))
        app.logger.removeHandler(default_handler)  # the console would be a second log, without a limit
    ACCESS.setLevel(logging.INFO)
    ACCESS.propagate = False


def _only(logger: logging.Logger, handler: SharedFile) -> None:
    for earlier in [one for one in logger.handlers if isinstance(one, SharedFile)]:
        logger.removeHandler(earlier)
        earlier.close()
    logger.addHandler(handler)


def _folder(app: Flask) -> Path:
    return Path(app.config["LOG_DIR"] or Path(app.config["INSTANCE_DIR"]) / "logs")


def _most_bytes(app: Flask) -> int:
    """Return the size limit of one file."""
    return int(app.config["LOG_MB"] * 2**20) // _LOGS // (1 + _OLDER)


# -- the access log ----------------------------------------------------------------------------------------------


def _begin() -> None:
    g.asked_at = time.perf_counter()


def _note(_app: Flask, response: Response, **_more: Any) -> None:
    if not ACCESS.isEnabledFor(logging.INFO) or not ACCESS.handlers:
        return
    took = (time.perf_counter() - g.get("asked_at", time.perf_counter())) * 1000
    ACCESS.info(
        "%s user=%s %s %s %d %s %.0fms", request.remote_addr or "-", _who(), request.method, _path(),
        response.status_code, response.content_length if response.content_length is not None else "-", took,
    )  # fmt: skip


def _who() -> str:
    """Return the number of the account; nothing is queried, because the request is over."""
    user = g.get("_login_user")
    state = sa.inspect(user, raiseerr=False) if user is not None else None
    return str(state.identity[0]) if state is not None and state.identity else "-"


def _path() -> str:
    """Return the path without the query string, which may name people, and without secret words in it."""
    path = request.path
    for name, value in (request.view_args or {}).items():
        if isinstance(value, str) and value and name not in _OPEN_WORDS:
            path = path.replace(value, "…")
    return _CONTROL.sub("?", path[:300])


def init_app(app: Flask) -> None:
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    request_finished.connect(_note, app)
