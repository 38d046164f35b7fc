"""Written yearly ratings, and the rules that features downstream have over them.

Whichever path wrote them (a form, a sheet, a unit's page, the command line), the rules are checked before the
operation ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..core.audit import at_end, memo
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.provided import Provided
from .models import Employee

_WRITTEN = "ratings written"


@dataclass(frozen=True, slots=True)
class Written:
    """A person's rating of a year, or its basis, was written; `before`: its text until then."""

    employee: Employee
    year: int
    before: str | None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a rating is refused; `together`: because of all ratings of the unit, not of this one alone."""

    employee: Employee
    year: int
    message: str
    together: bool


judge: Provided[[Sequence[Written]], Iterable[Objection]] = Provided(
    "what stands against ratings that were written"
)


def note(employee: Employee, year: int, before: str | None) -> None:
    """Have the rules checked for a rating when the operation ends, unless they are checked earlier."""
    memo().setdefault(_WRITTEN, {}).setdefault((employee, year), before)
    at_end(_refuse)


def objections() -> list[Objection]:
    """Return the objections to the ratings written since the last check in this operation."""
    noted = memo().pop(_WRITTEN, {})
    if not noted:
        return []
    db.session.flush()
    written = [Written(employee, year, before) for (employee, year), before in noted.items()]
    return list(judge(written))


def _refuse() -> None:
    found = objections()
    if found:
        raise Refused(*(Fault("ratings", f"{one.year}: {one.message}") for one in found))
