"""Forms over standards with their requirements, titles, exemptions, and who may be sent to a course."""

from __future__ import annotations

from typing import Any

import wtforms
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField

from ..core.form_rows import RowsField, RowsForm
from ..core.forms import (
    ChoiceField,
    DayField,
    EditForm,
    Form,
    ManyField,
    MoneyField,
    TextField,
    WholeField,
    at_most,
    choices_of,
    optional,
    required,
)
from ..courses.queries import course_choices
from ..people.person_field import PersonField
from ..people.queries import position_choices
from .levels import Level, RequirementKind
from .queries import competency_choices, title_choices


class TitleForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    kind = ChoiceField(_l("Kind"), [required()])
    committee = BooleanField(
        _l("Membership of a committee"),
        description=_l("Planned for by a multiple of its members, not by a number of people."),
    )


class CompetencyForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])


class CourseLevelForm(EditForm):
    course_id = ChoiceField(_l("Course"), [required()], coerce=int)
    level = ChoiceField(_l("Level that it gives"), [required()])


class RequirementForm(wtforms.Form):
    kind = ChoiceField(_l("Kind"))
    least_level = ChoiceField(_l("Least level"))
    course_ids = ManyField(_l("or any one of these courses"))
    competency_id = ChoiceField(_l("Competency"), coerce=int)
    competency_level = WholeField(_l("Level of the competency (1–5)"), [optional()])
    validity_months = WholeField(_l("Stays valid for (months)"), [optional()], description=_l("Empty: for ever."))
    note = TextField(_l("Note"), [at_most(200)])


class StandardForm(RowsForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [at_most(400)], description=_l("Empty: that of the position or title."))
    position_id = ChoiceField(_l("Standard of the position"), coerce=int)
    title_id = ChoiceField(_l("or of the rank or title"), coerce=int)
    changes_from = DayField(
        _l("The change holds from"),
        [required()],
        description=_l(
            "A new version begins on this day; the past stays as it was. "
            "To mend a slip in this version, write its first day."
        ),
    )
    valid_from = DayField(_l("Valid from"), [required()])
    valid_to = DayField(_l("Valid to"), [optional()])
    paper = TextField(_l("Laid down in"), [at_most(400)])
    requirements = RowsField(FormField(RequirementForm), label=_l("Requirements"), min_entries=1)

    def offer(self) -> None:
        """Read all choices."""
        if self.position_id is not None:  # the owner of a standard cannot change: the fields are removed then
            self.position_id.offer(position_choices())
            self.title_id.offer(title_choices())
        self._courses = course_choices()
        self._competencies = competency_choices()
        self.prepare_rows()

    def prepare_rows(self) -> None:
        for entry in self.requirements:
            row: Any = entry.form
            row.kind.offer(choices_of(RequirementKind))
            row.least_level.offer(choices_of(Level))
            row.course_ids.choices = self._courses
            row.competency_id.offer(self._competencies)

    def values(self) -> dict[str, Any]:
        """Return the values for `save_standard`; empty rows are left out."""
        asked = [row for row in self.requirements.data if any(row.values())]
        return {**super().values(), "requirements": asked}


class HeldTitleForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    title_id = ChoiceField(_l("Title"), [required()], coerce=int)
    first = DayField(_l("First day"), [required()])
    last = DayField(_l("Last day"), [optional()])
    paper = TextField(_l("Paper"), [at_most(200)])


class AssessmentForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    competency_id = ChoiceField(_l("Competency"), [required()], coerce=int)
    assessed_on = DayField(_l("Assessed on"), [required()])
    level = WholeField(_l("Level of the competency (1–5)"), [required()], description=_l("0: not there."))
    paper = TextField(_l("Paper"), [at_most(200)])


class ExemptionForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    kind = ChoiceField(_l("Exempt from the kind of requirement"), [optional()])
    course_id = ChoiceField(_l("or from the course"), [optional()], coerce=int)
    ground = TextField(_l("Ground"), [required(), at_most(400)])
    paper = TextField(_l("Paper"), [at_most(200)])
    first = DayField(_l("First day"), [required()])
    last = DayField(_l("Last day"), [optional()], description=_l("Empty: until further notice."))


class EligibilityRuleForm(EditForm):
    course_id = ChoiceField(_l("Course"), [required()], coerce=int)
    kind = ChoiceField(_l("Condition"), [required()])
    value = WholeField(_l("Years, or lengths of the course"), [required()])
    source = TextField(_l("Legal ground"), [required(), at_most(400)])
    valid_from = DayField(_l("For classes that start from"), [required()])
    valid_to = DayField(_l("until"), [optional()])


class CommitmentForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    course_id = ChoiceField(_l("Course"), [required()], coerce=int)
    signed_on = DayField(_l("Signed on"), [required()])
    months = WholeField(_l("Months to serve"), [required()])
    paper = TextField(_l("Paper (number)"), [at_most(200)])
    starts_on = DayField(_l("Serves from"), [optional()], description=_l("The day after the course, as a rule."))
    cost = MoneyField(_l("Cost of the training (đồng)"), [optional()], description=_l("Empty: not known yet."))
    ending = ChoiceField(_l("Ended early"), [optional()], blank=_l("no"))
    ended_on = DayField(_l("Ended on"), [optional()])
    note = TextField(_l("Note"), [at_most(400)])


class ExceptionForm(Form):
    employee_id = PersonField(_l("Person"), [required()])
    rule_id = ChoiceField(_l("Condition"), [required()], coerce=int)
    ground = TextField(_l("Ground"), [required(), at_most(400)])
    paper = TextField(_l("Paper"), [at_most(200)])


class DecisionForm(Form):
    note = TextField(_l("Reason"), [at_most(400)])
