"""Sessions in the database: their owner, a sign-out, a new password or a closed account can end them."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from ..core.audit import Actor, operation, record, utcnow
from ..core.db import db
from .models import SignInSession, User

_SEEN_EVERY = timedelta(minutes=1)  # a session is marked as seen at most this often


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _limits(remembered: bool) -> tuple[timedelta, timedelta]:
    """Return how long a session lasts unused, and how long at most."""
    config = current_app.config
    if remembered:
        return timedelta(days=config["REMEMBER_IDLE_DAYS"]), timedelta(days=config["REMEMBER_LONGEST_DAYS"])
    return timedelta(minutes=config["SESSION_IDLE_MINUTES"]), timedelta(hours=config["SESSION_LONGEST_HOURS"])


def _within_limits(now: datetime) -> sa.ColumnElement[bool]:
    kinds = []
    for remembered in (False, True):
        idle, longest = _limits(remembered)
        kinds.append(
            sa.and_(
                SignInSession.remembered.is_(remembered),
                SignInSession.seen_at > now - idle,
                SignInSession.began_at > now - longest,
            )
        )
    return sa.or_(*kinds)


def _alive(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition for valid sessions, over a join with their account."""
    account = User.__table__.c
    return sa.and_(_within_limits(now), account.active, SignInSession.fs_uniquifier == account.fs_uniquifier)


def begin(user: User, *, address: str, device: str, remembered: bool) -> tuple[str, int]:
    """Record that `user` signed in, and delete expired sessions.

    Args:
        address: network address of the device.
        device: its browser's description of itself.
        remembered: whether «Stay signed in on this machine» was chosen.

    Returns:
        The key that the device sends from now on, stored nowhere else; and the session's id.
    """
    now, key = utcnow(), secrets.token_urlsafe(32)
    db.session.execute(sa.delete(SignInSession).where(sa.not_(_within_limits(now))))
    begun = SignInSession(
        user_id=user.id,
        token_hash=_hash(key),
        fs_uniquifier=user.fs_uniquifier,
        remembered=remembered,
        began_at=now,
        seen_at=now,
        address=address[:64],
        device=device[:400],
    )
    db.session.add(begun)
    db.session.flush()
    return key, begun.id


def find(key: str, *, address: str) -> tuple[User, int] | None:
    """Return the user and id of the session of `key`, recording its use from `address`; None: there is none."""
    now = utcnow()
    found = db.session.execute(
        sa.select(User, SignInSession.id, SignInSession.seen_at)
        .join(SignInSession, SignInSession.user_id == User.__table__.c.id)
        .where(SignInSession.token_hash == _hash(key), _alive(now))
    ).first()
    if found is None:
        return None
    user, session_id, seen_at = found
    if now - seen_at > _SEEN_EVERY:
        # In a transaction of its own: most requests only read, and are never committed.
        with db.engine.begin() as connection:
            connection.execute(
                sa.update(SignInSession)
                .where(SignInSession.id == session_id)
                .values(seen_at=now, address=address[:64])
            )
    return user, session_id


def of(user: User) -> Sequence[SignInSession]:
    """Return the sessions of `user`, the last used first."""
    statement = (
        sa.select(SignInSession)
        .join(User.__table__, SignInSession.user_id == User.__table__.c.id)
        .where(SignInSession.user_id == user.id, _alive(utcnow()))
        .order_by(SignInSession.seen_at.desc(), SignInSession.id.desc())
    )
    return db.session.scalars(statement).all()


def forget(*, session_id: int | None = None, key: str | None = None) -> None:
    """End a session, by its id or by its key: its owner signed out."""
    which = SignInSession.id == session_id if key is None else SignInSession.token_hash == _hash(key)
    db.session.execute(sa.delete(SignInSession).where(which))


def end(sessions: Sequence[SignInSession], *, actor: Actor) -> None:
    """End sessions that their owner chose from the list; the audit log says which."""
    with operation(actor, "accounts.end_sessions"):
        for one in sessions:
            facts: dict[str, Any] = {"device": one.device, "address": one.address, "began_at": one.began_at}
            record(actor, "accounts.end_sessions", "sign_in_session", one.id, device_name(one.device), facts)
            db.session.delete(one)


# Searched in this order: most browsers name others beside themselves.
_BROWSERS = {
    "coc_coc_browser": "Cốc Cốc",
    "Edg": "Microsoft Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def device_name(agent: str) -> str:
    """Return browser and system by common names, «Chrome, Windows»; of others the first word of their
    description.
    """
    browser = next((name for mark, name in _BROWSERS.items() if re.search(rf"\b{mark}(iOS|A)?/", agent)), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), None)
    return ", ".join(part for part in (browser, system) if part) or agent.partition("/")[0][:40] or "–"
