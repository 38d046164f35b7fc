"""Writes over courses and how they chain, hosts, rooms and lecturers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from ..core.audit import Actor, memo, once, operation
from ..core.db import db
from ..core.validation import Check, find, refuse_if_used
from .models import Course, CourseEquivalence, CourseKind, Host, Lecturer, PrerequisiteGroup, Room
from .prerequisites import Chains, Groups, in_words, same_groups
from .queries import chains, course_names

# -- courses and how they chain -------------------------------------------------------------------------------


def save_course(values: dict[str, Any], *, actor: Actor, row: Course | None = None) -> Course:
    """Add or change a course.

    Args:
        values: `code`, `name`, `kind` (a `CourseKind`), `days` (of class), `default_min_seats`,
            `default_max_seats`, `audience`, `active`; `prerequisites`: list of groups, each a list of course ids
            of which any one will do. Only the keys present change.

    Raises:
        Refused: with every fault; nothing was written. (So for every `save_` and `delete_` here.)
    """
    with operation(actor, "courses.save_course"):
        check = Check(Course, dict(values), row)
        check.columns("prerequisites")
        check.unique("code")
        check.one_of("kind", CourseKind)
        days = check.get("days")
        if days is not None and days < 1:
            check.wrong("days", _("A course lasts at least one day."))
        _check_sizes(check, "default_min_seats", "default_max_seats", Course)
        groups = _check_prerequisites(check) if "prerequisites" in check.values else None
        check.stop_if_wrong()
        course: Course = check.write("prerequisites")
        if groups is not None:
            _write_prerequisites(course, groups)
        return course


def _check_sizes(check: Check[Any], low: str, high: str, model: type[Any]) -> None:
    """Check 0 ≤ `low` ≤ `high`, with the model's defaults for what a new row leaves out."""

    def size(key: str) -> Any:
        if key in check.values or check.row is not None:
            return check.get(key)
        return model.__table__.c[key].default.arg

    check.not_negative(low, high)
    smallest, largest = size(low), size(high)
    if smallest is not None and largest is not None and 0 <= largest < smallest:
        check.wrong(high, _("The largest number of seats is below the smallest."))


def _check_prerequisites(check: Check[Any]) -> Groups | None:
    """Return the groups in `values`; None if they are unchanged. An empty list of groups is no group."""
    groups: Groups = []
    own = check.row.id if check.row is not None else None
    for number, given in enumerate(check.values["prerequisites"] or [], 1):
        group = frozenset(given)
        if not group:
            check.wrong("prerequisites", _("Group %(number)s names no course.", number=number))
            continue
        if len(group) < len(given):
            check.wrong("prerequisites", _("Group %(number)s names a course twice.", number=number))
        if any(find(Course, course_id) is None for course_id in group):
            check.wrong("prerequisites", _("Group %(number)s names a course that does not exist.", number=number))
        if own is not None and own in group:
            check.wrong("prerequisites", _("A course cannot be its own prerequisite."))
        elif group in groups:
            check.wrong("prerequisites", _("Group %(number)s is given twice.", number=number))
        else:
            groups.append(group)
    known = _known_chains()
    if check.row is None or check.faults:
        return groups  # nothing requires a course that does not exist yet: no cycle can run through it
    current = known.chains.groups.get(check.row.id, [])
    if same_groups(groups, current):
        return None
    known.chains.groups[check.row.id] = groups
    cycle = known.chains.cycle([check.row.id])
    if cycle:
        known.chains.groups[check.row.id] = current
        check.wrong("prerequisites", _cycle_message(cycle))
    return groups


def _cycle_message(cycle: list[int]) -> str:
    told = in_words(cycle, course_names())
    return str(_("The courses would have to come before each other: %(cycle)s.", cycle=told))


@dataclass
class _KnownChains:
    """The stored chains with the changes of the operation so far; new courses get their ids late."""

    chains: Chains
    new: list[tuple[Course, Groups]] = field(default_factory=list)

    def settle(self) -> None:
        """Add the new courses that have got their id by now."""
        for course, groups in self.new:
            if course.id is not None:
                self.chains.groups[course.id] = groups
        self.new = [(course, groups) for course, groups in self.new if course.id is None]


def _known_chains() -> _KnownChains:
    known = once("chains", lambda: _KnownChains(chains()))
    known.settle()
    return known


def _write_prerequisites(course: Course, groups: Groups) -> None:
    """Write the groups, keeping unchanged ones, so that the audit log shows only changes."""
    with db.session.no_autoflush:
        if course.id is None:
            _known_chains().new.append((course, groups))
        wanted = list(groups)
        for standing in list(course.prerequisite_groups):
            alternatives = frozenset(other.id for other in standing.alternatives)
            if alternatives in wanted:
                wanted.remove(alternatives)
            else:
                course.prerequisite_groups.remove(standing)
        for group in wanted:
            alternatives_rows = [row for row in (find(Course, course_id) for course_id in group) if row]
            course.prerequisite_groups.append(PrerequisiteGroup(alternatives=alternatives_rows))


