"""Forms over completions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..core.forms import ChoiceField, DayField, EditForm, TextField, at_most, optional, required
from ..people.person_field import PersonField


class CompletionForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    course_id = ChoiceField(_l("Course"), [required()], coerce=int)
    completed_on = DayField(_l("Completed on"), [required()])
    certificate_number = TextField(_l("Certificate number"), [optional(), at_most(60)])
    issuer = TextField(_l("Issued by"), [optional(), at_most(200)])
