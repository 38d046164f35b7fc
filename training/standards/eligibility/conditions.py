"""Who may be sent to a course: one function per kind of rule. Pure: no database.

Missing data is an obstacle as well: the sender must show that the person may go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from ...core.i18n import day as as_day
from ...core.vietnamese import search_key
from ..models import EligibilityKind

_DAYS_OF_CLASS_A_WEEK = 5
_WEEKS_A_YEAR = 52


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a course.

    Attributes:
        value: years of service, years of age, years rated, or lengths of the course committed.
        course_days: length of the course in days of class.
    """

    id: int
    kind: EligibilityKind
    value: int
    source: str
    course_days: int


@dataclass(frozen=True, slots=True)
class EligibilityFacts:
    """The facts that the rules use.

    Attributes:
        birth_year: if only the year is known, `birth_date` is None.
        ratings: year → text of the yearly rating.
        committed_months: the longest commitment signed for the course; 0: none.
    """

    birth_date: date | None
    birth_year: int | None
    service_start: date | None
    ratings: Mapping[str, str] = field(default_factory=dict)
    committed_months: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not be sent: the rule's kind, its text, and the legal source."""

    rule_id: int
    kind: EligibilityKind
    message: str
    source: str

    @property
    def text(self) -> str:
        return f"{self.message} ({self.source})"


def full_years(since: date, day: date) -> int:
    """Return whole years from `since` to `day`; for a birth on 29 February they are complete on 1 March."""
    return day.year - since.year - ((day.month, day.day) < (since.month, since.day))


def months_asked(rule: Rule) -> int:
    """Return months of service to be committed: `value` times the course's length, started months counted
    whole.
    """
    weeks = -(-rule.course_days // _DAYS_OF_CLASS_A_WEEK) * rule.value
    return -(-weeks * 12 // _WEEKS_A_YEAR)


def rated_well(text: str) -> bool:
    """Return whether a yearly rating is «hoàn thành tốt» or better."""
    words = search_key(text)
    return "hoan thanh tot" in words or "xuat sac" in words


def _service(rule: Rule, who: EligibilityFacts, start: date, _today: date) -> str | None:
    if who.service_start is None:
        return str(
            _("%(years)d years of service are asked for; the start of service is not recorded", years=rule.value)
        )
    served = full_years(who.service_start, start)
    if served >= rule.value:
        return None
    return str(
        _(
            "%(years)d years of service are asked for; on %(day)s there are %(served)d",
            years=rule.value,
            day=as_day(start),
            served=max(0, served),
        )
    )


def _age(rule: Rule, who: EligibilityFacts, start: date, _today: date) -> str | None:
    # If only the year is known, the youngest possible age counts: nobody is refused because of an unknown day.
    born = who.birth_date or (date(who.birth_year, 12, 31) if who.birth_year else None)
    if born is None:
        return str(_("the age may be %(years)d at most; the date of birth is not recorded", years=rule.value))
    age = full_years(born, start)
    if age <= rule.value:
        return None
    return str(
        _(
            "the age may be %(years)d at most; on %(day)s it is %(age)d",
            years=rule.value,
            day=as_day(start),
            age=age,
        )
    )


def _ratings(rule: Rule, who: EligibilityFacts, start: date, today: date) -> str | None:
    """Return the last `value` years that ended before the start: the present year is rated later."""
    newest = min(start.year, today.year) - 1
    for year in range(newest, newest - rule.value, -1):
        text = who.ratings.get(str(year))
        if not text:
            return str(_("the rating of %(year)d is not recorded", year=year))
        if not rated_well(text):
            return str(
                _("“completed well” or better is asked for; %(year)d was rated “%(text)s”", year=year, text=text)
            )
    return None


def _commitment(rule: Rule, who: EligibilityFacts, _start: date, _today: date) -> str | None:
    months = months_asked(rule)
    if who.committed_months >= months:
        return None
    return str(
        _(
            "a signed commitment to serve %(months)d months is asked for; recorded are %(committed)d",
            months=months,
            committed=who.committed_months,
        )
    )


_CHECKS: dict[EligibilityKind, Callable[[Rule, EligibilityFacts, date, date], str | None]] = {
    EligibilityKind.SERVICE: _service,
    EligibilityKind.AGE: _age,
    EligibilityKind.RATINGS: _ratings,
    EligibilityKind.COMMITMENT: _commitment,
}


def refusal(rule: Rule, who: EligibilityFacts, start: date, today: date) -> Refusal | None:
    """Return why `rule` forbids a class that starts on `start`, by the facts of `today`; None if it does not."""
    message = _CHECKS[rule.kind](rule, who, start, today)
    return None if message is None else Refusal(rule.id, rule.kind, message, rule.source)
