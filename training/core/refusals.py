"""The refusals of operations.

The module imports nothing, so that a child process that reads an untrusted file (`confined`) can raise them too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `field` names the form field or column («» for the whole).

    `message` says what is wrong and what to do, in the reader's language.
    """

    field: str
    message: str


class Refused(Exception):
    """An operation was refused because a rule forbids it. Nothing was written."""

    def __init__(self, *faults: Fault | str) -> None:
        self.faults = [f if isinstance(f, Fault) else Fault("", f) for f in faults]
        super().__init__("; ".join(f.message for f in self.faults))
