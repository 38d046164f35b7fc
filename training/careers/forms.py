"""Forms over planning lists, reviews, limits and knowledge tests."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..core.forms import (
    ChoiceField,
    DayField,
    EditForm,
    TextField,
    WholeField,
    at_most,
    between,
    optional,
    required,
)
from ..people.person_field import PersonField


class PlannedTitleForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    title_id = ChoiceField(_l("Planned for"), [required()], coerce=int)
    unit_id = ChoiceField(_l("In the unit"), [required()], coerce=int)
    added_on = DayField(_l("Approved on"), [required()])
    paper = TextField(_l("Decision"), [optional(), at_most(200)])
    removed_on = DayField(_l("Taken off on"), [optional()], description=_l("The first day without it."))
    reason = TextField(_l("Reason"), [optional(), at_most(400)])


class ReviewForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    first = DayField(_l("First day"), [required()])
    last = DayField(_l("Last day"), [required()])
    paper = TextField(_l("Decision"), [optional(), at_most(200)])


class LimitsForm(EditForm):
    source = TextField(_l("Set by (paper)"), [required(), at_most(400)])
    valid_from = DayField(_l("Valid from"), [required()], description=_l("Those before end on the day before."))
    valid_to = DayField(_l("Valid to"), [optional()])
    titles_per_person = WholeField(_l("Most titles a person"), [optional()])
    people_per_title = WholeField(_l("Most people a title"), [optional()])
    least_planned = WholeField(_l("Committee: least people per 100 members"), [optional()])
    most_planned = WholeField(_l("Committee: most people per 100 members"), [optional()])
    most_age_men = WholeField(_l("Greatest age of men on approval"), [optional()])
    most_age_women = WholeField(_l("Greatest age of women on approval"), [optional()])
    young_under = WholeField(_l("Young: under the age of"), [required()])
    least_young = WholeField(_l("Least share of young people (%)"), [optional(), between(0, 100)])
    least_women = WholeField(_l("Least share of women (%)"), [optional(), between(0, 100)])
    least_minority = WholeField(_l("Least share of ethnic minorities (%)"), [optional(), between(0, 100)])
    most_excellent = WholeField(
        _l("Excellent: most per 100 rated “completed well”"), [optional(), between(0, 100)]
    )
    excellent_score = WholeField(
        _l("Excellent: least points in the knowledge test"), [optional(), between(0, 100)]
    )


class KnowledgeTestForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    year = WholeField(_l("Year"), [required()])
    score = WholeField(_l("Points"), [required()])
    held_on = DayField(_l("Held on"), [optional()])
