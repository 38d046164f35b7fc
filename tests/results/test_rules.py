"""Pass or not, and how well: just inside and just outside of every bound."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from training.results.books.half_days import half_days, parse_key
from training.results.models import DayPart, ResultRule
from training.results.rules import FailedCriterion, Scored, Why, judge


def rule(**values: object) -> ResultRule:
    given = {
        "least_attendance": 100,
        "least_score": Decimal(5),
        "excellent_from": Decimal(9),
        "good_from": Decimal(8),
        "fair_from": Decimal(7),
    }
    return ResultRule(**{**given, **values})


def scored(*values: str | None, weights: tuple[int, ...] = (1, 1, 1)) -> list[Scored]:
    return [
        Scored(f"Bài {n}", weight, None if value is None else Decimal(value))
        for n, (value, weight) in enumerate(zip(values, weights, strict=False), start=1)
    ]


@pytest.mark.parametrize(
    ("least", "held", "attended", "passes"),
    [
        (100, 20, 20, True),
        (100, 20, 19, False),
        (80, 20, 16, True),
        (80, 20, 15, False),
        (80, 7, 6, True),  # 85,7 %
        (80, 7, 5, False),  # 71,4 %
        (67, 3, 2, False),  # 66,67 % is not 67 %
        (66, 3, 2, True),
        (0, 20, 0, True),
    ],
)
def test_attendance(least: int, held: int, attended: int, passes: bool) -> None:
    found = judge(rule(least_attendance=least), held, attended, scored("5", "5"))
    assert found.passed is passes
    assert [fault.why for fault in found.faults] == ([] if passes else [Why.ATTENDANCE])


@pytest.mark.parametrize(
    ("first", "second", "faults"),
    [
        ("5", "5", []),
        ("5.00", "10", []),
        ("4.99", "10", [FailedCriterion(Why.SCORE, "Bài 1", Decimal("4.99"), Decimal(5))]),
        ("10", "4.9", [FailedCriterion(Why.SCORE, "Bài 2", Decimal("4.9"), Decimal(5))]),
        ("10", None, [FailedCriterion(Why.NO_SCORE, "Bài 2", None, Decimal(5))]),
    ],
)
def test_every_test_counts_by_itself(first: str, second: str | None, faults: list[FailedCriterion]) -> None:
    found = judge(rule(), 10, 10, scored(first, second))
    assert list(found.faults) == faults
    assert (found.classification is None) == bool(faults)


@pytest.mark.parametrize(
    ("values", "average", "band"),
    [
        (("9", "9"), "9.00", "excellent"),
        (("8.99", "9"), "9.00", "excellent"),  # 8,995: halves are rounded up, then the band is read
        (("8.98", "9"), "8.99", "good"),
        (("8", "8"), "8.00", "good"),
        (("7.98", "8"), "7.99", "fair"),
        (("7", "7"), "7.00", "fair"),
        (("6.98", "7"), "6.99", "average"),
        (("5", "5"), "5.00", "average"),
    ],
)
def test_bands(values: tuple[str, str], average: str, band: str) -> None:
    found = judge(rule(), 10, 10, scored(*values))
    assert (str(found.average), found.classification) == (average, band)


def test_weights() -> None:
    found = judge(rule(), 10, 10, scored("6", "9", weights=(1, 2)))
    assert (found.average, found.classification) == (Decimal("8.00"), "good")


def test_a_class_without_tests_has_no_band() -> None:
    found = judge(rule(), 10, 10, [])
    assert (found.passed, found.average, found.classification) == (True, None, None)


def test_a_fault_survives_being_stored() -> None:
    for fault in judge(rule(), 3, 2, scored("4.5", None)).faults:
        assert FailedCriterion.from_json(fault.as_json()) == fault


def test_half_days_leave_weekends_out_unless_a_period_has_nothing_else() -> None:
    friday = date(2026, 3, 6)
    run = half_days([(friday, date(2026, 3, 9))])
    assert [(one.day.day, one.part.value) for one in run if one.held] == [
        (6, "morning"), (6, "afternoon"), (9, "morning"), (9, "afternoon"),
    ]  # fmt: skip
    assert len(run) == 8
    weekend = half_days([(date(2026, 3, 7), date(2026, 3, 8))], {(date(2026, 3, 8), DayPart.AFTERNOON): False})
    assert [one.held for one in weekend] == [True, True, True, False]
    assert parse_key(weekend[0].key) == (date(2026, 3, 7), DayPart.MORNING)
