"""Writes over standards. A change from a day is a new version; earlier requirements stay as they were."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.audit import Actor, memo, once, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import day as as_day
from ..core.validation import Check, find
from ..courses.models import Course
from ..people.models import Position
from .levels import Level, RequirementKind
from .models import Competency, Requirement, Standard, Title

_LONGEST_VALIDITY = 600  # months


def save_standard(values: dict[str, Any], *, actor: Actor, row: Standard | None = None) -> Standard:
    """Add a version of a standard, or correct one. For a change from a day on use `change_standard`.

    Args:
        values: `code`, `name` (default: that of the position or title), `position_id` or `title_id`, `valid_from`,
            `valid_to`, `paper`; `requirements`: all of them, each a dict of `number` (default: its place in the
            list), `kind` (a `RequirementKind`), `least_level` (a `Level`), `course_ids` (any one of),
            `competency_id` with `competency_level`, `validity_months`, `note`. Only the keys present change.
    """
    with operation(actor, "standards.save_standard"):
        given = dict(values)
        if row is None and not given.get("name"):
            subject = _subject(given.get("position_id"), given.get("title_id"))
            given["name"] = subject.name if subject else None
        check = Check(Standard, given, row)
        check.columns("requirements")
        check.unique("code")
        check.period("valid_from", "valid_to")
        if (check.get("position_id") is None) == (check.get("title_id") is None):
            check.wrong("title_id", _("A standard belongs either to a position or to a title."))
        elif check.get("valid_from") is not None:
            _check_overlap(check)
        if row is None and not given.get("requirements"):
            check.wrong("requirements", _("A standard asks for something: add a requirement."))
        requirements = _check_requirements(check) if "requirements" in given else None
        check.stop_if_wrong()
        standard: Standard = check.write("requirements")
        if requirements is not None:
            _write_requirements(standard, requirements)
        _known_versions().append(_Version(standard))
        return standard


def change_standard(row: Standard, from_day: date, values: dict[str, Any], *, actor: Actor) -> Standard:
    """Change a standard from a day on: a new version; the old one ends the day before.

    Args:
        row: the version that is in force on the day before.
        values: as for `save_standard`; omitted keys stay as in the old version.

    Returns:
        The new version.

    Raises:
        Refused: the old version has not begun or has ended by then, or the new one has a fault.
    """
    with operation(actor, "standards.change_standard") as session:
        if from_day <= row.valid_from or (row.valid_to is not None and from_day > row.valid_to):
            raise Refused(
                Fault(
                    "changes_from",
                    _(
                        "This version is in force from %(first)s%(last)s: choose a day after its first.",
                        first=as_day(row.valid_from),
                        last=f" – {as_day(row.valid_to)}" if row.valid_to else "",
                    ),
                )
            )
        wanted = {
            "name": row.name,
            "paper": row.paper,
            "valid_to": row.valid_to,
            "requirements": [_as_values(requirement) for requirement in row.requirements],
            **values,
            "position_id": row.position_id,
            "title_id": row.title_id,
            "valid_from": from_day,
        }
        base = re.sub(r"-\d{8}$", "", row.code)
        wanted["code"] = f"{base[:31]}-{from_day:%Y%m%d}"
        with session.begin_nested():  # a fault of the new version leaves the old one as it was
            row.valid_to = from_day - timedelta(days=1)
            session.flush()  # the database enforces that versions never overlap, not even for a moment
            memo().pop("standards.versions", None)
            return save_standard(wanted, actor=actor)


def delete_standard(row: Standard, *, actor: Actor, today: date) -> None:
    """Delete a version that has not begun by `today`. The past stays as it was: end such a version instead.

    Raises:
        Refused: it has begun.
    """
    with operation(actor, "standards.delete_standard") as session:
        if row.valid_from <= today:
            raise Refused(
                _("This version is in force since %(day)s: give it a last day.", day=as_day(row.valid_from))
            )
        session.delete(row)


def _subject(position_id: int | None, title_id: int | None) -> Position | Title | None:
    if position_id is not None:
        return find(Position, position_id)
    return find(Title, title_id) if title_id is not None else None


class _Version:
    """A version of a standard, for the check of overlaps."""

    def __init__(self, row: Any) -> None:
        self.row = row

    def clashes(self, position_id: Any, title_id: Any, first: date, last: date | None) -> bool:
        same = (self.row.position_id, self.row.title_id) == (position_id, title_id)
        own_last = self.row.valid_to or date.max
        return same and self.row.valid_from <= (last or date.max) and first <= own_last


def _known_versions() -> list[_Version]:
    """Return all versions, read once in an operation however many it writes."""
    return once("standards.versions", lambda: [_Version(row) for row in db.session.scalars(sa.select(Standard))])


def _check_overlap(check: Check[Any]) -> None:
    span = (check.get("position_id"), check.get("title_id"), check.get("valid_from"), check.get("valid_to"))
    for version in _known_versions():
        if version.row is not check.row and version.clashes(*span):
            check.wrong(
                "valid_from",
                _(
                    "“%(code)s” is in force in this time already: end it before, or change it from a day on.",
                    code=version.row.code,
                ),
            )
            return


_REQUIREMENT_KEYS = (
    "number",
    "kind",
    "least_level",
    "course_ids",
    "competency_id",
    "competency_level",
    "validity_months",
    "note",
)


def _check_requirements(check: Check[Any]) -> list[dict[str, Any]]:
    """Return the requirements in `values`, numbered and complete."""
    given = check.values["requirements"] or []
    if check.row is not None and not given:
        check.wrong("requirements", _("A standard asks for something: add a requirement."))
    found = []
    for place, one in enumerate(given, 1):
        wanted = {**dict.fromkeys(_REQUIREMENT_KEYS), "number": place, **one}
        wanted["course_ids"] = list(dict.fromkeys(wanted["course_ids"] or []))
        for fault in _faults_of(wanted):
            check.wrong(
                "requirements", _("Requirement %(number)s: %(fault)s", number=wanted["number"], fault=fault)
            )
        found.append(wanted)
    numbers = [wanted["number"] for wanted in found]
    if len(set(numbers)) < len(numbers):
        check.wrong("requirements", _("Two requirements have the same number."))
    return found


def _faults_of(wanted: dict[str, Any]) -> list[str]:
    if wanted["kind"] not in set(RequirementKind):
        return [str(_("choose its kind."))]
    kind = RequirementKind(wanted["kind"])
    level, courses = wanted["least_level"], wanted["course_ids"]
    faults = []
    if any(find(Course, course_id) is None for course_id in courses):
        faults.append(_("it names a course that does not exist."))
    if kind is RequirementKind.COMPETENCY:
        competency, competency_level = wanted["competency_id"], wanted["competency_level"]
        if competency is None or find(Competency, competency) is None:
            faults.append(_("choose the competency."))
        if competency_level is None or not 1 <= competency_level <= 5:
            faults.append(_("a competency is asked for on level 1 to 5."))
        if level or courses:
            faults.append(_("a competency takes neither a level of a kind nor courses."))
    else:
        if wanted["competency_id"] is not None or wanted["competency_level"] is not None:
            faults.append(_("only a requirement of the kind “competency” names one."))
        if level and (level not in set(Level) or Level(level).kind is not kind):
            faults.append(_("the least level is one of another kind."))
        if not level and not courses:
            faults.append(_("it asks for nothing: name a least level or courses."))
    months = wanted["validity_months"]
    if months is not None and not 1 <= months <= _LONGEST_VALIDITY:
        faults.append(_("it stays valid for 1 to %(most)d months; empty: for ever.", most=_LONGEST_VALIDITY))
    if wanted["note"] and len(wanted["note"]) > 200:
        faults.append(_("At most %(max)d characters.", max=200))
    return [str(fault) for fault in faults]


def _write_requirements(standard: Standard, wanted: list[dict[str, Any]]) -> None:
    """Write requirements; each keeps its row as long as it keeps its number."""
    kept = {requirement.number: requirement for requirement in standard.requirements}
    result = []
    for one in wanted:
        requirement = kept.get(one["number"]) or Requirement(number=one["number"])
        for key in _REQUIREMENT_KEYS:
            if key != "course_ids" and getattr(requirement, key) != one[key]:
                setattr(requirement, key, one[key])
        courses = [find(Course, course_id) for course_id in one["course_ids"]]
        if {course.id for course in requirement.courses} != set(one["course_ids"]):
            requirement.courses = [course for course in courses if course is not None]
        result.append(requirement)
    standard.requirements = result


def _as_values(requirement: Requirement) -> dict[str, Any]:
    """Return a requirement as `save_standard` takes it."""
    return {key: getattr(requirement, key) for key in _REQUIREMENT_KEYS}
