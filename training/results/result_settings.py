"""Write operations for settings of all classes: rules of results, tests of courses."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.audit import Actor, operation
from ..core.db import db
from ..core.validation import Check, refuse_if_used
from .books.score_entry import MOST_TESTS, score_fault
from .models import ClassBook, CourseTest, FourEyes, ResultRule


def save_result_rule(values: dict[str, Any], *, actor: Actor, row: ResultRule | None = None) -> ResultRule:
    """Add or change a rule of results. A rule by which results were found gets a last day and a successor instead.

    Args:
        values: see `ResultRule`.

    Raises:
        Refused: with every fault.
    """
    with operation(actor, "results.save_result_rule"):
        check = Check(ResultRule, dict(values), row)
        check.columns()
        check.period("valid_from", "valid_to")
        check.one_of("four_eyes", FourEyes)
        percent = check.get("least_attendance")
        if percent is not None and not 0 <= percent <= 100:
            check.wrong("least_attendance", _("Write a number from 0 to 100."))
        bands = ("least_score", "fair_from", "good_from", "excellent_from")
        for key in bands:
            value = check.get(key)
            if value is not None and (wrong := score_fault(value)):
                check.wrong(key, wrong)
        given = [check.get(key) for key in bands]
        if not check.faults and all(value is not None for value in given) and given != sorted(given):
            check.wrong("fair_from", _("The bands do not rise: least score, fair, good, excellent."))
        _check_rule_period(check)
        if row is not None and any(check.changes(key) for key in (*bands, "least_attendance", "leave_counts")):
            used = sa.select(sa.func.count()).where(ClassBook.rule_id == row.id)
            if db.session.scalar(used):
                check.wrong("", _("Results were found by this rule: give it a last day and enter a new one."))
        check.stop_if_wrong()
        return check.write()


def _check_rule_period(check: Check[Any]) -> None:
    first, last, course_id = check.get("valid_from"), check.get("valid_to"), check.get("course_id")
    if first is None:
        return
    same = ResultRule.course_id.is_(None) if course_id is None else ResultRule.course_id == course_id
    others = sa.select(ResultRule.source).where(
        same,
        sa.or_(ResultRule.valid_to.is_(None), ResultRule.valid_to >= first),
        ResultRule.valid_from <= (last or date.max),
    )
    if check.row is not None:
        others = others.where(ResultRule.id != check.row.id)
    with db.session.no_autoflush:
        other = db.session.scalar(others.limit(1))
    if other is not None:
        check.wrong("valid_from", _("Another rule stands in these days: %(rule)s.", rule=other))


def delete_result_rule(row: ResultRule, *, actor: Actor) -> None:
    """Delete a rule by which no result was found yet."""
    with operation(actor, "results.delete_result_rule") as session:
        refuse_if_used(row)
        session.delete(row)


def save_course_test(values: dict[str, Any], *, actor: Actor, row: CourseTest | None = None) -> CourseTest:
    """Add or change a test of a course: `course_id`, `position`, `name`, `weight`."""
    with operation(actor, "results.save_course_test"):
        check = Check(CourseTest, dict(values), row)
        check.columns()
        position, weight = check.get("position"), check.get("weight")
        if position is not None and not 1 <= position <= MOST_TESTS:
            check.wrong("position", _("Write a number from 1 to %(most)d.", most=MOST_TESTS))
        if weight is not None and not 1 <= weight <= 10:
            check.wrong("weight", _("Write a number from 1 to 10."))
        check.unique("course_id", "position", message=_("The course has a test of this number already."))
        check.stop_if_wrong()
        return check.write()


def delete_course_test(row: CourseTest, *, actor: Actor) -> None:
    """Delete a test; classes with entered scores keep their own."""
    with operation(actor, "results.delete_course_test") as session:
        session.delete(row)
