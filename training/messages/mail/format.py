"""A mail as it is transmitted (RFC 5322, RFC 2047), written here header by header.

The standard library folds headers that are longer than a line wrongly (python/cpython#144156 and #120930: encoded
words that touch, spaces won and lost), and does so whenever a finished message is written under another policy.
Here each header is folded once: a text is either plain ASCII or encoded words as a whole, so that no space between
two of them has a meaning.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from datetime import datetime
from email.utils import format_datetime, parseaddr

from ...core.i18n import ZONE

_LINE = 76  # characters of a header line; an encoded word has at most 75
_WORD = 75
_SPECIAL = re.compile(r'[()<>@,;:\\".\[\]]')
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")


def one_line(text: str) -> str:
    """Return text without line breaks, control characters and doubled spaces: it cannot begin another header."""
    kept = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"} else char for char in text)
    return " ".join(kept.split())


def address_of(text: str) -> str:
    """Return an address as mail servers accept it; a non-ASCII domain in its ASCII form.

    Raises:
        ValueError: it is no address.
    """
    local, _at, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if len(local) > 64 or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError(f"{text!r} is no e-mail address")
    return f"{local}@{domain}"


def _encoded_words(text: str, used: int) -> str:
    """Return text as encoded words, each of whole characters and on a line that holds it.

    Args:
        used: characters of the first line that are taken already.
    """
    words, rest, room = [], text, _LINE - used
    while rest:
        most = (min(room, _WORD) - len("=?utf-8?b??=")) // 4 * 3  # bytes that fit as base64
        length, size = 0, 0
        for char in rest:
            size += len(char.encode())
            if size > most:
                break
            length += 1
        if length and _leaves_a_mark(rest, length):  # no combining accent at the beginning of a word
            length = max((n for n in range(1, length) if not _leaves_a_mark(rest, n)), default=length)
        if length:
            words.append(f"=?utf-8?b?{base64.b64encode(rest[:length].encode()).decode()}?=")
            rest = rest[length:]
        elif words or room == _LINE - 1:
            raise ValueError("a character does not fit into a line")
        else:
            words.append("")  # nothing fits beside the header's name: begin on the next line
        room = _LINE - 1
    return "\r\n ".join(words)


def _leaves_a_mark(text: str, length: int) -> bool:
    return length < len(text) and bool(unicodedata.combining(text[length]))


def _folded(text: str, used: int) -> str | None:
    """Return plain ASCII folded at its spaces; None: some word is longer than a line."""
    lines, line = [], ""
    room = _LINE - used
    for word in text.split(" "):
        if len(word) > _LINE - 1:
            return None
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, _LINE - 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def text_header(name: str, text: str) -> str:
    """Return a header of free text, such as the subject."""
    text = one_line(text)
    used = len(name) + 2
    plain = _folded(text, used) if text.isascii() and "=?" not in text else None
    first_fits = plain is not None and len(plain.split("\r\n")[0]) + used <= _LINE
    return f"{name}: {plain if first_fits else _encoded_words(text, used)}"


def address_header(name: str, person: str, address: str) -> str:
    """Return a header of one person and their address."""
    person, used = one_line(person), len(name) + 2
    if not person:
        return f"{name}: {address}"
    if not person.isascii() or "=?" in person or len(person) > _LINE - used - 4:
        shown = _encoded_words(person, used)
    elif _SPECIAL.search(person):
        quoted = person.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{quoted}"'
    else:
        shown = person
    last = shown.rpartition("\r\n")[2]
    taken = len(last) + (used if last == shown else 0)
    gap = " " if taken + len(address) + 3 <= _LINE else "\r\n "
    return f"{name}: {shown}{gap}<{address}>"


def mail(
    *,
    sender: str,
    recipient: tuple[str, str],
    subject: str,
    body: str,
    message_id: str,
    at: datetime,
) -> bytes:
    """Return a whole mail of plain text.

    Args:
        sender: «Name <address>» or an address alone.
        recipient: name and address.
        message_id: with its angle brackets.

    Raises:
        ValueError: an address is invalid.
    """
    from_name, from_address = parseaddr(sender)
    text = "\r\n".join(body.splitlines()) + "\r\n"
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
    lines = [encoded[start : start + 76] for start in range(0, len(encoded), 76)]
    headers = [
        address_header("From", from_name, address_of(from_address)),
        address_header("To", recipient[0], address_of(recipient[1])),
        text_header("Subject", subject),
        f"Date: {format_datetime(at.astimezone(ZONE))}",
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: base64",
        "Content-Language: vi",
    ]
    return "\r\n".join([*headers, "", *lines, ""]).encode("ascii")
