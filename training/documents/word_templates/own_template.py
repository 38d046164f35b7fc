"""An office's own template: tried and filled in a child process with limits (`confined`), never in this one.

Papers are issued while a user waits for the page, and their numbers are taken in the same transaction. The child's
time limit is therefore so short that the page comes within two seconds; a template that needs more is refused with
a message. A template that passes its trial with sample values has the same limits afterwards: with the seventy
people of a class three nested loops take far longer than with the two of the sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from ...core.refusals import Fault, Refused
from ...files.confined import ChildLimits, Confined, Exceeded

_LIMITS = ChildLimits(seconds=1.5)
MOST_BYTES = 5_000_000


def faults_of(content: bytes, sample: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with an uploaded template, see `filling.faults_of`; too much work is a fault as
    well."""
    if len(content) > MOST_BYTES:
        return [Fault("file", _("The file is too large for a template."))]
    try:
        with Confined(
            "training.documents.word_templates.filling:Trial", content, limits=_LIMITS, classes=[Fault]
        ) as trial:
            left = _LIMITS.seconds - trial.seconds_used
            found: list[Fault] = trial.call("faults", dict(sample), seconds=max(0.5, left))
            return found
    except Exceeded as exceeded:
        return [Fault("file", _of_exceeded(exceeded))]


class OwnTemplate:
    """A template of an office, ready to be filled many times; its child starts with the first paper and ends with
    this object.

    Args:
        content: the .docx.
    """

    def __init__(self, content: bytes) -> None:
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._content = content
        self._child: Confined | None = None

    def fill(self, facts: Mapping[str, Any], address: str) -> bytes:
        """Fill the template as `Filling.fill` does.

        Raises:
            Refused: it cannot be filled, or not within the limits.
        """
        try:
            seconds = _LIMITS.seconds
            if self._child is None:
                self._child = Confined(
                    "training.documents.word_templates.filling:Filling", self._content, limits=_LIMITS
                )
                seconds = max(0.5, seconds - self._child.seconds_used)
            filled: bytes = self._child.call("fill", dict(facts), address, seconds=seconds)
        except Exceeded as exceeded:
            self._child = None
            raise Refused(_of_exceeded(exceeded)) from exceeded
        return filled


def _of_exceeded(exceeded: Exceeded) -> str:
    if exceeded.what == "time":
        message: str = _("Filling the template takes too long: look at its “for” lines and macros.")
    elif exceeded.what == "failed":
        message = _("The template cannot be filled: it ended the program that tried.")
    else:
        message = _(
            "Filling the template takes too much memory: look at its “for” lines, and at what it computes."
        )
    return message
