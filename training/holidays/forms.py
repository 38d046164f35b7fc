"""The form over a public holiday."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..core.forms import ChoiceField, DayField, EditForm, TextField, at_most, optional, required


class HolidayForm(EditForm):
    name = TextField(_l("Name"), [required(), at_most(200)])
    kind = ChoiceField(_l("Kind"), [required()], default="off")
    first = DayField(_l("First day"), [required()])
    last = DayField(_l("Last day"), [optional()], description=_l("Empty: the same day."))
    reach = ChoiceField(_l("Where"), [required()], default="nation")
    state = ChoiceField(_l("Announced?"), [required()], default="decreed")
    source = TextField(
        _l("Source"), [at_most(400)], description=_l("The law, or number and day of the announcement.")
    )
    checked_on = DayField(
        _l("Compared with the source on"),
        [optional()],
        description=_l("Empty: nobody has compared it yet; the days are then expected."),
    )
    note = TextField(_l("Note"), [at_most(400)])
