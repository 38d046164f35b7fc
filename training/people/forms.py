"""Forms over places, travel, units, positions, people and absences."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TextAreaField

from ..core.forms import (
    YEARS,
    ChoiceField,
    DayField,
    EditForm,
    Form,
    ManyField,
    TextField,
    WholeField,
    at_most,
    is_id,
    optional,
    required,
)
from .person_field import PersonField


class PlaceForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])


class PositionForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    head = BooleanField(_l("Head of the unit"))


class TravelForm(EditForm):
    origin_id = ChoiceField(_l("From (where the unit sits)"), [required()], coerce=int)
    destination_id = ChoiceField(_l("To (where the class is held)"), [required()], coerce=int)
    points = WholeField(
        _l("Points"), [required()], description=_l("What the plan loses for each seat with this journey.")
    )


class UnitForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    kind = ChoiceField(_l("Kind"), [required()])
    parent_id = ChoiceField(_l("Parent unit"), coerce=int)
    place_id = ChoiceField(_l("Place"), [required()], coerce=int)
    max_absent = WholeField(
        _l("Most people in class on one day"), [optional()], description=_l("Empty: no limit.")
    )
    valid_from = DayField(_l("Valid from"), [optional()])
    valid_to = DayField(_l("Valid to"), [optional()])


class ReorganisationForm(Form):
    predecessor_ids = ManyField(_l("Units that close or are divided"), [required()], render_kw={"size": 10})
    successor_ids = ManyField(
        _l("Units that take over"),
        description=_l("Several: the first takes whoever is not placed one by one. New units are entered before."),
        render_kw={"size": 10},
    )
    since = DayField(_l("First day of the new organisation"), [required()])
    paper = TextField(_l("Decision"), [optional(), at_most(200)])
    closes = BooleanField(
        _l("The units close"), description=_l("Without this tick they go on, and give away whoever is placed.")
    )


class ParentForm(Form):
    tree = ChoiceField(_l("Tree"), [required()])
    parent_id = ChoiceField(_l("Unit above"), coerce=int)
    since = DayField(_l("From"), [required()])


class RatingsField(TextAreaField):
    """Yearly ratings, one line per year: «2025: Hoàn thành tốt nhiệm vụ»; `data` is {year: rating}."""

    data: Any

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "\n".join(f"{year}: {rating}" for year, rating in sorted((self.data or {}).items(), reverse=True))

    def process_formdata(self, valuelist: list[str]) -> None:
        ratings: dict[str, str] = {}
        for line in "\n".join(valuelist).splitlines():
            if not line.strip():
                continue
            year, colon, rating = line.partition(":")
            if not (colon and is_id(year.strip()) and int(year) in YEARS and rating.strip()):
                raise ValueError(_("Write one line per year, such as “2025: hoàn thành tốt nhiệm vụ”."))
            ratings[year.strip()] = rating.strip()
        self.data = ratings


class EmployeeForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Full name"), [required(), at_most(400)])
    unit_id = ChoiceField(_l("Unit"), [required()], coerce=int)
    position_id = ChoiceField(_l("Position"), coerce=int)
    moved_on = DayField(
        _l("Moved, left or came back on"),
        [optional()],
        description=_l("First day of a new unit, position or state; empty: today. Days before are kept."),
    )
    sex = ChoiceField(_l("Sex"))
    birth_date = DayField(_l("Date of birth"), [optional()])
    birth_year = WholeField(_l("Year of birth"), [optional()], description=_l("Where the year alone is known."))
    rank_code = TextField(_l("Rank (code)"), [optional(), at_most(20)])
    salary_step = WholeField(_l("Salary step"), [optional()])
    degree = TextField(_l("Professional degree"), [optional(), at_most(60)])
    political_theory = TextField(_l("Political theory level"), [optional(), at_most(60)])
    state_management = TextField(_l("State management level"), [optional(), at_most(60)])
    languages = TextField(_l("Foreign languages"), [optional(), at_most(200)])
    computing = TextField(_l("Computing"), [optional(), at_most(200)])
    planned_titles = TextField(_l("Planned titles"), [optional(), at_most(400)])
    service_start = DayField(_l("Start of service"), [optional()])
    email = TextField(_l("E-mail"), [optional(), at_most(200)])
    phone = TextField(_l("Phone"), [optional(), at_most(30)])
    max_days = WholeField(_l("Most days of class in one year"), [optional()], description=_l("Empty: no limit."))
    ratings = RatingsField(
        _l("Yearly ratings"),
        description=_l("One line per year: 2025: hoàn thành tốt nhiệm vụ"),
        render_kw={"rows": 3},
    )
    active = BooleanField(
        _l("In service"),
        default=True,
        description=_l(
            "Whoever leaves loses their seats in classes that have not begun, and their places on waiting lists. "
            "Whoever is in service again waits for them again, before others of equal value; a seat that somebody "
            "else has by then does not come back."
        ),
    )
    leaves_on = DayField(
        _l("Leaves the service on"),
        [optional()],
        description=_l("First day out of service, where it is known before; empty: not known."),
    )


class SensitiveForm(Form):
    ethnicity = TextField(_l("Ethnicity"), [optional(), at_most(60)])
    citizen_id = TextField(
        _l("Citizen id"), [optional()], render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 12}
    )
    party_member = ChoiceField(_l("Party member"), coerce=lambda value: value in {True, "True"})
    party_joined = DayField(_l("Joined the Party on"), [optional()])
    home_place = TextField(_l("Home place"), [optional(), at_most(200)])


class AssignmentForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    unit_id = ChoiceField(_l("Unit"), [required()], coerce=int)
    position_id = ChoiceField(_l("Position"), coerce=int)
    first = DayField(_l("First day"), [optional()], description=_l("Empty: not known."))
    last = DayField(_l("Last day"), [optional()], description=_l("Empty: until further notice."))
    kind = ChoiceField(_l("Kind"), [required()])
    paper = TextField(_l("Decision"), [optional(), at_most(200)])
    main = BooleanField(_l("Main stay"), default=True)


class AbsenceForm(EditForm):
    employee_id = PersonField(_l("Person"), [required()])
    first = DayField(_l("First day"), [required()])
    last = DayField(_l("Last day"), [required()])
    reason = TextField(_l("Reason"), [optional(), at_most(200)])
