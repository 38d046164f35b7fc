"""Writes over planning lists, review rounds, limits and knowledge tests."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.access import ALL, Scope
from ..core.audit import Actor, memo, operation
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import today
from ..core.validation import Check, find, refuse_if_used
from ..people.models import Employee, Sex, Unit
from ..people.queries import in_scope
from ..people.rating_rules import note
from ..standards.models import Title, TitleKind
from .models import CareerLimits, KnowledgeTest, PlannedTitle, PlanningReview
from .queries import incumbents_on, limits_on
from .rules import ListEntry, age_on, planning_faults


class _Lists:
    """Entries by person, and by title and unit.

    One question is one small query; an operation that asks again (an import) reads all at once.
    """

    def __init__(self) -> None:
        self.complete = False
        self.asked = False
        self.rows: dict[int | None, PlannedTitle] = {}
        self.by_person: dict[int, list[PlannedTitle]] = {}
        self.by_title: dict[tuple[int, int], list[PlannedTitle]] = {}

    def read(self, person: int, title: int, unit: int) -> None:
        if self.complete:
            return
        statement = sa.select(PlannedTitle)
        if not self.asked:
            same_title = sa.and_(PlannedTitle.title_id == title, PlannedTitle.unit_id == unit)
            statement = statement.where(sa.or_(PlannedTitle.employee_id == person, same_title))
        self.complete, self.asked = self.asked, True
        with db.session.no_autoflush:
            for row in db.session.scalars(statement):
                if row.id not in self.rows:
                    self.rows[row.id] = row
                    self.add(row)

    def add(self, row: PlannedTitle) -> None:
        self.by_person.setdefault(row.employee_id, []).append(row)
        self.by_title.setdefault((row.title_id, row.unit_id), []).append(row)

    def drop(self, row: PlannedTitle) -> None:
        for rows in (*self.by_person.values(), *self.by_title.values()):
            if row in rows:
                rows.remove(row)


def _lists() -> _Lists:
    found: _Lists = memo().setdefault("planned_titles", _Lists())
    return found


def _entry(row: PlannedTitle) -> ListEntry:
    return ListEntry(row.employee_id, row.title_id, row.unit_id, row.added_on, row.removed_on)


def save_planned_title(
    values: dict[str, Any], *, actor: Actor, row: PlannedTitle | None = None, scope: Scope = ALL
) -> PlannedTitle:
    """Put somebody on the list for a title in a unit, change that, or take them off (`removed_on`, `reason`).

    Args:
        values: `employee_id`, `title_id`, `unit_id`, `added_on` (day of approval), `removed_on` (the first day
            without it), `paper`, `reason`; only the keys present change.
        scope: whose people and which units' titles the actor may write.

    Raises:
        Refused: with a message for every limit that it would break.
    """
    with operation(actor, "careers.save_planned_title"):
        check = Check(PlannedTitle, dict(values), row)
        check.columns()
        check.period("added_on", "removed_on")
        employee = find(Employee, check.get("employee_id") or 0)
        title = find(Title, check.get("title_id") or 0)
        unit = find(Unit, check.get("unit_id") or 0)
        if title is not None and title.kind != TitleKind.LEADERSHIP:
            check.wrong("title_id", _("People are planned for leadership titles alone."))
        for field, unit_id in (("employee_id", employee and employee.unit_id), ("unit_id", unit and unit.id)):
            if unit_id and not in_scope(scope, unit_id):
                check.wrong(field, _("This belongs to units that are not yours."))
        lists = _lists()
        changed = row is None or any(check.changes(k) for k in ("employee_id", "title_id", "unit_id", "added_on"))
        reopened = row is not None and check.changes("removed_on")
        if employee and title and unit and not check.faults and (changed or reopened):
            lists.read(employee.id, title.id, unit.id)
            _check_limits(check, row, lists, employee, title, unit)
        check.stop_if_wrong()
        if row is not None:
            lists.drop(row)
        saved: PlannedTitle = check.write()
        if employee is not None and title is not None and unit is not None:
            lists.read(employee.id, title.id, unit.id)
            if saved not in lists.by_person.get(saved.employee_id, ()):
                lists.add(saved)
            _tell_record(employee, lists.by_person.get(employee.id, []))
        return saved


def _check_limits(
    check: Check[Any], row: PlannedTitle | None, lists: _Lists, employee: Employee, title: Title, unit: Unit
) -> None:
    added_on: date = check.get("added_on")
    entry = ListEntry(employee.id, title.id, unit.id, added_on, check.get("removed_on"))
    if check.row is None and not employee.active:
        check.wrong("employee_id", _("This person has left."))
    found = planning_faults(
        entry,
        limits=limits_on(added_on),
        of_person=[_entry(other) for other in lists.by_person.get(employee.id, ()) if other is not row],
        of_title=[_entry(other) for other in lists.by_title.get((title.id, unit.id), ()) if other is not row],
        committee=title.committee,
        incumbents=_incumbents(title, unit, added_on) if title.committee else 0,
        age=age_on(employee.birth_date, employee.birth_year, added_on),
        female=employee.sex == Sex.FEMALE,
    )
    for field, message in found:
        check.wrong(field, message)


def _incumbents(title: Title, unit: Unit, day: date) -> int:
    """Return how many hold `title` in `unit` on `day`; counted once a day for all in an operation."""
    known = memo()
    key = ("incumbents", day)
    if key not in known:
        known[key] = incumbents_on(day)
    count: int = known[key].get((title.id, unit.id), 0)
    return count


def _tell_record(employee: Employee, rows: list[PlannedTitle]) -> None:
    """Write the titles that a person is planned for today to their record."""
    names = sorted({_title_name(row) for row in rows if _entry(row).holds_on(today())})
    text = "; ".join(names)[:400] or None
    if employee.planned_titles != text:
        employee.planned_titles = text


def _title_name(row: PlannedTitle) -> str:
    title = find(Title, row.title_id)
    return title.name if title is not None else ""


def delete_planned_title(row: PlannedTitle, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete an entry made by mistake; a person taken off the list gets a day of removal instead."""
    with operation(actor, "careers.delete_planned_title"):
        if not in_scope(scope, row.unit_id):
            raise Refused(Fault("unit_id", _("This belongs to units that are not yours.")))
        lists = _lists()
        lists.read(row.employee_id, row.title_id, row.unit_id)
        lists.drop(row)
        employee = row.employee
        db.session.delete(row)
        _tell_record(employee, lists.by_person.get(employee.id, []))


