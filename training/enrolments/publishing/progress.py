"""Progress of a long write, reported by the writer and shown to the user who waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from ...core.db import db

LOCKING, CHECKING, SEATS, CLASSES, QUEUE = "locking", "checking", "seats", "classes", "queue"
CHUNK = 500  # rows written between two reports

_Row = TypeVar("_Row")


class Progress(Protocol):
    """Receives the current stage and how many of how many rows are done."""

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None: ...


def nobody_waits(stage: str, done: int = 0, total: int = 0) -> None:
    """Ignore progress, for short writes."""


def in_chunks(
    rows: Sequence[_Row], at: Progress, *, done: int = 0, total: int | None = None
) -> Iterator[Sequence[_Row]]:
    """Yield the rows in chunks; each is written and reported before the next, within the session's transaction.

    Args:
        done, total: if these rows are part of a larger whole.
    """
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        yield chunk
        db.session.flush()
        at(SEATS, done + start + len(chunk), total if total is not None else len(rows))
