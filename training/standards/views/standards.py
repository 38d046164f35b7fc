"""Pages over titles, competencies, levels of courses, and standards.

What people hold: `people`; who may be sent: `eligibility`; commitments to serve: `commitments`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.access import CATALOGUE_EDITORS, READERS, allow
from ...core.audit import Actor
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.forms import choices_of
from ...core.i18n import day, today
from ...core.tables import Filter, ListColumn
from ...courses.models import Course
from ...courses.panels import course_panels
from ...courses.queries import course_choices
from ...people.models import Position
from .. import operations, queries, versions
from ..blueprint import bp
from ..forms import CompetencyForm, CourseLevelForm, StandardForm, TitleForm
from ..levels import Level
from ..models import Competency, CourseLevel, EligibilityKind, Standard, Title, TitleKind
from ..panels import standard_panels
from ..wording import in_words, kind_label
from .eligibility import rules_of
from .people import edit_address

register(
    bp,
    Catalogue(
        key="title",
        plural_key="titles",
        singular=_l("title"),
        plural=_l("Ranks and titles"),
        path="titles",
        model=Title,
        statement=lambda scope: sa.select(Title),
        columns=(
            ListColumn("code", _l("Code"), lambda t: t.code, (Title.code,)),
            ListColumn(
                "name",
                _l("Name"),
                lambda t: t.name,
                (Title.sort_key,),
                link=lambda t: edit_address("standards.title_edit", t, CATALOGUE_EDITORS),
            ),
            ListColumn("kind", _l("Kind"), lambda t: TitleKind(t.kind).label, (Title.kind, Title.sort_key)),
        ),
        search=Title.search_key,
        filters=(Filter("kind", _l("Kind"), lambda: choices_of(TitleKind), lambda value: Title.kind == value),),
        form=TitleForm,
        prepare=lambda form, row: form.kind.offer(choices_of(TitleKind)),
        save=operations.save_title,
        delete=operations.delete_title,
        readers=READERS,
    ),
)

register(
    bp,
    Catalogue(
        key="competency",
        plural_key="competencies",
        singular=_l("competency"),
        plural=_l("Competencies"),
        path="competencies",
        model=Competency,
        statement=lambda scope: sa.select(Competency),
        columns=(
            ListColumn("code", _l("Code"), lambda c: c.code, (Competency.code,)),
            ListColumn(
                "name",
                _l("Name"),
                lambda c: c.name,
                (Competency.sort_key,),
                link=lambda c: edit_address("standards.competency_edit", c, CATALOGUE_EDITORS),
            ),
        ),
        search=Competency.search_key,
        form=CompetencyForm,
        save=operations.save_competency,
        delete=operations.delete_competency,
        readers=READERS,
    ),
)


def _prepare_level(form: CourseLevelForm, _row: CourseLevel | None) -> None:
    form.course_id.offer(course_choices())
    form.level.offer(choices_of(Level))


register(
    bp,
    Catalogue(
        key="course_level",
        plural_key="course_levels",
        singular=_l("level that a course gives"),
        plural=_l("Levels that courses give"),
        path="course-levels",
        model=CourseLevel,
        statement=lambda scope: queries.course_levels(),
        columns=(
            ListColumn(
                "course",
                _l("Course"),
                lambda c: c.course.name,
                (Course.sort_key,),
                link=lambda c: edit_address("standards.course_level_edit", c, CATALOGUE_EDITORS),
            ),
            ListColumn("level", _l("Level that it gives"), lambda c: Level(c.level).label, (CourseLevel.level,)),
        ),
        default_sort="course",
        search=Course.search_key,
        form=CourseLevelForm,
        prepare=_prepare_level,
        save=operations.save_course_level,
        delete=operations.delete_course_level,
        readers=READERS,
    ),
)

# -- standards ------------------------------------------------------------------------------------------------

_SUBJECT = sa.func.coalesce(Position.sort_key, Title.sort_key)


def _prepare_standard(form: StandardForm, row: Standard | None) -> None:
    if row is None:
        del form.changes_from
    else:  # the standard's owner and first day cannot change
        del form.code, form.position_id, form.title_id, form.valid_from
    form.offer()


def _save_standard(values: dict[str, Any], *, actor: Actor, row: Standard | None) -> Standard:
    from_day = values.pop("changes_from", None)
    if row is None or from_day == row.valid_from:
        return versions.save_standard(values, actor=actor, row=row)
    return versions.change_standard(row, from_day, values, actor=actor)


def _validity(standard: Standard) -> str:
    return f"{day(standard.valid_from)} – {day(standard.valid_to)}"


def _version_condition(value: str) -> Any:
    if value == "past":
        return Standard.valid_to < today()
    if value == "future":
        return Standard.valid_from > today()
    return queries.in_force(today())


STANDARDS = Catalogue(
    key="standard",
    plural_key="standards",
    singular=_l("standard"),
    plural=_l("Standards"),
    path="standards",
    model=Standard,
    statement=lambda scope: queries.whole_standard(),
    columns=(
        ListColumn(
            "subject",
            _l("Position, rank or title"),
            lambda s: s.subject.name,
            (_SUBJECT, Standard.valid_from),
            link=lambda s: url_for("standards.standard", id=s.id),
        ),
        ListColumn("code", _l("Code"), lambda s: s.code, (Standard.code,), wide_only=True),
        ListColumn(
            "kind",
            _l("Kind"),
            lambda s: TitleKind(s.title.kind).label if s.title else _("Job position"),
            (Title.kind, _SUBJECT),
        ),
        ListColumn(
            "requirements",
            _l("Requirements"),
            lambda s: "; ".join(in_words(requirement) for requirement in s.requirements),
            wide_only=True,
        ),
        ListColumn("valid", _l("In force"), _validity, (Standard.valid_from,)),
    ),
    default_sort="subject",
    search=Standard.search_key,
    filters=(
        Filter(
            "kind",
            _l("Kind"),
            lambda: [("position", _("Job position")), *choices_of(TitleKind)],
            lambda value: Standard.position_id.is_not(None) if value == "position" else Title.kind == value,
        ),
        Filter(
            "version",
            _l("In force"),
            lambda: [("now", _("Today")), ("past", _("No longer")), ("future", _("Not yet"))],
            _version_condition,
        ),
    ),
    form=StandardForm,
    prepare=_prepare_standard,
    save=_save_standard,
    delete=lambda row, *, actor: versions.delete_standard(row, actor=actor, today=today()),
    readers=READERS,
    after=lambda standard: url_for("standards.standard", id=standard.id),
    edit_template="standards/standard_edit.html",
)
register(bp, STANDARDS)


@bp.get("/standards/<int:id>")
@allow(READERS)
def standard(id: int) -> str:
    row = STANDARDS.load(id)
    return render_template(
        "standards/standard.html",
        standard=row,
        kind=TitleKind(row.title.kind).label if row.title else _("Job position"),
        in_words=in_words,
        kind_label=kind_label,
        versions=queries.versions_of(row),
        panels=standard_panels.of(row),
    )


@course_panels.add(5)
def standing_of_course(course: Course) -> str:
    """Show which levels the course gives, and who may be sent to it."""
    levels = db.session.scalars(sa.select(CourseLevel.level).where(CourseLevel.course_id == course.id)).all()
    return render_template(
        "standards/_course.html",
        levels=sorted(Level(value).label for value in levels),
        rules=rules_of(course.id),
        rule_label=lambda rule: EligibilityKind(rule.kind).label,
    )
