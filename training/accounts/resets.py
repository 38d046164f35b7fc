"""Requests for a link to a new password.

Nothing that a request does depends on whether an account has the address: the worker looks it up, so that neither
the answer nor its duration reveals it.
"""

from __future__ import annotations

from datetime import timedelta

from ..core.tasks import defer
from . import attempts
from .attempts import Limit

SENDING = "accounts.send_reset_link"

_CLIENT, _MAILBOX = "reset", "reset_mail"
_PER_CLIENT = Limit(free=20, first=timedelta(minutes=1), longest=timedelta(minutes=30))
_PER_MAILBOX = Limit(free=3, first=timedelta(minutes=10), longest=timedelta(hours=6))


def waiting(address: str) -> timedelta:
    """Return how long the network address `address` must wait before asking."""
    return attempts.wait(_CLIENT, _PER_CLIENT, address=address)


def ask_for_link(email: str, address: str) -> None:
    """Send a link to `email`; at most a few per day, from all addresses together."""
    attempts.note(_CLIENT, "", address)
    if not attempts.wait(_MAILBOX, _PER_MAILBOX, subject=email):
        attempts.note(_MAILBOX, email, address)
        defer(SENDING, email=email)
