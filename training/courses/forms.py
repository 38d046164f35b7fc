"""Forms over courses, equivalences, hosts, rooms and lecturers."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..core.form_rows import RowsField, RowsForm
from ..core.forms import ChoiceField, EditForm, ManyField, TextField, WholeField, at_most, optional, required


class CourseForm(RowsForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    kind = ChoiceField(_l("Kind"), [required()])
    days = WholeField(_l("Length in days"), [required()], description=_l("One week has 5 days of class."))
    default_min_seats = WholeField(_l("Usual smallest number of seats"), [required()], default=30)
    default_max_seats = WholeField(_l("Usual largest number of seats"), [required()], default=80)
    audience = TextField(_l("Audience"), [at_most(400)])
    active = BooleanField(_l("Still taught"), default=True)
    prerequisites = RowsField(ManyField(_l("Any one of")), label=_l("Prerequisites"), min_entries=1)

    course_choices: list[tuple[int, str]] = []

    def prepare_rows(self) -> None:
        for group in self.prerequisites:
            group.choices = self.course_choices

    def values(self) -> dict[str, Any]:
        return {**super().values(), "prerequisites": [group for group in self.prerequisites.data if group]}


class EquivalenceForm(EditForm):
    course_id = ChoiceField(_l("Course asked for"), [required()], coerce=int)
    substitute_id = ChoiceField(_l("Course that stands in for it"), [required()], coerce=int)
    ground = TextField(_l("Legal ground"), [at_most(400)])


class HostForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    place_id = ChoiceField(_l("Place"), [required()], coerce=int)
    phone = TextField(_l("Phone"), [at_most(30)])
    email = TextField(_l("E-mail"), [at_most(200)])


class RoomForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    host_id = ChoiceField(_l("Host"), [required()], coerce=int)
    seats = WholeField(_l("Room for"), [required()])


class LecturerForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Full name"), [required(), at_most(400)])
    host_id = ChoiceField(_l("Host"), [optional()], coerce=int, blank=_l("Invited, of no host"))
    title = TextField(_l("Academic title"), [at_most(100)])
    phone = TextField(_l("Phone"), [at_most(30)])
    email = TextField(_l("E-mail"), [at_most(200)])
