"""Whether somebody meets a requirement on a day, and how. Pure rules over plain facts: no database.

A level or a competency that nobody recorded is unknown, never missing: nothing is concluded from missing data.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum

from flask_babel import lazy_gettext as _l

from ..standards.levels import RECORD_TEXTS, RequirementKind


class State(StrEnum):
    MET = "met"
    EQUIVALENT = "equivalent"
    EXEMPT = "exempt"
    EXPIRING = "expiring"  # met on the day, no longer on that of the next class
    MISSING = "missing"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return str(_STATES[self])


_STATES = {
    State.MET: _l("Met"),
    State.EQUIVALENT: _l("Met by an equivalent"),
    State.EXEMPT: _l("Exempt"),
    State.EXPIRING: _l("Expiring"),
    State.MISSING: _l("Missing"),
    State.UNKNOWN: _l("Unknown: no data"),
}
FULFILLED = frozenset({State.MET, State.EQUIVALENT, State.EXEMPT, State.EXPIRING})


class Horizon(StrEnum):
    CURRENT = "current"  # of their present positions and titles
    PLANNED = "planned"  # of the titles that they are planned for

    @property
    def label(self) -> str:
        return str({Horizon.CURRENT: _l("Held now"), Horizon.PLANNED: _l("Planned for")}[self])


class Way(IntEnum):
    """How a requirement is met, the most direct first."""

    RECORD = 0
    COMPLETION = 1
    ASSESSMENT = 2
    SUBSTITUTE = 3
    EXEMPTION = 4


_STATE_OF = {
    Way.RECORD: State.MET,
    Way.COMPLETION: State.MET,
    Way.ASSESSMENT: State.MET,
    Way.SUBSTITUTE: State.EQUIVALENT,
    Way.EXEMPTION: State.EXEMPT,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A requirement, with everything that counts for it resolved.

    Attributes:
        id: of the requirement.
        direct: ids of the courses it names, and of those that give its least level or a higher one.
        substitutes: ids of the courses that count for one of `direct`.
        rank: of the least level in its kind, 1 the lowest; None: it requires no level.
        gives_level: ids of all courses that give some level of its kind: completing one means a known level.
        validity_months: how long a completion or an assessment counts; None: for ever.
    """

    id: int
    kind: RequirementKind
    direct: frozenset[int]
    substitutes: frozenset[int] = frozenset()
    rank: int | None = None
    gives_level: frozenset[int] = frozenset()
    competency_id: int | None = None
    competency_level: int | None = None
    validity_months: int | None = None


@dataclass(frozen=True, slots=True)
class Exempted:
    """An exemption from a kind of requirement, or from a course, between two days (`last` None: until further
    notice)."""

    id: int
    kind: RequirementKind | None
    course_id: int | None
    first: date
    last: date | None


@dataclass(slots=True)
class PersonFacts:
    """What is known of one person.

    Attributes:
        done: course id → (day, completion id) of each completion, the latest last.
        ranks: kind → rank of the level in the record; a kind without a level in the record is left out.
        assessed: competency id → (day, level, assessment id), the latest last.
        exempted: their exemptions.
    """

    done: dict[int, list[tuple[date, int]]] = field(default_factory=dict)
    ranks: dict[RequirementKind, int] = field(default_factory=dict)
    assessed: dict[int, list[tuple[date, int, int]]] = field(default_factory=dict)
    exempted: list[Exempted] = field(default_factory=list)

    @property
    def recorded(self) -> bool:
        """Return whether the person's training was ever recorded: only then does no certificate mean none."""
        return bool(
            self.done
            or RequirementKind.POLITICAL_THEORY in self.ranks
            or RequirementKind.STATE_MANAGEMENT in self.ranks
        )


@dataclass(frozen=True, slots=True)
class RequirementVerdict:
    """The state of one requirement.

    Attributes:
        state: as it is shown.
        way: how it is met, if it is.
        evidence: id of the completion, assessment or exemption; None for the record's own text.
        until: last day on which it is met, None: for ever; of something missing, the last day on which it was met.
    """

    state: State
    way: Way | None = None
    evidence: int | None = None
    until: date | None = None


MISSING, UNKNOWN = RequirementVerdict(State.MISSING), RequirementVerdict(State.UNKNOWN)
_FOR_EVER = date.max


