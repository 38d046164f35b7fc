"""The form of the appointments page."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from ..core.forms import ChoiceField, DayField, Form, required
from ..core.i18n import today
from ..people.person_field import PersonField
from ..people.queries import position_choices
from ..standards.queries import title_choices


class AppointmentForm(Form):
    """Sent as a query (GET), so that its answer has an address."""

    class Meta:
        csrf = False

    employee_id = PersonField(_l("Person"), [required()])
    title_id = ChoiceField(_l("Rank or title"), coerce=int)
    position_id = ChoiceField(_l("or job position"), coerce=int)
    day = DayField(_l("On the day"), default=today)

    def offer(self) -> None:
        self.title_id.offer(title_choices())
        self.position_id.offer(position_choices())

    def validate_title_id(self, field: ChoiceField) -> None:
        if (field.data is None) == (self.position_id.data is None):
            raise ValidationError(_("Choose either a rank or title, or a position."))
