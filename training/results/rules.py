"""Whether a person passed, by a rule on plain facts: no database.

The usual rule: full attendance, every test at least 5 of 10. The percentage and the score are data, because each
training institution's regulation differs and changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Protocol

from .models import Classification

_HUNDREDTH = Decimal("0.01")


class Bounds(Protocol):
    """The limits of a `ResultRule`; see there."""

    @property
    def least_attendance(self) -> int: ...
    @property
    def least_score(self) -> Decimal: ...
    @property
    def excellent_from(self) -> Decimal: ...
    @property
    def good_from(self) -> Decimal: ...
    @property
    def fair_from(self) -> Decimal: ...


class Why(StrEnum):
    """Why a person did not pass."""

    ATTENDANCE = "attendance"
    SCORE = "score"
    NO_SCORE = "no_score"


@dataclass(frozen=True, slots=True)
class FailedCriterion:
    """One reason why a person does not pass.

    Attributes:
        test: the name of the test concerned.
        found, least: per cent of half-days attended, or a score; None: there is none.
    """

    why: Why
    test: str | None = None
    found: Decimal | None = None
    least: Decimal | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "why": self.why,
            "test": self.test,
            "found": None if self.found is None else str(self.found),
            "least": None if self.least is None else str(self.least),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> FailedCriterion:
        found, least = stored["found"], stored["least"]
        return cls(
            Why(stored["why"]),
            stored["test"],
            None if found is None else Decimal(found),
            None if least is None else Decimal(least),
        )


@dataclass(frozen=True, slots=True)
class Scored:
    """A test of the class and the person's score in it; None: did not sit it."""

    test: str
    weight: int
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of a rule; see `models.Result`."""

    average: Decimal | None
    classification: Classification | None
    faults: tuple[FailedCriterion, ...]

    @property
    def passed(self) -> bool:
        return not self.faults


def average(scores: Sequence[Scored]) -> Decimal | None:
    """Return the weighted mean, halves rounded up to two decimals; None: no tests, or a score is missing."""
    if not scores or any(one.value is None for one in scores):
        return None
    total = sum((one.value * one.weight for one in scores if one.value is not None), Decimal(0))
    return (total / sum(one.weight for one in scores)).quantize(_HUNDREDTH, ROUND_HALF_UP)


def classify(mean: Decimal | None, rule: Bounds) -> Classification | None:
    """Return the grade of an average; a class without tests has none."""
    if mean is None:
        return None
    for least, name in (
        (rule.excellent_from, Classification.EXCELLENT),
        (rule.good_from, Classification.GOOD),
        (rule.fair_from, Classification.FAIR),
    ):
        if mean >= least:
            return name
    return Classification.AVERAGE


def judge(rule: Bounds, held: int, attended: int, scores: Sequence[Scored]) -> Judgement:
    """Return the result of a person by `rule`.

    Args:
        held: half-days of the class; attended: those of them that count for the person.
        scores: of every test of the class.
    """
    faults = []
    if attended * 100 < rule.least_attendance * held:  # whole numbers: 99,99 % is not 100 %
        share = (Decimal(attended * 100) / held).quantize(_HUNDREDTH, ROUND_HALF_UP)
        faults.append(FailedCriterion(Why.ATTENDANCE, None, share, Decimal(rule.least_attendance)))
    for one in scores:
        if one.value is None:
            faults.append(FailedCriterion(Why.NO_SCORE, one.test, None, rule.least_score))
        elif one.value < rule.least_score:
            faults.append(FailedCriterion(Why.SCORE, one.test, one.value, rule.least_score))
    mean = average(scores)
    return Judgement(mean, None if faults else classify(mean, rule), tuple(faults))
