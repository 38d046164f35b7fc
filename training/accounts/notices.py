"""What accounts should know: written by operations and jobs, shown on the home page until read.

Features word their notices themselves: `@wording("needs.waiting")` over a function facts → text. Mail will go out
from `tell`, the one place where notices come into being.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ..audit import utcnow
from ..db import db
from .models import Notice

SHOWN = 10
Wording = Callable[[Mapping[str, Any]], str]
_WORDINGS: dict[str, Wording] = {}


def wording(kind: str) -> Callable[[Wording], Wording]:
    """Let the function word notices of `kind`."""

    def register(function: Wording) -> Wording:
        _WORDINGS[kind] = function
        return function

    return register


def text_of(notice: Notice) -> str:
    """The notice in the reader's language."""
    return _WORDINGS[notice.kind](notice.facts)


def tell(
    user_ids: Iterable[int], kind: str, key: str, facts: Mapping[str, Any], address: str | None = None
) -> int:
    """Write a notice to each account, once: who has one of the same key gets no second.

    Args:
        kind: a kind that a `wording` is registered for.
        key: names the news, so that it is not told twice.
        facts: JSON values for the wording.
        address: where to go from there.

    Returns:
        How many accounts are told now.
    """
    if kind not in _WORDINGS:
        raise LookupError(f"nobody words notices of the kind {kind}")
    rows = [
        {"user_id": user_id, "kind": kind, "key": key, "facts": dict(facts), "address": address}
        for user_id in sorted(set(user_ids))
    ]
    if not rows:
        return 0
    statement = insert(Notice).values(rows).on_conflict_do_nothing(index_elements=["user_id", "key"])
    told = db.session.scalars(statement.returning(Notice.id)).all()
    return len(told)


def unread(user_id: int) -> list[Notice]:
    """The newest notices that an account has not read."""
    statement = sa.select(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    return list(db.session.scalars(statement.order_by(Notice.at.desc(), Notice.id.desc()).limit(SHOWN)))


def mark_read(user_id: int) -> None:
    """The account has read all its notices."""
    statement = sa.update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    db.session.execute(statement.values(read_at=utcnow()))