def delete_course(row: Course, *, actor: Actor) -> None:
    """Delete a course that no class, need, completion, equivalence or other course refers to."""
    _delete_unused(row, actor, "courses.delete_course")


def save_course_equivalence(
    values: dict[str, Any], *, actor: Actor, row: CourseEquivalence | None = None
) -> CourseEquivalence:
    """Add or change an equivalence: completions of one course count for another.

    Args:
        values: `course_id` (required), `substitute_id` (counts for it), `ground`.

    Raises:
        Refused: among others when a course would become its own prerequisite.
    """
    with operation(actor, "courses.save_equivalence"):
        check = Check(CourseEquivalence, dict(values), row)
        check.columns()
        course_id, substitute_id = check.get("course_id"), check.get("substitute_id")
        if course_id is not None and course_id == substitute_id:
            check.wrong("substitute_id", _("A course cannot stand in for itself."))
        check.unique("course_id", "substitute_id", message=_("This equivalence is already given."))
        if not check.faults and (check.changes("course_id") or check.changes("substitute_id")):
            _check_equivalence(check, course_id, substitute_id)
        check.stop_if_wrong()
        saved: CourseEquivalence = check.write()
        return saved


def _check_equivalence(check: Check[Any], course_id: int, substitute_id: int) -> None:
    """Check that the chains with this equivalence have no cycle; they are kept for the next check."""
    substitutes = _known_chains().chains.substitutes
    before = {key: set(ids) for key, ids in substitutes.items()}
    if check.row is not None:
        substitutes[check.row.course_id].discard(check.row.substitute_id)
    substitutes.setdefault(course_id, set()).add(substitute_id)
    cycle = _known_chains().chains.cycle()
    if cycle:
        substitutes.clear()
        substitutes.update(before)
        check.wrong("substitute_id", _cycle_message(cycle))


def delete_course_equivalence(row: CourseEquivalence, *, actor: Actor) -> None:
    """Delete an equivalence: completions of the substitute no longer count."""
    with operation(actor, "courses.delete_equivalence"):
        if "chains" in memo():
            _known_chains().chains.substitutes[row.course_id].discard(row.substitute_id)
        db.session.delete(row)


# -- what classes are held with -------------------------------------------------------------------------------


def save_host(values: dict[str, Any], *, actor: Actor, row: Host | None = None) -> Host:
    """Add or change a host of classes: `code`, `name`, `place_id`, `phone`, `email`."""
    saved: Host = _save_named(Host, values, actor, "courses.save_host", row)
    return saved


def save_room(values: dict[str, Any], *, actor: Actor, row: Room | None = None) -> Room:
    """Add or change a room: `code`, `name`, `host_id`, `seats` (at least 1)."""
    saved: Room = _save_named(Room, values, actor, "courses.save_room", row)
    return saved


def save_lecturer(values: dict[str, Any], *, actor: Actor, row: Lecturer | None = None) -> Lecturer:
    """Add or change a lecturer: `code`, `name`, `host_id` (None: invited), `title`, `phone`, `email`."""
    saved: Lecturer = _save_named(Lecturer, values, actor, "courses.save_lecturer", row)
    return saved


def _save_named(model: type[Any], values: dict[str, Any], actor: Actor, name: str, row: Any) -> Any:
    with operation(actor, name):
        check = Check(model, dict(values), row)
        check.columns()
        check.unique("code")
        seats = check.values.get("seats")
        if seats is not None and seats < 1:
            check.wrong("seats", _("A room has at least one seat."))
        email = check.values.get("email")
        if email is not None and ("@" not in email.strip("@") or " " in email):
            check.wrong("email", _("This is no e-mail address."))
        check.stop_if_wrong()
        return check.write()


def delete_host(row: Host, *, actor: Actor) -> None:
    """Delete a host without rooms, lecturers or classes."""
    _delete_unused(row, actor, "courses.delete_host")


def delete_room(row: Room, *, actor: Actor) -> None:
    """Delete a room that no class uses."""
    _delete_unused(row, actor, "courses.delete_room")


def delete_lecturer(row: Lecturer, *, actor: Actor) -> None:
    """Delete a lecturer who teaches no class."""
    _delete_unused(row, actor, "courses.delete_lecturer")


def _delete_unused(row: Any, actor: Actor, name: str) -> None:
    with operation(actor, name):
        refuse_if_used(row)
        db.session.delete(row)
