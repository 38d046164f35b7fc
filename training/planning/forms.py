"""Forms for plans and pins."""

from __future__ import annotations

from typing import Any

import wtforms
from flask_babel import lazy_gettext as _l
from wtforms import FormField, HiddenField

from ..core.form_rows import RowsField, RowsForm
from ..core.forms import (
    ChoiceField,
    EditForm,
    Form,
    TextField,
    WholeField,
    at_most,
    between,
    choices_of,
    is_id,
    optional,
    required,
)
from ..people.person_field import PersonField
from .models import NeedSetKind, PinKind
from .operations import LONGEST_RUN, MOST_POINTS
from .policy import presets, target_gaps
from .policy.presets import Preset


class ShownNumbers(HiddenField):
    """The numbers of the policy that the page shows, so that one changed by hand is known from one left alone."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read what the form sent, never an attribute of the row."""
        super().process(formdata, None, extra_filters)

    @property
    def numbers(self) -> dict[str, int]:
        """Return the numbers by field; empty if the form sent none that can be read."""
        texts = str(self.data or "").split(",")
        if len(texts) != len(presets.FIELDS) or not all(is_id(text) for text in texts):
            return {}
        return dict(zip(presets.FIELDS, (int(text) for text in texts), strict=True))


class PlanForm(EditForm):
    """A plan: the policy as one of the named ones, its numbers, and what its runs may do."""

    PRESETS, NUMBERS = tuple(Preset), presets.FIELDS

    preset = ChoiceField(_l("What comes first"), [optional()])
    shown_numbers = ShownNumbers()
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    description = TextField(
        _l("What this scenario is for"), [optional(), at_most(400)], description=_l("For whoever compares it.")
    )
    round_id = ChoiceField(_l("Round"), [required()], coerce=int)
    value_mandatory = WholeField(
        _l("Points for a need that is mandatory before appointment"),
        [required(), between(0, MOST_POINTS)],
        default=400,
        description=_l("As the unit states; whoever appraises the need has seen it."),
    )
    value_standard = WholeField(
        _l("Points for what a standard misses"),
        [required(), between(0, MOST_POINTS)],
        default=300,
        description=_l("Of the position, rank or title that the person holds."),
    )
    value_expiring = WholeField(
        _l("Points for what expires before the end of the plan's year"),
        [required(), between(0, MOST_POINTS)],
        default=250,
    )
    value_planned_title = WholeField(
        _l("Points for a need of a planned title"), [required(), between(0, MOST_POINTS)], default=200
    )
    value_wish = WholeField(
        _l("Points for a need above the standard"),
        [required(), between(0, MOST_POINTS)],
        default=100,
        description=_l(
            "No standard asks the person for this course. Where none is entered, the unit's word counts."
        ),
    )
    value_unit_step = WholeField(
        _l("Points for each step of the unit's own priority"),
        [required(), between(0, MOST_POINTS)],
        default=10,
        description=_l("Added: nothing for a wish, one step for a planned title, up to three for mandatory."),
    )
    value_year_waiting = WholeField(
        _l("Points for each year of waiting"),
        [required(), between(0, MOST_POINTS)],
        default=100,
        description=_l("Added for needs that were carried over from earlier rounds."),
    )
    most_years_waiting = WholeField(
        _l("Most years of waiting that count"), [required(), between(0, 50)], default=3
    )
    floor_percent = WholeField(
        _l("Floor of each unit (per cent)"),
        [required(), between(0, 100)],
        default=60,
        description=_l("This share of a unit's needs should be met before other units get more."),
    )
    floor_penalty = WholeField(
        _l("Points lost for each need below the floor"),
        [required(), between(0, MOST_POINTS)],
        default=150,
        description=_l("0: the floor does not count."),
    )
    change_penalty = WholeField(
        _l("Points lost for each seat in force that is not kept"),
        [required(), between(0, MOST_POINTS)],
        default=30,
        description=_l("Counts only once a plan of the round is published."),
    )
    max_changes = WholeField(
        _l("Most seats in force that may change"),
        [optional(), between(0, MOST_POINTS)],
        description=_l("Empty: no limit."),
    )
    max_changes_per_trainee = WholeField(
        _l("Most seats in force that may change for one person"),
        [optional(), between(0, MOST_POINTS)],
        description=_l("Empty: no limit. 0: nobody loses or changes a seat that they have."),
    )
    time_limit = WholeField(
        _l("Time for the optimizer (seconds)"),
        [required(), between(1, LONGEST_RUN)],
        default=60,
        description=_l(
            "For the whole run, from reading the data to the stored result. It ends earlier when the plan is "
            "proven to be optimal."
        ),
    )
    target_gap = ChoiceField(
        _l("Target gap"),
        [optional()],
        coerce=int,
        blank=_l("none: until proven, or until the time is up"),
        description=_l("A run ends as soon as no plan whatever could score more than this above the plan found."),
    )
    seed = WholeField(
        _l("Seed"),
        [required(), between(0, 2**31 - 1)],
        default=1,
        description=_l("Another number, another search; the same number repeats a run."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target_gap.offer(target_gaps.offered(self.target_gap.data))
        self.preset.offer([(preset.value, preset.label) for preset in Preset])
        if self.preset.raw_data and self.preset.data in set(Preset):
            self._apply(Preset(self.preset.data))
        numbers = self.numbers
        if not self.preset.raw_data or self.preset.data in set(Preset):
            self.preset.data = presets.recognised(numbers).value
        self.shown_numbers.data = ",".join("" if numbers[key] is None else str(numbers[key]) for key in numbers)

    @property
    def numbers(self) -> dict[str, Any]:
        """Return the numbers that a preset chooses, as they stand in the form."""
        return {key: self._fields[key].data for key in presets.FIELDS}

    @property
    def adjusting(self) -> bool:
        """Whether the numbers are to be seen at once: they are nobody's preset, or one of them is at fault."""
        return self.preset.data == Preset.OWN or any(self._fields[key].errors for key in presets.FIELDS)

    def _apply(self, preset: Preset) -> None:
        """Put the numbers of the chosen preset into the fields."""
        for key, value in presets.applied(preset, self.numbers, self.shown_numbers.numbers).items():
            field = self._fields[key]
            if value != field.data:
                field.data, field.raw_data, field.process_errors = value, None, []

    def values(self) -> dict[str, Any]:
        """Return the values of the plan's columns: a preset is known by its numbers, and not stored."""
        return {key: value for key, value in super().values().items() if key != "preset"}


class MemberForm(wtforms.Form):
    employee_id = PersonField(_l("Person"), [optional()])


class NeedSetForm(RowsForm):
    kind = ChoiceField(_l("Decision"), [required()])
    name = TextField(_l("Name of the set"), [optional(), at_most(100)], description=_l("Empty: a number."))
    course_id = ChoiceField(_l("Course"), [required()], coerce=int)
    members = RowsField(FormField(MemberForm), label=_l("People of the set"), min_entries=2)
    max_seats = WholeField(
        _l("At most so many in one class"),
        [optional(), between(1, 200)],
        description=_l("Only for people who do not sit in the same class. Empty: one."),
    )
    ground = TextField(_l("Ground"), [optional(), at_most(400)], description=_l("Why it is decided by hand."))

    def offer(self, courses: list[tuple[int, str]]) -> None:
        """Set the choices."""
        self.kind.offer(choices_of(NeedSetKind))
        self.course_id.offer(courses)

    @property
    def people(self) -> list[int]:
        """Return the ids of the named people."""
        return [row["employee_id"] for row in self.members.data if row["employee_id"] is not None]


class PinForm(Form):
    employee_id = PersonField(_l("Person"), [required()])
    class_id = ChoiceField(_l("Class"), [required()], coerce=int)
    kind = ChoiceField(_l("Decision"), [required()])
    ground = TextField(_l("Ground"), [optional(), at_most(400)], description=_l("Why it is decided by hand."))

    def offer(self, classes: list[tuple[int, str]]) -> None:
        """Set the choices."""
        self.class_id.offer(classes)
        self.kind.offer(choices_of(PinKind))