def save_planning_review(
    values: dict[str, Any], *, actor: Actor, row: PlanningReview | None = None
) -> PlanningReview:
    """Add or change a review round: `code`, `name`, `first`, `last`, `paper`."""
    with operation(actor, "careers.save_planning_review"):
        check = Check(PlanningReview, dict(values), row)
        check.columns()
        check.unique("code")
        check.period("first", "last")
        check.stop_if_wrong()
        saved: PlanningReview = check.write()
        return saved


def delete_planning_review(row: PlanningReview, *, actor: Actor) -> None:
    """Delete a review round; the entries of its days stay."""
    with operation(actor, "careers.delete_planning_review"):
        refuse_if_used(row)
        db.session.delete(row)


def save_career_limits(values: dict[str, Any], *, actor: Actor, row: CareerLimits | None = None) -> CareerLimits:
    """Add or change limits: attributes of `CareerLimits`. New ones end those before them on the day before.

    Raises:
        Refused: among others when other limits are in force on one of the days.
    """
    with operation(actor, "careers.save_career_limits"):
        check = Check(CareerLimits, dict(values), row)
        check.columns()
        check.period("valid_from", "valid_to")
        check.not_negative(*_WHOLE)
        if (check.get("least_planned") or 0) > (check.get("most_planned") or 10**9):
            check.wrong("most_planned", _("This is less than the least."))
        first, last = check.get("valid_from"), check.get("valid_to")
        others = [other for other in db.session.scalars(sa.select(CareerLimits)) if other is not row]
        before = None
        for other in others if first is not None else ():
            if other.valid_from < first and other.valid_to is None:
                before = other
            elif (last is None or other.valid_from <= last) and (
                other.valid_to is None or other.valid_to >= first
            ):
                check.wrong("valid_from", _("Other limits are in force on these days: “%(other)s”.", other=other))
        check.stop_if_wrong()
        if before is not None and first is not None:
            before.valid_to = date.fromordinal(first.toordinal() - 1)
        saved: CareerLimits = check.write()
        return saved


_WHOLE = (
    "titles_per_person", "people_per_title", "least_planned", "most_planned", "most_age_men", "most_age_women",
    "young_under", "least_young", "least_women", "least_minority", "most_excellent", "excellent_score",
)  # fmt: skip


def delete_career_limits(row: CareerLimits, *, actor: Actor) -> None:
    """Delete limits that were entered by mistake."""
    with operation(actor, "careers.delete_career_limits"):
        db.session.delete(row)


def save_knowledge_test(
    values: dict[str, Any], *, actor: Actor, row: KnowledgeTest | None = None, scope: Scope = ALL
) -> KnowledgeTest:
    """Add or change a result of a year's knowledge test: `employee_id`, `year`, `score` (0–100), `held_on`."""
    with operation(actor, "careers.save_knowledge_test"):
        check = Check(KnowledgeTest, dict(values), row)
        check.columns()
        check.unique("employee_id", "year", message=_("The person's result of this year is entered already."))
        score, year = check.get("score"), check.get("year")
        if score is not None and not 0 <= score <= 100:
            check.wrong("score", _("A result is 0 to 100 points."))
        if year is not None and not 2000 <= year <= today().year:
            check.wrong("year", _("This year cannot be right."))
        employee = find(Employee, check.get("employee_id") or 0)
        if employee is not None and not in_scope(scope, employee.unit_id):
            check.wrong("employee_id", _("This belongs to units that are not yours."))
        check.stop_if_wrong()
        if row is not None:
            _note_rating(row)  # also of the person and the year that it was of before
        saved: KnowledgeTest = check.write()
        _note_rating(saved)
        return saved


def delete_knowledge_test(row: KnowledgeTest, *, actor: Actor, scope: Scope = ALL) -> None:
    """Delete a result that was entered by mistake."""
    with operation(actor, "careers.delete_knowledge_test"):
        if not in_scope(scope, row.employee.unit_id):
            raise Refused(Fault("employee_id", _("This belongs to units that are not yours.")))
        _note_rating(row)
        db.session.delete(row)


def _note_rating(test: KnowledgeTest) -> None:
    """Have the rating of that year checked, because it may depend on the points."""
    employee = find(Employee, test.employee_id)
    if employee is not None:
        note(employee, test.year, employee.ratings.get(str(test.year)))
