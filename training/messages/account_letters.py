"""Mails of the sign-in library (a link to a new password, «your password was changed»).

They go through the outbox like all others, so that no request waits for a mail server. Their content can open an
account: it waits encrypted, and is deleted once the mail is sent.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..accounts.models import User
from .kinds import letter, wording
from .models import SEALED
from .outbox import post

KIND = "accounts.letter"


def post_letter(user: User, subject: str, body: str) -> None:
    """Write a mail to an account in the session's transaction; the worker sends it.

    Args:
        body: the text between greeting and closing.
    """
    facts = {"subject": subject, SEALED: _cipher().encrypt(body.encode()).decode()}
    post(user, KIND, f"letter/{secrets.token_hex(8)}", facts)


@wording(KIND, label=_l("Account and password"), mandatory=True, secret=True)
def _text(facts: Mapping[str, Any]) -> str:
    return str(_("%(subject)s. What this mail said is not kept.", subject=facts["subject"]))


@letter(KIND)
def _letter(facts: Mapping[str, Any]) -> str:
    """Return the body.

    Raises:
        ValueError: it was sealed by another installation, or under a key that was changed.
    """
    try:
        body: bytes = _cipher().decrypt(str(facts[SEALED]).encode())
        return body.decode()
    except InvalidToken:
        raise ValueError("sealed with another SECRET_KEY") from None


def _cipher() -> Fernet:
    key = hashlib.sha256(f"mail:{current_app.config['SECRET_KEY']}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
