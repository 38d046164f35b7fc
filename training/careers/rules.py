"""The rules of planning lists, of heads who are not locals and of yearly ratings, over plain values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..core.i18n import day as shown_day
from ..core.vietnamese import search_key


class ListLimits(Protocol):
    """The values of `CareerLimits`; None: no such limit."""

    titles_per_person: int | None
    people_per_title: int | None
    least_planned: int | None
    most_planned: int | None
    most_age_men: int | None
    most_age_women: int | None
    young_under: int
    least_young: int | None
    least_women: int | None
    least_minority: int | None
    most_excellent: int | None
    excellent_score: int | None


# -- planning lists -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An entry of somebody on the list for a title in a unit, from `added_on` until before `removed_on`."""

    person: int
    title: int
    unit: int
    added_on: date
    removed_on: date | None

    def holds_on(self, day: date) -> bool:
        return self.added_on <= day and (self.removed_on is None or day < self.removed_on)


def most_at_once(entry: ListEntry, others: Iterable[ListEntry]) -> tuple[int, date]:
    """Return the most entries valid on one day of `entry`'s time, itself included, and the first such day."""
    together = [other for other in others if other != entry]
    days = [entry.added_on, *(other.added_on for other in together if entry.holds_on(other.added_on))]
    counts = [(1 + sum(other.holds_on(day) for other in together), day) for day in days]
    most = max(count for count, _day in counts)
    return most, min(day for count, day in counts if count == most)


def planning_faults(
    entry: ListEntry,
    *,
    limits: ListLimits | None,
    of_person: Sequence[ListEntry],
    of_title: Sequence[ListEntry],
    committee: bool,
    incumbents: int,
    age: int | None,
    female: bool,
) -> list[tuple[str, str]]:
    """Return the faults of an entry as (field, message).

    Args:
        limits: those in force on the day of approval; None: there are none.
        of_person, of_title: the other entries of the person, and those for the same title in the same unit.
        committee: the title is membership of a committee: a multiple of its incumbents is planned for.
        incumbents: how many hold the title in the unit on the day of approval; 0: not known.
        age: full years on the day of approval; None: not known.
    """
    faults: list[tuple[str, str]] = []
    same = [other for other in of_person if (other.title, other.unit) == (entry.title, entry.unit)]
    if most_at_once(entry, same)[0] > 1:
        faults.append(("title_id", _("The person is on this list on these days already.")))
    if limits is None:
        return faults
    titles, day = most_at_once(entry, of_person)
    if limits.titles_per_person is not None and titles > limits.titles_per_person:
        words = _(
            "The person would be planned for %(count)d titles on %(day)s: %(most)d at most.",
            count=titles, day=shown_day(day), most=limits.titles_per_person,
        )  # fmt: skip
        faults.append(("title_id", words))
    people, day = most_at_once(entry, of_title)
    if not committee and limits.people_per_title is not None and people > limits.people_per_title:
        words = _(
            "%(count)d people would be planned for this title on %(day)s: %(most)d at most.",
            count=people, day=shown_day(day), most=limits.people_per_title,
        )  # fmt: skip
        faults.append(("title_id", words))
    if committee and incumbents and limits.most_planned is not None:
        most = limits.most_planned * incumbents // 100
        if people > most:
            words = _(
                "%(count)d people would be planned for this committee on %(day)s: %(most)d at most, "
                "%(percent)d %% of its %(incumbents)d members.",
                count=people, day=shown_day(day), most=most, percent=limits.most_planned, incumbents=incumbents,
            )  # fmt: skip
            faults.append(("title_id", words))
    oldest = limits.most_age_women if female else limits.most_age_men
    if oldest is not None:
        if age is None:
            faults.append(("employee_id", _("The date of birth is not recorded: the age cannot be checked.")))
        elif age > oldest:
            words = _("The person is %(age)d on the day of approval: %(most)d at most.", age=age, most=oldest)
            faults.append(("added_on", words))
    return faults


