"""The people of Cẩm Phả as the town published them: 2,380 people by degree and by political theory."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from .organisation import TOWN
from .people import Person, complete
from .shares import shares

# Degree → people; six were not stated.
DEGREES = {"Tiến sĩ": 1, "Thạc sĩ": 115, "Đại học": 1_684, "Cao đẳng": 322, "Trung cấp": 252, None: 6}
# Level of political theory → people; nothing was published about the others.
THEORY = {"Cử nhân": 8, "Cao cấp": 121, "Trung cấp": 510, "Sơ cấp": 489, None: 1_252}
_COURSES = {"Cử nhân": "CC-LLCT", "Cao cấp": "CC-LLCT", "Trung cấp": "TC-LLCT", "Sơ cấp": "SC-LLCT", None: ""}
_LINE = ("SC-LLCT", "TC-LLCT", "CC-LLCT")


def as_published(random: Random, everybody: list[Person], today: date) -> None:
    """Give the people of the town the degrees and the political theory that it published.

    In a smaller province the shares are the same. People with a higher level before have a higher one afterwards,
    so that leaders remain the better educated.
    """
    people = [person for person in everybody if person.unit.area == TOWN]
    if not people:
        return
    ladder: list[Any] = [*DEGREES][::-1]
    people.sort(key=lambda p: (-ladder.index(p.values["degree"]), p.code))
    for person, degree in zip(people, _spread(DEGREES, len(people)), strict=True):
        person.values["degree"] = degree
    people.sort(key=lambda p: (-max((_LINE.index(c) for c in _LINE if c in p.completed), default=-1), p.code))
    for person, level in zip(people, _spread(THEORY, len(people)), strict=True):
        course = _COURSES[level]
        for higher in _LINE[_LINE.index(course) + 1 if course else 0 :]:
            person.completed.pop(higher, None)
        complete(random, person, course, today)
        if level == "Cử nhân":
            person.values["political_theory"] = level
        person.theory_settled = True


def _spread(published: dict[str | None, int], people: int) -> list[str | None]:
    """Assign each level as often as it was published, the highest first."""
    counts = shares(people, list(published.values()))
    return [level for level, count in zip(published, counts, strict=True) for _ in range(count)]
