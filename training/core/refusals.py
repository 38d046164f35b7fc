"""What an operation says when it refuses. It imports nothing, so that a child which reads a stranger's file
(`confined`) can say it as well."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `field` names the form field or column («» for the whole), `message` says what
    is wrong and what to do, in the reader's language."""

    field: str
    message: str


class Refused(Exception):
    """An operation did not happen because a rule stands in the way. Nothing was written."""

    def __init__(self, *faults: Fault | str) -> None:
        self.faults = [f if isinstance(f, Fault) else Fault("", f) for f in faults]
        super().__init__("; ".join(f.message for f in self.faults))
