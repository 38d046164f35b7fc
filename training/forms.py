"""Forms: the base that every form stands on, and the fields that Vietnamese offices expect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import Flask, flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, HiddenField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # its stubs are behind
from wtforms.validators import Length, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from .errors import Refused
from .vietnamese import nfc


class Form(FlaskForm):
    """A form whose refusals by an operation stand beside the fields that they name."""

    def show(self, refused: Refused) -> None:
        """Put the faults of `refused` beside their fields; those without one above the page."""
        for fault in refused.faults:
            field = self._fields.get(fault.field)
            if field is None:
                flash(fault.message, "danger")
            else:
                field.errors = [*field.errors, fault.message]

    def values(self) -> dict[str, Any]:
        """What was entered, by field name, without the token and the version."""
        return {
            name: field.data
            for name, field in self._fields.items()
            if name not in {"csrf_token", "version", "submit"} and not isinstance(field, HiddenField)
        }


class EditForm(Form):
    """A form over a row: remembers which version of it was shown, so that no one's change is lost unseen."""

    version = HiddenField()


class TextField(StringField):
    """One line of text, composed (NFC), without surrounding spaces; None when empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = nfc(valuelist[0]) or None if valuelist else None


_DAY_LAYOUTS = ["%d/%m/%Y", "%Y-%m-%d"]
YEARS = range(1900, 2101)  # the same in forms, addresses and Excel files: another year is a slip of the finger


class DayField(DateField):
    """A date, dd/mm/yyyy; also what a browser's own date picker sends (yyyy-mm-dd)."""

    widget = TextInput()  # an <input type="date"> would show what the machine's language thinks a date is

    def __init__(self, label: Any = None, validators: Any = (), **kwargs: Any) -> None:
        kwargs.setdefault(
            "render_kw", {"placeholder": "dd/mm/yyyy", "inputmode": "numeric", "autocomplete": "off"}
        )
        super().__init__(label, validators, format=_DAY_LAYOUTS, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return str(" ".join(self.raw_data))
        return f"{self.data:%d/%m/%Y}" if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = " ".join(valuelist).strip()
        if not text:
            self.data = None
            return
        self.data = found = _day_of(text)
        if found is None:
            raise ValueError(_("“%(text)s” is not a date: write it as dd/mm/yyyy.", text=text))
        if found.year not in YEARS:
            self.data = None
            raise ValueError(_("The year %(year)s cannot be right.", year=found.year))


class WholeField(IntegerField):
    """A whole number, written with or without dots between thousands (12.200)."""

    widget = TextInput()  # an <input type="number"> takes no dots between thousands

    def __init__(self, label: Any = None, validators: Any = (), **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(label, validators, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = "".join(valuelist).replace(".", "").replace("\u00a0", "").replace(" ", "").strip()
        if not text:
            self.data = None
            return
        try:
            self.data = int(text)
        except ValueError:
            self.data = None
            raise ValueError(_("“%(text)s” is not a whole number.", text="".join(valuelist))) from None


class MoneyField(WholeField):
    """An amount in đồng: 12.200.000."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:,}".replace(",", ".")


class ChoiceField(SelectField):
    """One of a list of (value, label); the empty choice is None. With `coerce=int` for ids."""

    def __init__(self, label: Any = None, validators: Any = (), *, coerce: Any = str, **kwargs: Any) -> None:
        self.blank = kwargs.pop("blank", "")
        super().__init__(
            label,
            validators,
            coerce=lambda value: coerce(value) if value not in {"", None} else None,
            **kwargs,
        )
        self.type = "SelectField"  # Bootstrap-Flask dresses fields by this name

    def offer(self, choices: Iterable[tuple[Any, str]]) -> None:
        """Set the choices, with an empty one first unless the field is required and has a value."""
        self.choices = [("", self.blank), *((value, label) for value, label in choices)]

    def iter_choices(self) -> Any:
        for choice in self.choices or ():
            value = choice[0]
            chosen = value in {"", None} if self.data is None else value == self.data
            yield Choice(value, choice[1], chosen, {})

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and all(choice[0] != self.data for choice in self.choices or ()):
            raise ValidationError(_("Choose one of the list."))


class ManyField(SelectMultipleField):
    """Several of a list of (id, label)."""

    def __init__(self, label: Any = None, validators: Any = (), **kwargs: Any) -> None:
        super().__init__(label, validators, coerce=int, **kwargs)


# -- validators that say what to do ---------------------------------------------------------------------------


def required() -> Any:
    """The field must be filled in (0 and «no» count as filled)."""

    def check(_form: Any, field: Field) -> None:
        if field.data is None or (isinstance(field.data, str | list) and not field.data):
            raise ValidationError(_("Please fill this in."))

    check.field_flags = {"required": True}  # type: ignore[attr-defined]  # WTForms reads it there
    return check


def optional() -> Optional:
    return Optional()


def at_most(length: int) -> Length:
    return Length(max=length, message=_l("At most %(max)d characters."))


def between(low: int | None, high: int | None = None) -> NumberRange:
    return NumberRange(min=low, max=high)


def choices_of(enum: Any) -> list[tuple[Any, str]]:
    """(value, label) of an enumeration whose members have a `label`."""
    return [(member.value, member.label) for member in enum]


def _day_of(text: str) -> date | None:
    for layout in _DAY_LAYOUTS:
        try:
            return datetime.strptime(text.strip(), layout).date()
        except ValueError:
            continue
    return None


def parse_day(text: str) -> date | None:
    """A date from a query string, dd/mm/yyyy or yyyy-mm-dd; None if it is none, or of a year that cannot be."""
    found = _day_of(text)
    return found if found and found.year in YEARS else None


def init_app(app: Flask) -> None:
    app.jinja_env.globals["hidden_field"] = lambda field: isinstance(field, HiddenField)
