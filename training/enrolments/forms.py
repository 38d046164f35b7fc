"""Forms for seats."""

from __future__ import annotations

from collections.abc import Iterable

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FormField

from ..core.errors import Fault, Refused
from ..core.form_rows import RowsField, RowsForm
from ..core.forms import (
    ChoiceField,
    DayField,
    EditForm,
    Form,
    ManyField,
    TextField,
    WholeField,
    at_most,
    between,
    optional,
    required,
)
from ..courses.queries import lecturer_choices, room_choices
from ..people.person_field import PersonField
from ..people.queries import place_choices
from .rearranging.new_options import Calendar, NewClass


class ReasonForm(Form):
    reason = TextField(_l("Reason"), [required(), at_most(400)])


class SubstituteForm(ReasonForm):
    instead = PersonField(_l("Who goes instead"), [required()])


class ExchangeForm(ReasonForm):
    other = PersonField(_l("With whom"), [required()])


class GroundForm(Form):
    ground = TextField(
        _l("Ground"),
        [optional(), at_most(400)],
        description=_l("Asked for where a rule is broken; it is shown with the seat."),
    )


class WithGround(RowsForm):
    """The fields common to all actions on a whole class."""

    reason = TextField(
        _l("Reason"), [required(), at_most(400)], description=_l("Stands with everybody whom it touches.")
    )
    ground = TextField(
        _l("Ground"),
        [optional(), at_most(400)],
        description=_l("Asked for where a rule is broken; it is shown with the seat."),
    )


class DaysForm(wtforms.Form):
    first = DayField(_l("First day"), [optional()])
    last = DayField(_l("Last day"), [optional()])


class CalendarForm(WithGround):
    """Another option of a class, or a new calendar."""

    option_id = ChoiceField(_l("Option"), [optional()], coerce=int, blank=_l("a new calendar, as entered below"))
    place_id = ChoiceField(_l("Place"), [optional()], coerce=int)
    sessions = RowsField(FormField(DaysForm), label=_l("Days"), min_entries=1)
    room_ids = ManyField(_l("Rooms"))
    lecturer_ids = ManyField(_l("Lecturers"))

    def offer(self, options: Iterable[tuple[int, str]]) -> None:
        """Set the choices.

        Args:
            options: (id, label) of the options to choose from.
        """
        self.option_id.offer(options)
        self.place_id.offer(place_choices())
        self.room_ids.choices = room_choices()
        self.lecturer_ids.choices = lecturer_choices()

    def calendar(self) -> Calendar:
        """Return the calendar that was entered.

        Raises:
            Refused: the place or the days are missing.
        """
        entered = [run for run in self.sessions.data if run["first"] or run["last"]]
        faults = []
        if self.place_id.data is None:
            faults.append(Fault("place_id", _("Please fill this in.")))
        if not entered or any(run["first"] is None or run["last"] is None for run in entered):
            faults.append(Fault("sessions", _("Give each run of days its first and its last day.")))
        if faults:
            raise Refused(*faults)
        return Calendar(
            self.place_id.data,
            [(run["first"], run["last"]) for run in entered],
            self.room_ids.data or (),
            self.lecturer_ids.data or (),
        )


class SplitForm(CalendarForm):
    option_id = ChoiceField(
        _l("Second class"), [optional()], coerce=int, blank=_l("a new class, as entered below")
    )
    code = TextField(_l("Code of the new class"), [optional(), at_most(40)])
    min_seats = WholeField(_l("Smallest number of seats"), [optional(), between(0, None)])
    max_seats = WholeField(_l("Largest number of seats"), [optional(), between(1, None)])

    def new_class(self) -> NewClass:
        """Return the class that was entered.

        Raises:
            Refused: a field is missing.
        """
        if not self.code.data or self.min_seats.data is None or self.max_seats.data is None:
            raise Refused(Fault("code", _("Give the new class a code and its sizes, or choose a class.")))
        return NewClass(self.code.data, self.min_seats.data, self.max_seats.data, self.calendar())


class MergeForm(WithGround):
    class_id = ChoiceField(_l("Into which class"), [required()], coerce=int)


class LastEntryForm(Form):
    last_entry_on = DayField(
        _l("Last day of entry"),
        [optional()],
        description=_l("After it nobody is promoted or placed without a ground. Empty: the day before it begins."),
    )


class OfferTermForm(EditForm):
    valid_from = DayField(_l("Valid from"), [required()])
    working_days = WholeField(_l("Working days"), [required()], default=3)
    hour = WholeField(_l("Ends at (hour)"), [required()], default=17)
    source = TextField(_l("Set by (paper)"), [at_most(400)])
