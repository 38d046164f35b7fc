"""Pages over titles held, assessed competencies and exemptions."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from ...core.access import CATALOGUE_EDITORS, READERS, STAFF, current_roles, current_scope
from ...core.crud import Catalogue, register
from ...core.forms import choices_of
from ...core.i18n import day, number
from ...core.tables import Filter, ListColumn
from ...courses.queries import course_choices
from ...people.models import Employee, Unit
from ...people.queries import PERSON_SEARCH, subtree_ids, unit_choices
from .. import operations, queries
from ..blueprint import bp
from ..forms import AssessmentForm, ExemptionForm, HeldTitleForm
from ..levels import RequirementKind
from ..models import Competency, CompetencyAssessment, Exemption, HeldTitle, Title, TitleKind


def unit_filter() -> Filter:
    return Filter(
        "unit",
        _l("Unit (with those below)"),
        lambda: unit_choices(current_scope()),
        lambda value: Employee.unit_id.in_(subtree_ids([int(value)])),
    )


def person_columns(*after: Any) -> tuple[ListColumn, ListColumn]:
    """Return the columns of the person, with a link to their page, and their unit."""
    return (
        ListColumn(
            "name",
            _l("Person"),
            lambda row: row.employee.name,
            (Employee.sort_key, *after),
            link=lambda row: url_for("people.employee", id=row.employee_id),
        ),
        ListColumn(
            "unit",
            _l("Unit"),
            lambda row: row.employee.unit.name,
            (Unit.sort_key, Employee.sort_key),
            wide_only=True,
        ),
    )


def edit_address(endpoint: str, row: Any, editors: Any) -> str | None:
    return url_for(endpoint, id=row.id) if current_roles() & editors else None


def scoped(operation: Any) -> Any:
    """Return the operation with the scope of the signed-in person."""
    return lambda *args, **kwargs: operation(*args, **kwargs, scope=current_scope())


register(
    bp,
    Catalogue(
        key="held_title",
        plural_key="held_titles",
        singular=_l("title held"),
        plural=_l("Titles held"),
        path="held-titles",
        model=HeldTitle,
        statement=queries.held_titles,
        columns=(
            *person_columns(HeldTitle.first),
            ListColumn(
                "title",
                _l("Title"),
                lambda h: h.title.name,
                (Title.sort_key, Employee.sort_key),
                link=lambda h: edit_address("standards.held_title_edit", h, STAFF),
            ),
            ListColumn("first", _l("First day"), lambda h: day(h.first), (HeldTitle.first,)),
            ListColumn("last", _l("Last day"), lambda h: day(h.last), (HeldTitle.last,)),
            ListColumn("paper", _l("Paper"), lambda h: h.paper, wide_only=True),
        ),
        search=(*PERSON_SEARCH, Title.search_key),
        filters=(
            unit_filter(),
            Filter("title", _l("Title"), queries.title_choices, lambda value: HeldTitle.title_id == int(value)),
        ),
        form=HeldTitleForm,
        prepare=lambda form, row: form.title_id.offer(queries.title_choices(TitleKind.LEADERSHIP)),
        save=scoped(operations.save_held_title),
        delete=scoped(operations.delete_held_title),
        readers=READERS,
        editors=STAFF,
        edit_template="people/edit_with_person.html",
    ),
)

register(
    bp,
    Catalogue(
        key="assessment",
        plural_key="assessments",
        singular=_l("assessment"),
        plural=_l("Assessed competencies"),
        path="assessments",
        model=CompetencyAssessment,
        statement=queries.assessments,
        columns=(
            *person_columns(CompetencyAssessment.assessed_on),
            ListColumn(
                "competency",
                _l("Competency"),
                lambda a: a.competency.name,
                (Competency.sort_key, Employee.sort_key),
                link=lambda a: edit_address("standards.assessment_edit", a, STAFF),
            ),
            ListColumn(
                "level", _l("Level"), lambda a: number(a.level), (CompetencyAssessment.level,), number=True
            ),
            ListColumn(
                "day", _l("Assessed on"), lambda a: day(a.assessed_on), (CompetencyAssessment.assessed_on,)
            ),
        ),
        search=(*PERSON_SEARCH, Competency.search_key),
        filters=(unit_filter(),),
        form=AssessmentForm,
        prepare=lambda form, row: form.competency_id.offer(queries.competency_choices()),
        save=scoped(operations.save_competency_assessment),
        delete=scoped(operations.delete_competency_assessment),
        readers=READERS,
        editors=STAFF,
        edit_template="people/edit_with_person.html",
    ),
)


def _prepare_exemption(form: ExemptionForm, _row: Exemption | None) -> None:
    form.kind.offer(choices_of(RequirementKind))
    form.course_id.offer(course_choices())


def _exempt_from(exemption: Exemption) -> str:
    return exemption.course.name if exemption.course else RequirementKind(str(exemption.kind)).label


register(
    bp,
    Catalogue(
        key="exemption",
        plural_key="exemptions",
        singular=_l("exemption"),
        plural=_l("Exemptions"),
        path="exemptions",
        model=Exemption,
        statement=queries.exemptions,
        columns=(
            *person_columns(Exemption.first),
            ListColumn(
                "from",
                _l("Exempt from"),
                _exempt_from,
                link=lambda e: edit_address("standards.exemption_edit", e, CATALOGUE_EDITORS),
            ),
            ListColumn("ground", _l("Ground"), lambda e: e.ground, wide_only=True),
            ListColumn("first", _l("First day"), lambda e: day(e.first), (Exemption.first,)),
            ListColumn("last", _l("Last day"), lambda e: day(e.last), (Exemption.last,)),
        ),
        search=PERSON_SEARCH,
        filters=(
            unit_filter(),
            Filter(
                "kind",
                _l("Kind"),
                lambda: choices_of(RequirementKind),
                lambda value: Exemption.kind == value,
            ),
        ),
        form=ExemptionForm,
        prepare=_prepare_exemption,
        save=operations.save_exemption,
        delete=operations.delete_exemption,
        readers=READERS,
        edit_template="people/edit_with_person.html",
    ),
)
