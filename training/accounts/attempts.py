"""Limits on repeated attempts: failed sign-ins, documents that do not exist, links to a new password.

Each kind has some free tries; after them the wait doubles with each further one. A wait is counted for a subject
(an account, or what was typed) at a network address, so that nobody is blocked by somebody else behind the same
proxy.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from ..core.audit import utcnow
from ..core.db import db
from ..core.vietnamese import code_key
from .models import Attempt

REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may be tried.

    Attributes:
        free: tries without a wait.
        first, longest: the wait after them, which doubles from the one to the other.
    """

    free: int
    first: timedelta
    longest: timedelta

    def wait(self, tries: int, since_last: timedelta) -> timedelta:
        """Return the remaining wait after this number of tries."""
        if tries < self.free:
            return timedelta()
        doublings = min(tries - self.free, 20)
        return max(min(self.first * (1 << doublings), self.longest) - since_last, timedelta())


def subject_key(text: str) -> str:
    """Return what somebody typed, normalised: other case, spaces or invisible signs count as the same."""
    return code_key(text)[:255]


def address_key(address: str) -> str:
    """Return the network of an address: of IPv6 the /64, which is one customer's."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def note(kind: str, subject: str, address: str) -> None:
    """Record a try for a day."""
    db.session.execute(sa.delete(Attempt).where(Attempt.at < utcnow() - REMEMBERED))
    db.session.add(Attempt(kind=kind, subject=subject_key(subject), address=address_key(address), at=utcnow()))
    db.session.flush()


def forget(kind: str, subject: str, address: str) -> None:
    """Reset the count after a success."""
    db.session.execute(sa.delete(Attempt).where(*_same(kind, subject, address)))


def count(kind: str, *, subject: str | None = None, address: str | None = None) -> int:
    """Return how often it was tried within a day."""
    return _tries(kind, subject, address)[0]


def wait(kind: str, limit: Limit, *, subject: str | None = None, address: str | None = None) -> timedelta:
    """Return how long to wait before the next try; the subject, the address or both are given."""
    return limit.wait(*_tries(kind, subject, address))


def minutes(waiting: timedelta) -> int:
    """Return a wait as it is shown to people."""
    return -int(-waiting.total_seconds() // 60)


def _tries(kind: str, subject: str | None, address: str | None) -> tuple[int, timedelta]:
    """Return the number of tries within a day, and how long ago the last one was."""
    statement = sa.select(sa.func.count(), sa.func.max(Attempt.at)).where(*_same(kind, subject, address))
    tries, last = db.session.execute(statement.where(Attempt.at > utcnow() - REMEMBERED)).one()
    return tries, utcnow() - last if last is not None else REMEMBERED


def _same(kind: str, subject: str | None, address: str | None) -> list[sa.ColumnElement[bool]]:
    same = [Attempt.kind == kind]
    if subject is not None:
        same.append(Attempt.subject == subject_key(subject))
    if address is not None:
        same.append(Attempt.address == address_key(address))
    return same
