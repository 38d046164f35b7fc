"""The token that proves that a returned mail is ours: its number, signed, in its envelope sender and
Message-ID.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from flask import current_app

_LENGTH = 20  # characters of the signature, five bits each
_TOKEN = re.compile(rf"(?<![a-z0-9])m(\d{{1,18}})-([a-z2-7]{{{_LENGTH}}})(?![a-z0-9])", re.IGNORECASE)


def token_of(message_id: int) -> str:
    """«m12-…»: letters of one case, because mail servers may change it."""
    key = hashlib.sha256(f"bounce:{current_app.config['SECRET_KEY']}".encode()).digest()
    digest = hmac.new(key, str(message_id).encode(), hashlib.sha256).digest()
    return f"m{message_id}-{base64.b32encode(digest).decode().lower()[:_LENGTH]}"


def message_in(text: str) -> int | None:
    """Return the number of the message whose token is in `text`; None without a token that we signed."""
    for found in _TOKEN.finditer(text):
        number = int(found[1])
        if hmac.compare_digest(token_of(number), found[0].lower()):
            return number
    return None
