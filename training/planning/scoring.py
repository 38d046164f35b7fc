"""The value of a need to a plan: the policy's points, and their sum for one need. Pure rules, no database.

value = one base, by the strongest ground for the need
      + points for the unit's own priority (per step above a wish)
      + points for each year that it has waited, up to a number of years.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..core.i18n import number
from ..gaps.queries import Ground, GroundKind
from ..messages.own_data import IN_WORDS
from ..needs.models import Priority


class Base(StrEnum):
    """The strongest ground for a need, the most pressing first; exactly one counts."""

    MANDATORY = "mandatory"
    STANDARD = "standard"
    EXPIRING = "expiring"
    PLANNED_TITLE = "planned_title"
    WISH = "wish"

    @property
    def label(self) -> str:
        return str(_BASES[self])


_BASES = {
    Base.MANDATORY: _l("mandatory before appointment"),
    Base.STANDARD: _l("missing for the standard"),
    Base.EXPIRING: _l("expires before the next class"),
    Base.PLANNED_TITLE: _l("asked of a planned title"),
    Base.WISH: _l("above the standard"),
}

_OF_GROUND = {
    GroundKind.MISSING: Base.STANDARD,
    GroundKind.EXPIRING: Base.EXPIRING,
    GroundKind.PLANNED: Base.PLANNED_TITLE,
}
_OF_PRIORITY = {
    Priority.MANDATORY: Base.MANDATORY,
    Priority.STANDARD: Base.STANDARD,
    Priority.PLANNED_TITLE: Base.PLANNED_TITLE,
    Priority.WISH: Base.WISH,
}


@dataclass(frozen=True, slots=True)
class Points:
    """The policy's points for needs; the names are those of the plan's columns."""

    value_mandatory: int = 400
    value_standard: int = 300
    value_expiring: int = 250
    value_planned_title: int = 200
    value_wish: int = 100
    value_unit_step: int = 10
    value_year_waiting: int = 100
    most_years_waiting: int = 3

    @classmethod
    def of(cls, row: Any) -> Points:
        """Read the points from any object with attributes of these names (a plan)."""
        return cls(*(getattr(row, field.name) for field in fields(cls)))

    def base(self, base: Base) -> int:
        return int(getattr(self, f"value_{base}"))


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """The facts on which the points of one need depend.

    Attributes:
        priority: why the unit registered it.
        grounds: why the person's standards require the course, the strongest first; empty: they do not; None:
            unknown (no standard, or no data), so the unit's statement counts.
        years_waiting: years since it was first requested in vain.
    """

    priority: Priority
    grounds: Sequence[Ground] | None
    years_waiting: int = 0


@dataclass(frozen=True, slots=True)
class ScorePart:
    """Some of a need's points, and what they are for.

    Attributes:
        key: a `Base`, "unit" or "waiting".
        note: the ground in words, the unit's statement, or the number of years.
    """

    key: str
    points: int
    note: str = ""
    stated: bool = False  # by the unit, not derived from the standards

    def as_json(self) -> list[Any]:
        return [self.key, self.points, self.note, self.stated]


def base_of(facts: NeedFacts) -> tuple[Base, Ground | None]:
    """Return the base that counts, with its ground.

    "Mandatory before appointment" is the unit's statement, which its appraisers have reviewed. Otherwise the
    standards decide if they say anything.
    """
    if facts.priority is Priority.MANDATORY:
        return Base.MANDATORY, None
    if facts.grounds is None:
        return _OF_PRIORITY[facts.priority], None
    if not facts.grounds:
        return Base.WISH, None
    strongest = facts.grounds[0]
    return _OF_GROUND[strongest.kind], strongest


def worth(points: Points, facts: NeedFacts) -> list[ScorePart]:
    """Return the parts of a need's value under a policy; its value is their sum."""
    base, ground = base_of(facts)
    stated = facts.grounds is None or base is Base.MANDATORY
    parts = [ScorePart(base, points.base(base), ground.text if ground else "", stated)]
    steps = Priority.WISH - facts.priority
    if steps and points.value_unit_step:
        parts.append(ScorePart("unit", steps * points.value_unit_step, facts.priority.label))
    years = min(facts.years_waiting, points.most_years_waiting)
    if years and points.value_year_waiting:
        parts.append(ScorePart("waiting", years * points.value_year_waiting, str(years)))
    return parts


def total(parts: Sequence[ScorePart]) -> int:
    """Return the value in points."""
    return sum(part.points for part in parts)


def explained(parts: Sequence[ScorePart] | Sequence[Sequence[Any]]) -> str:
    """Format parts, or their stored form: "400 = 300 missing for the standard + 100 waiting for 1 years"."""
    read = [part if isinstance(part, ScorePart) else ScorePart(*part) for part in parts]
    return f"{number(total(read))} = " + " + ".join(f"{number(part.points)} {_words(part)}" for part in read)


def _words(part: ScorePart) -> str:
    if part.key == "unit":
        return str(_("priority of the unit (%(priority)s)", priority=part.note))
    if part.key == "waiting":
        return str(_("waiting for %(years)s years", years=part.note))
    if part.note:
        return part.note
    label = Base(part.key).label
    return str(_("%(ground)s, as the unit states", ground=label)) if part.stated else label


IN_WORDS["run_need", "value_parts"] = explained
