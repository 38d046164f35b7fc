"""Pages for settings of all classes: rules of results, tests of courses."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.access import CATALOGUE_EDITORS, HOSTS, Role, current_roles
from ...core.crud import Catalogue, register
from ...core.forms import choices_of
from ...core.i18n import day, number
from ...core.tables import ListColumn
from ...courses.models import Course
from ...courses.queries import course_choices
from .. import queries, result_settings
from ..blueprint import bp
from ..forms import CourseTestForm, ResultRuleForm
from ..models import CourseTest, FourEyes, ResultRule


def _edit(endpoint: str, row_id: int) -> str | None:
    return url_for(endpoint, id=row_id) if current_roles() & CATALOGUE_EDITORS else None


def _prepare_rule(form: ResultRuleForm, _row: ResultRule | None) -> None:
    form.course_id.offer(course_choices())
    form.four_eyes.offer(choices_of(FourEyes))


register(
    bp,
    Catalogue(
        key="result_rule",
        plural_key="result_rules",
        singular=_l("rule of results"),
        plural=_l("Rules of results"),
        path="result-rules",
        model=ResultRule,
        statement=lambda scope: queries.result_rules(),
        columns=(
            ListColumn(
                "course",
                _l("Course"),
                lambda r: r.course.name if r.course else _("All courses"),
                (Course.sort_key, ResultRule.valid_from),
                link=lambda r: _edit("results.result_rule_edit", r.id),
            ),
            ListColumn("first", _l("Valid from"), lambda r: day(r.valid_from), (ResultRule.valid_from,)),
            ListColumn("last", _l("Valid to"), lambda r: day(r.valid_to), (ResultRule.valid_to,)),
            ListColumn("attendance", _l("Attendance (%)"), lambda r: number(r.least_attendance), number=True),
            ListColumn("score", _l("Every test"), lambda r: number(float(r.least_score), 1), number=True),
            ListColumn("four", _l("Four eyes"), lambda r: FourEyes(r.four_eyes).label, wide_only=True),
            ListColumn("source", _l("Set by (paper)"), lambda r: r.source, wide_only=True),
        ),
        default_sort="-first",
        form=ResultRuleForm,
        prepare=_prepare_rule,
        save=result_settings.save_result_rule,
        delete=result_settings.delete_result_rule,
        readers=HOSTS | {Role.ADMINISTRATOR},
    ),
)

register(
    bp,
    Catalogue(
        key="course_test",
        plural_key="course_tests",
        singular=_l("test of a course"),
        plural=_l("Tests of courses"),
        path="course-tests",
        model=CourseTest,
        statement=lambda scope: queries.course_tests(),
        columns=(
            ListColumn(
                "course",
                _l("Course"),
                lambda t: t.course.name,
                (Course.sort_key, CourseTest.position),
                link=lambda t: _edit("results.course_test_edit", t.id),
            ),
            ListColumn("position", _l("Order"), lambda t: number(t.position), number=True),
            ListColumn("test", _l("Test"), lambda t: t.name, (CourseTest.name,)),
            ListColumn("weight", _l("Weight"), lambda t: number(t.weight), number=True),
        ),
        default_sort="course",
        search=Course.search_key,
        form=CourseTestForm,
        prepare=lambda form, row: form.course_id.offer(course_choices()),
        save=result_settings.save_course_test,
        delete=result_settings.delete_course_test,
        readers=HOSTS | {Role.ADMINISTRATOR},
    ),
)