def age_on(born: date | None, year: int | None, day: date) -> int | None:
    """Return full years on `day`; if only the year is known, as if born on its first day.

    Nobody is assumed to be younger than they may be.
    """
    if born is None and year is None:
        return None
    born = born or date(year or 0, 1, 1)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Size(StrEnum):
    """The size of a list relative to its limits."""

    FITS = "fits"
    FEW = "few"
    MANY = "many"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return str(_SIZES[self])


_SIZES = {
    Size.FITS: _l("within the limits"),
    Size.FEW: _l("too few"),
    Size.MANY: _l("too many"),
    Size.UNKNOWN: _l("incumbents not recorded"),
}


def list_size(people: int, incumbents: int, *, committee: bool, limits: ListLimits | None) -> Size:
    """Return whether a list has as many people as the limits say.

    A committee has 1.5 to 2 times its incumbents, any other title a largest number.
    """
    if limits is None:
        return Size.FITS
    if not committee:
        return Size.MANY if people > (limits.people_per_title or people) else Size.FITS
    if not incumbents:
        return Size.UNKNOWN
    if limits.least_planned is not None and people * 100 < limits.least_planned * incumbents:
        return Size.FEW
    if limits.most_planned is not None and people * 100 > limits.most_planned * incumbents:
        return Size.MANY
    return Size.FITS


# -- heads who are not locals ---------------------------------------------------------------------------------

# Prefixes of place names.
_KINDS = re.compile(r"^(tinh|thanh pho|tp\.?|thi xa|thi tran|huyen|quan|xa|phuong|dac khu|tt\.?|p\.|x\.)\s+")


def is_local(home: str | None, place: str, province: str) -> bool | None:
    """Return whether a person with the home place `home` is a local of `place`; None: not recorded finely enough.

    Args:
        home: quê quán, the finest part first: «Đầm Hà, Quảng Ninh».
        place: name of the place of the unit.
        province: a text with the name of our own province (the name of the topmost unit).
    """
    parts = [_KINDS.sub("", search_key(part)).strip() for part in re.split(r"[,;–\-]", home or "")]
    wanted = _KINDS.sub("", search_key(place)).strip()
    if wanted in parts:
        return True
    own = search_key(province)
    finer = [part for part in parts if part and part not in own]
    return False if finer else None


# -- yearly ratings -------------------------------------------------------------------------------------------


class Rating(StrEnum):
    EXCELLENT = "excellent"
    GOOD = "good"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return str(_RATINGS[self])

    @property
    def text(self) -> str:
        """Return the text as in people's records."""
        return _TEXTS[self]


_RATINGS = {
    Rating.EXCELLENT: _l("Completed excellently"),
    Rating.GOOD: _l("Completed well"),
    Rating.COMPLETED: _l("Completed the tasks"),
    Rating.FAILED: _l("Not completed"),
}
_TEXTS = {
    Rating.EXCELLENT: "Hoàn thành xuất sắc nhiệm vụ",
    Rating.GOOD: "Hoàn thành tốt nhiệm vụ",
    Rating.COMPLETED: "Hoàn thành nhiệm vụ",
    Rating.FAILED: "Không hoàn thành nhiệm vụ",
}


def rating_of(text: str | None) -> Rating | None:
    """Return the rating that a record's text means; None: no rating, or an unknown text."""
    words = search_key(text or "")
    if "khong hoan thanh" in words:
        return Rating.FAILED
    if "xuat sac" in words:
        return Rating.EXCELLENT
    if "hoan thanh tot" in words:
        return Rating.GOOD
    return Rating.COMPLETED if "hoan thanh" in words else None


def most_excellent(good: int, limits: ListLimits | None) -> int | None:
    """Return how many of a unit may be rated «hoàn thành xuất sắc»; None: no limit.

    The limit is a number per 100 of its people who are rated «hoàn thành tốt» (excellent ones are not among them).
    """
    if limits is None or limits.most_excellent is None:
        return None
    return math.floor(limits.most_excellent * good / 100)
