"""The kinds of messages: each feature words its own.

`@wording("needs.returned", label=…)` registers a function facts → text. Facts are JSON, so that the same message
can be worded in the reader's language on the site, and in Vietnamese in a mail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Wording = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class MessageKind:
    """A kind of message.

    Attributes:
        text: one sentence or two, as the site shows it.
        label: the name of the kind; also the subject of its mails.
        letter: the body of a mail, where it says more than `text`.
        mail: whether it is sent by mail unless the administrator says otherwise.
        mandatory: people cannot refuse its mails.
        secret: mails with a link or a code that opens an account: they go by mail alone, cannot be switched off,
            and
            their content is not kept.
    """

    name: str
    text: Wording
    label: Any
    letter: Wording | None = None
    mail: bool = True
    mandatory: bool = False
    secret: bool = False


KINDS: dict[str, MessageKind] = {}


def wording(
    kind: str, *, label: Any = None, mail: bool = True, mandatory: bool = False, secret: bool = False
) -> Callable[[Wording], Wording]:
    """Register the function as the wording of messages of `kind`; see `MessageKind`."""

    def register(function: Wording) -> Wording:
        KINDS[kind] = MessageKind(kind, function, label or kind, mail=mail, mandatory=mandatory, secret=secret)
        return function

    return register


def letter(kind: str) -> Callable[[Wording], Wording]:
    """Register the function as the body of mails of `kind`, which has a wording already."""

    def register(function: Wording) -> Wording:
        KINDS[kind] = replace(KINDS[kind], letter=function)
        return function

    return register


def secret_kinds() -> list[str]:
    """Return the kinds whose mails open an account: somebody waits for them, and their content is not kept."""
    return [kind.name for kind in KINDS.values() if kind.secret]


def kind_label(name: str) -> str:
    """Return the label of the kind; its own name if no feature words it any more."""
    return str(KINDS[name].label) if name in KINDS else name


def text_of(kind: str, facts: Mapping[str, Any]) -> str:
    """Return the message in the reader's language."""
    return KINDS[kind].text(facts) if kind in KINDS else kind
