"""Mails read by the letter of RFC 5322 and RFC 2047, apart from the code that writes them and from the standard
library's lenient parser."""

from __future__ import annotations

import base64
import quopri
import re
from dataclasses import dataclass

_WORD = re.compile(r"=\?([A-Za-z0-9-]+)\?([BbQq])\?([^? \t]*)\?=")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"


class Wrong(AssertionError):
    """The mail breaks a rule."""


@dataclass(frozen=True)
class Letter:
    """A mail: its headers as they stand (folded lines joined), and its decoded body."""

    headers: dict[str, str]
    body: str

    @property
    def subject(self) -> str:
        return text(self.headers["Subject"])

    @property
    def to(self) -> tuple[str, str]:
        return mailbox(self.headers["To"])

    @property
    def sender(self) -> tuple[str, str]:
        return mailbox(self.headers["From"])


def read(raw: bytes) -> Letter:
    """Raises:
    Wrong: at the first rule that is broken.
    """
    head, found, rest = raw.partition(b"\r\n\r\n")
    if not found:
        raise Wrong("no empty line after the headers")
    if b"\r" in raw.replace(b"\r\n", b"") or b"\n" in raw.replace(b"\r\n", b""):
        raise Wrong("a CR or LF by itself")
    if any(byte > 126 or (byte < 32 and byte not in b"\r\n\t") for byte in raw):
        raise Wrong("a byte that is no printable ASCII")
    for line in raw.split(b"\r\n"):
        if len(line) > 78:
            raise Wrong(f"a line of {len(line)} characters: {line!r}")
    headers: dict[str, str] = {}
    for line in re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n"):
        name, colon, value = line.decode("ascii").partition(":")
        if not colon or not re.fullmatch(r"[!-9;-~]+", name):
            raise Wrong(f"no header: {line!r}")
        if name in headers:
            raise Wrong(f"{name} stands twice")
        headers[name] = value.strip()
    for folded in head.split(b"\r\n"):
        if folded.strip() == b"":
            raise Wrong("a folded line of nothing but spaces")
    for needed in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted"):
        if needed not in headers:
            raise Wrong(f"{needed} is missing")
    if not re.fullmatch(rf"<{_ADDRESS}>", headers["Message-ID"]):
        raise Wrong(f"Message-ID {headers['Message-ID']}")
    day = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
    if not re.fullmatch(day, headers["Date"]):
        raise Wrong(f"Date {headers['Date']}")
    if headers["Content-Type"] != 'text/plain; charset="utf-8"':
        raise Wrong(headers["Content-Type"])
    if headers["Content-Transfer-Encoding"] != "base64":
        raise Wrong(headers["Content-Transfer-Encoding"])
    body = base64.b64decode(rest.replace(b"\r\n", b""), validate=True).decode("utf-8")
    if "\n" in body.replace("\r\n", ""):
        raise Wrong("a line of the body does not end with CRLF")
    return Letter(headers, body)


def text(value: str) -> str:
    """The words of an unstructured header."""
    found, last, end = "", False, 0
    for word in _WORD.finditer(value):
        between = value[end : word.start()]
        if word.start() and not between.endswith((" ", "\t")):
            raise Wrong(f"no space before the encoded word in {value!r}")
        if not (last and not between.strip()):
            found += between
        found += _decoded(word)
        last, end = True, word.end()
    tail = value[end:]
    if last and tail and not tail.startswith((" ", "\t")):
        raise Wrong(f"no space after the encoded word in {value!r}")
    if "=?" in value[:0] + re.sub(_WORD, "", value):
        raise Wrong(f"a broken encoded word in {value!r}")
    return found + tail


def _decoded(word: re.Match[str]) -> str:
    if len(word[0]) > 75:
        raise Wrong(f"an encoded word of {len(word[0])} characters")
    if word[1].lower() != "utf-8":
        raise Wrong(word[1])
    if word[2] in "Bb":
        return base64.b64decode(word[3], validate=True).decode("utf-8")  # whole characters in every word
    return quopri.decodestring(word[3].replace("_", " ").encode(), header=False).decode("utf-8")


def mailbox(value: str) -> tuple[str, str]:
    """(name, address) of a header of one person."""
    bare = re.fullmatch(rf"({_ADDRESS})", value)
    if bare:
        return "", bare[1]
    named = re.fullmatch(rf"(.*?)\s*<({_ADDRESS})>", value)
    if not named:
        raise Wrong(f"no address: {value!r}")
    phrase = named[1]
    if phrase.startswith('"'):
        if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', phrase):
            raise Wrong(f"a broken quoted string: {phrase!r}")
        if _WORD.search(phrase):
            raise Wrong("an encoded word within a quoted string")
        return re.sub(r"\\(.)", r"\1", phrase[1:-1]), named[2]
    for part in re.sub(_WORD, "", phrase).split():
        if not re.fullmatch(_ATOM, part):
            raise Wrong(f"{part!r} must be quoted")
    return text(phrase), named[2]
