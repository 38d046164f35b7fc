"""Forms over seats."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..forms import Form, TextField, at_most, optional, required
from ..people.person_field import PersonField


class ReasonForm(Form):
    reason = TextField(_l("Reason"), [required(), at_most(400)])


class SubstituteForm(ReasonForm):
    instead = PersonField(_l("Who goes instead"), [required()])


class GroundForm(Form):
    ground = TextField(
        _l("Ground"),
        [optional(), at_most(400)],
        description=_l("Asked for where a rule is broken; it is shown with the seat."),
    )
