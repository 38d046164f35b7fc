"""Limits of lists, locals, ratings: just inside and just outside each edge."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from training.careers.rules import (
    ListEntry,
    Rating,
    Size,
    age_on,
    is_local,
    list_size,
    most_excellent,
    planning_faults,
    rating_of,
)

DAY = date(2026, 3, 1)


@dataclass
class Limit:
    titles_per_person: int | None = 3
    people_per_title: int | None = 4
    least_planned: int | None = 150
    most_planned: int | None = 200
    most_age_men: int | None = 50
    most_age_women: int | None = 48
    young_under: int = 40
    least_young: int | None = None
    least_women: int | None = None
    least_minority: int | None = None
    most_excellent: int | None = 20
    excellent_score: int | None = None


def _faults(entry: ListEntry, **more: Any) -> list[str]:
    given: dict[str, Any] = {
        "limits": Limit(), "of_person": [], "of_title": [], "committee": False, "incumbents": 0, "age": 40,
        "female": False,
    }  # fmt: skip
    return [field for field, _words in planning_faults(entry, **{**given, **more})]


def _entry(
    person: int = 1, title: int = 1, unit: int = 1, added: date = DAY, removed: date | None = None
) -> ListEntry:
    return ListEntry(person, title, unit, added, removed)


def test_three_titles_a_person_and_no_fourth(app: Flask) -> None:
    others = [_entry(title=n) for n in (2, 3)]
    assert _faults(_entry(), of_person=others) == []
    assert _faults(_entry(), of_person=[*others, _entry(title=4)]) == ["title_id"]
    # One that ends on the day on which this one begins does not count.
    assert _faults(_entry(), of_person=[*others, _entry(title=4, added=date(2025, 1, 1), removed=DAY)]) == []
    # One that begins later, while this one still holds, does.
    assert _faults(_entry(), of_person=[*others, _entry(title=4, added=date(2026, 5, 1))]) == ["title_id"]


def test_four_people_a_title_and_no_fifth(app: Flask) -> None:
    four = [_entry(person=n) for n in (2, 3, 4, 5)]
    assert _faults(_entry(), of_title=four[:3]) == []
    assert _faults(_entry(), of_title=four) == ["title_id"]


@pytest.mark.parametrize(
    ("incumbents", "others", "fits"), [(5, 9, True), (5, 10, False), (3, 5, True), (0, 30, True)]
)
def test_a_committee_has_twice_its_members_at_most(app: Flask, incumbents: int, others: int, fits: bool) -> None:
    people = [_entry(person=n + 2) for n in range(others)]
    found = _faults(_entry(), of_title=people, committee=True, incumbents=incumbents)
    assert (found == []) == fits


@pytest.mark.parametrize(
    ("people", "incumbents", "size"),
    [(7, 5, Size.FEW), (8, 5, Size.FITS), (10, 5, Size.FITS), (11, 5, Size.MANY), (3, 0, Size.UNKNOWN)],
)
def test_a_committee_is_planned_for_with_one_and_a_half_to_two_times_its_members(
    people: int, incumbents: int, size: Size
) -> None:
    assert list_size(people, incumbents, committee=True, limits=Limit()) is size
    assert list_size(4, 1, committee=False, limits=Limit()) is Size.FITS
    assert list_size(5, 1, committee=False, limits=Limit()) is Size.MANY
    assert list_size(99, 1, committee=False, limits=None) is Size.FITS


def test_age_counts_on_the_day_of_approval(app: Flask) -> None:
    born = date(1976, 3, 2)
    assert age_on(born, None, DAY) == 49
    assert age_on(born, None, date(2026, 3, 2)) == 50
    assert age_on(None, 1976, DAY) == 50  # the year alone: nobody is taken for younger
    assert _faults(_entry(), age=50) == []
    assert _faults(_entry(), age=51) == ["added_on"]
    assert _faults(_entry(), age=49, female=True) == ["added_on"]
    assert _faults(_entry(), age=None) == ["employee_id"]  # not known is not young enough


def test_nobody_stands_twice_on_one_list(app: Flask) -> None:
    assert _faults(_entry(), of_person=[_entry(added=date(2025, 1, 1))]) == ["title_id"]
    assert _faults(_entry(), of_person=[_entry(added=date(2025, 1, 1), removed=DAY)]) == []
    assert _faults(_entry(), of_person=[_entry(added=date(2025, 1, 1))], limits=None) == ["title_id"]


@pytest.mark.parametrize(
    ("home", "local"),
    [
        ("Đầm Hà, Quảng Ninh", True),
        ("xã Quảng An, huyện Đầm Hà, tỉnh Quảng Ninh", True),
        ("thị trấn Tiên Yên, Quảng Ninh", False),
        ("Hải Phòng", False),
        ("Quảng Ninh", None),  # the province alone says nothing
        ("tỉnh Quảng Ninh", None),
        ("", None),
        (None, None),
    ],
)
def test_who_is_a_local(home: str | None, local: bool | None) -> None:
    assert is_local(home, "Đầm Hà", "Ủy ban nhân dân tỉnh Quảng Ninh") is local


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("Hoàn thành xuất sắc nhiệm vụ", Rating.EXCELLENT),
        ("HOÀN THÀNH TỐT", Rating.GOOD),
        ("Hoàn thành nhiệm vụ", Rating.COMPLETED),
        ("Không hoàn thành nhiệm vụ", Rating.FAILED),
        ("chưa rõ", None),
        (None, None),
    ],
)
def test_words_of_records_mean_ratings(text: str | None, rating: Rating | None) -> None:
    assert rating_of(text) is rating


@given(st.integers(0, 10_000))
def test_excellent_is_at_most_a_fifth_of_those_who_did_well(good: int) -> None:
    most = most_excellent(good, Limit())
    assert most is not None
    assert most * 5 <= good < (most + 1) * 5
    assert most_excellent(good, None) is None
