"""Sign-ins: how often they may fail, from where an account signs in, and what the audit log records."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from ..core.audit import SYSTEM, AuditEntry, record, utcnow
from ..core.db import db
from . import attempts
from .attempts import Limit
from .models import User

KIND = "sign_in"  # counted for the account
NAMED = "sign_in_name"  # counted for the name that was typed
SIGNED_IN, FAILED = "accounts.sign_in", "accounts.sign_in_failed"

# For one account from one network. Where very many sign-ins fail for any names, one free try is left to each
# account: a person who knows the password can sign in, and trying one password on everybody does not get far.
_FROM_HERE = Limit(free=5, first=timedelta(minutes=1), longest=timedelta(minutes=30))
_FROM_A_CROWD = Limit(free=1, first=timedelta(minutes=1), longest=timedelta(minutes=30))
_CROWD = 100
# For one account from anywhere; networks from which it signed in lately are counted separately.
_FROM_ANYWHERE = Limit(free=20, first=timedelta(minutes=1), longest=timedelta(minutes=15))
_LATELY = timedelta(days=30)


def _subject(identity: str, user: User | None) -> str:
    """Return the subject whose failures are counted: the account, by any of its names; or an unknown name
    itself.
    """
    return user.code if user is not None else identity


def waiting(identity: str, address: str, user: User | None) -> timedelta:
    """Return how long nobody may try to sign in as `identity` from `address`; this may be shown.

    It depends on what was typed under this name alone. A wait that came from failures under the account's other
    name would say that both names belong to one account.

    Args:
        user: the account of that name; None: there is none, which makes no visible difference.
    """
    return _wait(NAMED, identity, address, user)


def exhausted(identity: str, address: str, user: User | None) -> bool:
    """Return whether failures under all names of the account together allow no further try.

    The password is not checked then, and the answer is that of a wrong one.
    """
    return bool(_wait(KIND, _subject(identity, user), address, user))


def _wait(kind: str, subject: str, address: str, user: User | None) -> timedelta:
    known = _signed_in_lately(user.id if user is not None else 0, address)
    crowded = not known and attempts.count(KIND, address=address) >= _CROWD
    here = _FROM_A_CROWD if crowded else _FROM_HERE
    wait = attempts.wait(kind, here, subject=subject, address=address)
    return wait if known else max(wait, attempts.wait(kind, _FROM_ANYWHERE, subject=subject))


def note_failure(identity: str, address: str, user: User | None) -> None:
    """Count a failed sign-in and record it in the audit log.

    A typed name that no account has is not stored: it may be a password. Of those only the first from a network is
    in the log.
    """
    attempts.note(KIND, _subject(identity, user), address)
    attempts.note(NAMED, identity, address)
    tries = attempts.count(KIND, address=address)
    if user is not None or tries <= _CROWD:
        told = {"address": attempts.address_key(address), "failures": tries}
        record(SYSTEM, FAILED, "user_account", user.id if user else "", str(user) if user else "–", told)
    db.session.flush()


def note_success(user: User, address: str, ways: list[str]) -> None:
    """Record a sign-in: earlier failures are reset, and the audit log says from where it came.

    Args:
        ways: the proofs of identity, such as «password».
    """
    attempts.forget(KIND, user.code, address)
    for name in (user.code, user.email or ""):
        attempts.forget(NAMED, name, address)
    told = {"address": attempts.address_key(address), "ways": ways}
    record(user, SIGNED_IN, "user_account", user.id, str(user), told)


def _signed_in_lately(user_id: int, address: str) -> bool:
    statement = sa.select(AuditEntry.id).where(
        AuditEntry.entity == "user_account",
        AuditEntry.entity_id == str(user_id),
        AuditEntry.operation == SIGNED_IN,
        AuditEntry.at > utcnow() - _LATELY,
        AuditEntry.after["address"].astext == attempts.address_key(address),
    )
    return db.session.scalar(statement.limit(1)) is not None
