"""How far a long write is: told by those who write, shown by those who wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from ...core.db import db

LOCKING, CHECKING, SEATS, CLASSES, QUEUE = "locking", "checking", "seats", "classes", "queue"
CHUNK = 500  # rows that are written between two reports

_Row = TypeVar("_Row")


class Progress(Protocol):
    """Told what is being done, and how many of how many rows are."""

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None: ...


def nobody_waits(stage: str, done: int = 0, total: int = 0) -> None:
    """For writes that are over before anybody could look."""


def in_chunks(
    rows: Sequence[_Row], at: Progress, *, done: int = 0, total: int | None = None
) -> Iterator[Sequence[_Row]]:
    """The rows in chunks, each written and told of before the next: all within the session's transaction.

    Args:
        done, total: where these rows are a part of more.
    """
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        yield chunk
        db.session.flush()
        at(SEATS, done + start + len(chunk), total if total is not None else len(rows))
