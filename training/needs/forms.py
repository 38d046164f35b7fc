"""Forms over rounds and needs."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..forms import ChoiceField, DayField, EditForm, Form, TextField, WholeField, at_most, optional, required
from .rules import NOTE_LENGTH


class RoundForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    year = WholeField(_l("Year"), [required()], description=_l("The year whose plan the needs are for."))
    opens_on = DayField(_l("Opens on"), [required()])
    closes_on = DayField(_l("Closes on"), [required()], description=_l("The last day of registration."))


class ReopenForm(Form):
    closes_on = DayField(_l("New last day"), [optional()])


class RegisterForm(Form):
    priority = ChoiceField(_l("Priority"), [required()], coerce=int)
    note = TextField(_l("Note"), [optional(), at_most(NOTE_LENGTH)])


class NeedForm(EditForm):
    priority = ChoiceField(_l("Priority"), [required()], coerce=int)
    note = TextField(_l("Note"), [optional(), at_most(NOTE_LENGTH)])
