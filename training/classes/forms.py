"""The form over a class, with its options, their runs of days, its quotas and reserves."""

from __future__ import annotations

from typing import Any

import wtforms
from flask_babel import lazy_gettext as _l
from wtforms import FormField

from ..budgets.queries import fund_choices, tier_choices
from ..core.access import ALL
from ..core.form_rows import RowsField, RowsForm
from ..core.forms import (
    ChoiceField,
    DayField,
    ManyField,
    MoneyField,
    TextField,
    WholeField,
    at_most,
    choices_of,
    optional,
    required,
)
from ..courses.queries import course_choices, host_choices, lecturer_choices, room_choices
from ..people.queries import place_choices, unit_choices
from ..planning_year import planning_year
from .models import ClassMode


class SessionForm(wtforms.Form):
    first = DayField(_l("First day"), [optional()])
    last = DayField(_l("Last day"), [optional()])


class OptionForm(wtforms.Form):
    code = TextField(_l("Code of the option"), [at_most(60)], description=_l("Empty: made from the class code."))
    place_id = ChoiceField(_l("Place"), coerce=int)
    sessions = RowsField(FormField(SessionForm), label=_l("Days"), min_entries=1)
    room_ids = ManyField(_l("Rooms"))
    lecturer_ids = ManyField(_l("Lecturers"))


class QuotaForm(wtforms.Form):
    max_seats = WholeField(_l("At most so many seats"), [optional()])
    unit_ids = ManyField(_l("for people of these units and those below them"))


class ReserveForm(wtforms.Form):
    min_seats = WholeField(_l("So many seats are kept"), [optional()])
    release = wtforms.BooleanField(
        _l("Release what nobody claims"),
        description=_l("Keeps no more seats than people of these units need."),
    )
    unit_ids = ManyField(_l("for people of these units and those below them"))


class ClassForm(RowsForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    year = WholeField(_l("Year"), [required()], default=planning_year)
    course_id = ChoiceField(_l("Course"), [required()], coerce=int)
    host_id = ChoiceField(_l("Host"), [optional()], coerce=int)
    mode = ChoiceField(_l("Form of teaching"), [required()], default=ClassMode.IN_PERSON)
    min_seats = WholeField(
        _l("Smallest number of seats"), [required()], description=_l("With fewer the class does not run.")
    )
    max_seats = WholeField(_l("Largest number of seats"), [required()])
    fund_id = ChoiceField(_l("Paid from"), [required()], coerce=int)
    tier_id = ChoiceField(_l("Tier of lecturers"), [optional()], coerce=int, blank=_l("the usual one"))
    fixed_cost = MoneyField(
        _l("Fixed cost (đồng)"),
        [required()],
        default=0,
        description=_l("What the class costs however many attend."),
    )
    seat_cost = MoneyField(_l("Cost per seat (đồng)"), [required()], default=0)
    note = TextField(_l("Note"), [at_most(400)])
    options = RowsField(FormField(OptionForm), label=_l("Options"), min_entries=1)
    quotas = RowsField(FormField(QuotaForm), label=_l("Quotas"), min_entries=1)
    reserves = RowsField(FormField(ReserveForm), label=_l("Seats kept for units"), min_entries=1)

    def offer(self) -> None:
        """Read all choices."""
        self.course_id.offer(course_choices())
        self.host_id.offer(host_choices())
        self.mode.offer(choices_of(ClassMode))
        self.fund_id.offer(fund_choices())
        self.tier_id.offer(tier_choices())
        self._places = place_choices()
        self._rooms = room_choices()
        self._lecturers = lecturer_choices()
        self._units = unit_choices(ALL)
        self.prepare_rows()

    def prepare_rows(self) -> None:
        for entry in self.options:
            option: Any = entry.form
            option.place_id.offer(self._places)
            option.room_ids.choices = self._rooms
            option.lecturer_ids.choices = self._lecturers
        for row in (*self.quotas, *self.reserves):
            share: Any = row.form
            share.unit_ids.choices = self._units

    def values(self) -> dict[str, Any]:
        """Return the values for `save_training_class`; empty rows are left out."""
        options = [
            {
                **option,
                "sessions": [(run["first"], run["last"]) for run in option["sessions"] if any(run.values())],
            }
            for option in self.options.data
        ]
        return {
            **super().values(),
            "options": [option for option in options if any(option.values())],
            "quotas": [quota for quota in self.quotas.data if any(quota.values()) or quota["max_seats"] == 0],
            "reserves": [one for one in self.reserves.data if any(one.values()) or one["min_seats"] == 0],
        }
