"""Dates, names and numbers as in official papers: always in Vietnamese, for any language of the reader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from ...people.models import Employee, Sex

_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def short(day: date) -> str:
    """Return 02/3/2026: the day in two digits, the month in two only when it is 1 or 2 (Nghị định 30, phụ lục
    I)."""
    return f"{day.day:02}/{_month(day)}/{day.year}"


def long(day: date) -> str:
    return f"ngày {day.day:02} tháng {_month(day)} năm {day.year}"


def _month(day: date) -> str:
    return f"{day.month:02}" if day.month < 3 else str(day.month)


def period(first: date, last: date) -> str:
    return f"ngày {short(first)}" if first == last else f"từ ngày {short(first)} đến ngày {short(last)}"


def periods(runs: Iterable[tuple[date, date]]) -> str:
    return "; ".join(period(first, last) for first, last in sorted(runs))


def number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


TENTH = 100_000  # đồng: a tenth of a million, the unit of tables


def millions(tenths: int, value: int | Fraction = 1) -> str:
    """Return tenths of a million đồng as millions with at most one decimal.

    Args:
        tenths: rounded together with the other rows of its table (`rounding`).
        value: đồng, exact; zero is shown as nothing.
    """
    if not value:
        return ""
    return number(tenths // 10) + (f",{tenths % 10}" if tenths % 10 else "")


def roman(value: int) -> str:
    text = ""
    for worth, letters in _ROMAN:
        while value >= worth:
            text, value = text + letters, value - worth
    return text


def birth(person: Employee) -> str:
    """Return the date of birth, or only the year."""
    return short(person.birth_date) if person.birth_date else str(person.birth_year or "")


def person_facts(person: Employee, position: int = 1) -> dict[str, object]:
    """Return the fields of a person in a list; needs unit and position."""
    woman, born = person.sex == Sex.FEMALE, birth(person)
    return {
        "tt": position,
        "ma": person.code,
        "danh_xung": "Bà" if woman else "Ông" if person.sex == Sex.MALE else "Ông/Bà",
        "ho_ten": person.name,
        "ngay_sinh": born,
        "sinh_nam": "" if woman else born,
        "sinh_nu": born if woman else "",
        "chuc_vu": person.position.name if person.position else "",
        "don_vi": person.unit.name,
        "ghi_chu": "",
        "diem": "",
        "ket_qua": "",
    }