def last_valid_day(day: date, months: int | None) -> date | None:
    """Return the last day on which something earned on `day` counts, for a number of months. None: for ever.

    That is the same day of the last month, or that month's last day (Bộ luật Dân sự 2015, Điều 148 khoản 3).
    """
    if months is None:
        return None
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def judge(asked: Asked, facts: PersonFacts, day: date, next_class: date) -> RequirementVerdict:
    """Return the state of `asked` for a person on `day`.

    Args:
        next_class: what lapses before this day is expiring.

    Returns:
        Of all ways that last until `next_class` the most direct; else the one that lasts longest, as expiring;
        else missing, or unknown if nothing is recorded that could decide it.
    """
    lasting: tuple[Way, int, int] | None = None  # way, days until its end (negative), evidence
    ending: tuple[int, Way, int] | None = None  # the same, the longest first
    lapsed: date | None = None
    for way, evidence, last in _ways(asked, facts, day):
        length = -last.toordinal()
        if last < day:
            lapsed = last if lapsed is None or last > lapsed else lapsed
        elif last < next_class:
            ending = min(ending or (length, way, evidence), (length, way, evidence))
        elif way is Way.RECORD:
            return _RECORD_TELLS
        else:
            lasting = min(lasting or (way, length, evidence), (way, length, evidence))
    if lasting is not None:
        way, length, evidence = lasting
        last = date.fromordinal(-length)
        return RequirementVerdict(_STATE_OF[way], way, evidence, None if last == _FOR_EVER else last)
    if ending is not None:
        length, way, evidence = ending
        return RequirementVerdict(State.EXPIRING, way, evidence, date.fromordinal(-length))
    if lapsed is not None:
        return RequirementVerdict(State.MISSING, until=lapsed)
    return MISSING if _is_known(asked, facts, day) else UNKNOWN


_RECORD_TELLS = RequirementVerdict(State.MET, Way.RECORD)


def _ways(asked: Asked, facts: PersonFacts, day: date) -> Iterator[tuple[Way, int, date]]:
    """Yield everything begun by `day` that counts for `asked`: how, by what, until when (date.max: for ever)."""
    if asked.rank is not None and facts.ranks.get(asked.kind, 0) >= asked.rank:
        yield Way.RECORD, 0, _FOR_EVER
    done = facts.done
    if done:
        for courses, way in ((asked.direct, Way.COMPLETION), (asked.substitutes, Way.SUBSTITUTE)):
            for course_id in courses & done.keys():
                for completed_on, completion_id in done[course_id]:
                    if completed_on <= day:
                        last = last_valid_day(completed_on, asked.validity_months)
                        yield way, completion_id, last or _FOR_EVER
    if asked.competency_id is not None:
        assessed = [one for one in facts.assessed.get(asked.competency_id, ()) if one[0] <= day]
        # Only the latest assessment counts: a level can be lost.
        if assessed and assessed[-1][1] >= (asked.competency_level or 0):
            last = last_valid_day(assessed[-1][0], asked.validity_months)
            yield Way.ASSESSMENT, assessed[-1][2], last or _FOR_EVER
    for exemption in facts.exempted:
        of_this = exemption.kind is asked.kind or exemption.course_id in asked.direct
        if of_this and exemption.first <= day:
            yield Way.EXEMPTION, exemption.id, exemption.last or _FOR_EVER


def _is_known(asked: Asked, facts: PersonFacts, day: date) -> bool:
    """Return whether enough is recorded to conclude that something is missing."""
    if asked.competency_id is not None:
        return any(on <= day for on, _level, _id in facts.assessed.get(asked.competency_id, ()))
    if asked.rank is not None and asked.kind in RECORD_TEXTS:
        return asked.kind in facts.ranks or any(
            on <= day for course_id in asked.gives_level & facts.done.keys() for on, _id in facts.done[course_id]
        )
    return facts.recorded


class StandardsStanding(StrEnum):
    """The standing of somebody on all their requirements together."""

    MEETS = "meets"
    LACKS = "lacks"
    UNKNOWN = "unknown"  # nothing known to be missing, something not known
    NO_STANDARD = "no_standard"

    @property
    def label(self) -> str:
        return str(_STANDINGS[self])


_STANDINGS = {
    StandardsStanding.MEETS: _l("Meets the standard"),
    StandardsStanding.LACKS: _l("Does not meet the standard"),
    StandardsStanding.UNKNOWN: _l("Cannot be said: data are missing"),
    StandardsStanding.NO_STANDARD: _l("No standard applies"),
}


def standing(states: Iterable[State]) -> StandardsStanding:
    """Return the standing on all requirements of one person together."""
    found = StandardsStanding.NO_STANDARD
    for state in states:
        if state is State.MISSING:
            return StandardsStanding.LACKS
        if state is State.UNKNOWN:
            found = StandardsStanding.UNKNOWN
        elif found is StandardsStanding.NO_STANDARD:
            found = StandardsStanding.MEETS
    return found


@dataclass(frozen=True, slots=True)
class Gap:
    """The state of one requirement for one person.

    Attributes:
        standard_id: of the version of the standard with the requirement.
    """

    employee_id: int
    standard_id: int
    asked: Asked
    horizon: Horizon
    verdict: RequirementVerdict

    @property
    def state(self) -> State:
        return self.verdict.state


def gaps_of(
    employee_id: int,
    held: Sequence[tuple[int, Horizon]],
    asked_by: Mapping[int, Sequence[Asked]],
    facts: PersonFacts,
    day: date,
    next_class: date,
) -> list[Gap]:
    """Return all requirements of one person.

    Args:
        held: (standard id, horizon) of all standards in force for the person, those of the present first; a
            requirement of both counts for the present alone.
        asked_by: standard id → its requirements.
    """
    found, seen = [], set()
    for standard_id, horizon in held:
        if standard_id not in seen:
            seen.add(standard_id)
            for asked in asked_by[standard_id]:
                verdict = judge(asked, facts, day, next_class)
                found.append(Gap(employee_id, standard_id, asked, horizon, verdict))
    return found
