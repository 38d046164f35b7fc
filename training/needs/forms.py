"""Forms for rounds, chains, needs and delegations."""

from __future__ import annotations

from typing import Any

import wtforms
from flask_babel import lazy_gettext as _l
from wtforms import FormField, HiddenField

from ..core.access import ALL, APPROVERS, Role
from ..core.form_rows import RowsField, RowsForm
from ..core.forms import (
    ChoiceField,
    DayField,
    EditForm,
    Form,
    MoneyField,
    TextField,
    WholeField,
    at_most,
    is_id,
    optional,
    required,
)
from ..core.i18n import today
from ..people.queries import unit_choices
from ..planning_year import coming_year
from .registering import TIME_LENGTH
from .rules import NOTE_LENGTH


class RoundForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    year = WholeField(
        _l("Year"),
        [required()],
        default=coming_year,
        description=_l("The year whose plan the needs are for."),
    )
    opens_on = DayField(_l("Opens on"), [required()], default=today)
    closes_on = DayField(_l("Closes on"), [required()], description=_l("The last day of registration."))
    decided_on = DayField(
        _l("Plan decided elsewhere on"),
        [optional()],
        description=_l("Only if its plan was made on paper: what got no seat then is carried over."),
    )


class ReopenForm(Form):
    closes_on = DayField(_l("New last day"), [optional()])


class RegisterForm(Form):
    priority = ChoiceField(_l("Priority"), [required()], coerce=int)
    note = TextField(_l("Note"), [optional(), at_most(NOTE_LENGTH)])


class NeedForm(EditForm):
    priority = ChoiceField(_l("Priority"), [required()], coerce=int)
    note = TextField(_l("Note"), [optional(), at_most(NOTE_LENGTH)])
    wished_time = TextField(
        _l("Time asked for"), [optional(), at_most(TIME_LENGTH)], description=_l("For example: quarter II.")
    )
    expected_cost = MoneyField(_l("Expected cost (đồng)"), [optional()])


ANYBODY, SET_OVER = "role", "unit"
FORBIDDEN, ALLOWED = "no", "yes"


class StepForm(wtforms.Form):
    id = HiddenField()
    name = TextField(_l("Name of the step"))
    role = ChoiceField(_l("Role"))
    reach = ChoiceField(_l("Who exactly"))
    unit_id = ChoiceField(_l("Only for people of"), coerce=int, blank=_l("All units"))
    own = ChoiceField(_l("Own needs"))
    due_on = DayField(_l("Deadline"), [optional()])


class ChainForm(RowsForm):
    steps = RowsField(FormField(StepForm), label=_l("Steps"), min_entries=1)

    def offer(self) -> None:
        """Load all choices."""
        self._units = unit_choices(ALL)
        self.prepare_rows()

    def prepare_rows(self) -> None:
        for entry in self.steps:
            step: Any = entry.form
            step.role.offer([(role.value, role.label) for role in Role if role in APPROVERS])
            step.reach.choices = [
                (ANYBODY, _l("Everybody with this role who sees the unit")),
                (SET_OVER, _l("Only who is set over the unit (its head)")),
            ]
            step.unit_id.offer(self._units)
            step.own.choices = [(FORBIDDEN, _l("must not be acted on")), (ALLOWED, _l("may be acted on"))]

    def values(self) -> dict[str, Any]:
        """Return the steps in the form that `chains.save_chain` takes; rows without a name and a role are left
        out."""
        return {
            "steps": [
                {
                    "id": int(step["id"]) if is_id(str(step["id"] or "")) else None,
                    "name": step["name"],
                    "role": step["role"],
                    "own_unit": step["reach"] == SET_OVER,
                    "unit_id": step["unit_id"],
                    "forbids_own": step["own"] != ALLOWED,
                    "due_on": step["due_on"],
                }
                for step in self.steps.data
                if step["name"] or step["role"]
            ]
        }


def step_data(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step as data for a row of `ChainForm`."""
    return {
        "id": step.get("id"),
        "name": step["name"],
        "role": step["role"],
        "reach": SET_OVER if step["own_unit"] else ANYBODY,
        "unit_id": step.get("unit_id"),
        "own": FORBIDDEN if step["forbids_own"] else ALLOWED,
        "due_on": step.get("due_on"),
    }


class DelegationForm(Form):
    giver_id = ChoiceField(_l("Whose steps"), [required()], coerce=int)
    taker_id = ChoiceField(_l("Who acts instead"), [required()], coerce=int)
    first = DayField(_l("From day"), [required()])
    last = DayField(_l("To day"), [required()])
    ground = TextField(_l("Ground"), [optional(), at_most(200)])
