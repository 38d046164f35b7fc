"""Working days and days of class around public holidays, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from training.holidays.shipped import SHIPPED
from training.holidays.work_calendar import NO_HOLIDAYS, WorkCalendar, days_between, is_weekend
from training.results.books.half_days import half_days

# 2027: 30 April is a Friday, 1 May a Saturday that is made good on Monday the 3rd; Saturday the 8th is worked.
CALENDAR = WorkCalendar(
    off=dict.fromkeys([date(2027, 4, 30), date(2027, 5, 1), date(2027, 5, 3)], "Lễ"),
    worked={date(2027, 5, 8): "Làm bù"},
)


def april(day: int) -> date:
    return date(2027, 4, day)


def may(day: int) -> date:
    return date(2027, 5, day)


def test_working_days_leave_out_weekends_and_holidays_and_count_days_worked_in_exchange() -> None:
    assert CALENDAR.after_working_days(april(29), 1) == may(4)
    assert CALENDAR.after_working_days(april(29), 5) == may(8)
    assert CALENDAR.last_working_day(may(3)) == april(29)
    assert NO_HOLIDAYS.after_working_days(april(29), 1) == april(30)


@pytest.mark.parametrize(
    ("period", "runs", "taught"),
    [
        ((april(26), may(7)), [(april(26), april(29)), (may(4), may(7))], 8),
        ((april(26), april(29)), [(april(26), april(29))], 4),
        ((april(30), may(4)), [(may(4), may(4))], 1),
        ((april(30), may(2)), [(april(30), may(2))], 1),  # a Sunday is left, on which nobody teaches
        ((may(1), may(2)), [(may(2), may(2))], 1),  # a class of weekends
        ((may(3), may(9)), [(may(4), may(9))], 5),  # the Saturday is worked in exchange
        ((may(3), may(3)), [(may(3), may(3))], 1),  # nothing but a holiday: on purpose
    ],
)
def test_a_calendar_is_cut_where_a_holiday_lies(
    period: tuple[date, date], runs: list[tuple[date, date]], taught: int
) -> None:
    assert CALENDAR.runs([period]) == runs
    assert len(CALENDAR.taught_days([period])) == taught
    assert sum(one.held for one in half_days([period], calendar=CALENDAR)) == 2 * taught


def test_what_the_host_decided_stands_before_the_holiday() -> None:
    periods = [(april(29), may(4))]
    morning = half_days(periods)[2]
    assert morning.day == april(30)
    held = half_days(periods, {(morning.day, morning.part): True}, CALENDAR)
    assert [one.day for one in held if one.held] == [april(29), april(29), april(30), may(4), may(4)]


def test_a_day_off_that_no_law_names_yet_is_expected() -> None:
    """24 November is wanted by a resolution of the Politburo; no law says so."""
    of_culture = [one for one in SHIPPED if one["first"].month == 11]
    assert [one["first"].year for one in of_culture] == [2026, 2027, 2028, 2029]
    for one in of_culture:
        assert one["state"] == "expected"
        assert "80-NQ/TW" in one["source"]
        assert "cần kiểm tra" in one["note"]


def test_the_days_that_come_with_the_product_agree_with_themselves() -> None:
    seen: set[date] = set()
    for one in SHIPPED:
        days = days_between(one["first"], one["last"])
        assert not seen.intersection(days), one["name"]
        seen.update(days)
        assert one["source"]
        assert one["note"]
        assert one["checked_on"] is not None or one["state"] == "expected", one["name"]
        assert (one["kind"] == "worked") <= all(map(is_weekend, days))
    by_year = {year: sum(d.year == year for d in seen) for year in (2025, 2026, 2027, 2028)}
    assert all(count >= 11 for count in by_year.values()), by_year
