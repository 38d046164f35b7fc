"""Forms: the base class of all forms, and the fields that Vietnamese offices expect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Flask, flash, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from werkzeug.datastructures import CombinedMultiDict, ImmutableMultiDict
from wtforms import (
    DateField,
    Field,
    FieldList,
    FileField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # its stubs are behind
from wtforms.validators import Length, NumberRange, Optional, StopValidation, ValidationError
from wtforms.widgets import TextInput

from .errors import Refused
from .i18n import today
from .vietnamese import nfc


class Form(FlaskForm):
    """A form that shows the refusals of an operation beside the fields that they name."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """Return the sent data: texts, and files for the fields that take them.

            The library would also pass a file or a JSON number to a text field, which can read neither.
            """
            if formdata is not _Auto or not form.is_submitted():
                return None if formdata is _Auto else formdata
            wanted = {name for name, field in form._fields.items() if isinstance(field, FileField)}
            files = [(name, file) for name, file in request.files.items(multi=True) if name in wanted]
            return CombinedMultiDict([ImmutableMultiDict(files), request.form]) if files else request.form or None

    def show(self, refused: Refused) -> None:
        """Show the faults of `refused` beside their fields; those without a field above the page."""
        for fault in refused.faults:
            field = self._fields.get(fault.field)
            if field is None:
                flash(fault.message, "danger")
            else:
                field.errors = [*field.errors, fault.message]

    def values(self) -> dict[str, Any]:
        """Return the entered values by field name, without the token and the version."""
        return {
            name: field.data
            for name, field in self._fields.items()
            if name not in {"csrf_token", "version", "submit"} and not isinstance(field, HiddenField)
        }


def is_id(text: str) -> bool:
    """Return whether the text is a number that an id, a row version or a year can be.

    Texts that only look like one («²», five thousand digits) are not.
    """
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS


_MOST_DIGITS = 10


class VersionField(HiddenField):
    """The version of the row that a form showed; "" if it sends none, which matches no row."""

    data: str

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read what the form sent, never the row's own version."""
        super().process(formdata, None, extra_filters)
        self.data = str(self.data or "")

    @property
    def number(self) -> int:
        """Return the version as a number; 0 if it is not a valid one."""
        return int(self.data) if is_id(self.data) else 0


def shown_value(field: Any) -> str:
    """Return the value of a field, as its page shows it."""
    value = field.data
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if value in (None, "", [], ()):
        return "–"
    if getattr(field, "choices", None) and not isinstance(field, FieldList):
        labels = {str(choice[0]): str(choice[1]) for choice in field.choices}
        several = value if isinstance(value, list | tuple | set) else [value]
        return "; ".join(labels.get(str(one), str(one)) for one in several)
    return str(field._value()) if hasattr(field, "_value") else str(value)


def same_value(one: Any, other: Any) -> bool:
    """Return whether two fields hold the same value, however it is written.

    Nothing entered equals nothing stored; a choice is its value; a choice of several has no order.
    """
    return bool(_comparable(one.data) == _comparable(other.data))


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _comparable(each) for key, each in value.items() if key not in {"csrf_token", "version"}}
        return {key: each for key, each in kept.items() if each is not None}
    if isinstance(value, list | tuple | set):
        several = [_comparable(each) for each in value]
        several = [each for each in several if each not in (None, {})]
        return sorted(several, key=str) or None
    if value is None or value is False:
        return None
    return str(value).strip() or None


def mark_conflicts(form: Form, current: Form) -> None:
    """Show beside each field of `form` that differs from the stored row what the row holds now.

    Args:
        current: the same form over the row as somebody else saved it.
    """
    for name, shown in current._fields.items():
        mine = form._fields.get(name)  # None: a field that the earlier row did not have
        if mine is None or isinstance(shown, HiddenField) or same_value(shown, mine):
            continue
        if isinstance(shown, FieldList):
            told = _("%(field)s: somebody else changed these rows.", field=shown.label.text)
        else:
            told = _("%(field)s is now “%(value)s”", field=shown.label.text, value=shown_value(shown))
        mine.errors = [*mine.errors, told]


class EditForm(Form):
    """A form over a row: keeps the version that was shown, so that nobody's change is lost unseen."""

    version = VersionField()


class TextField(StringField):
    """One line of text, composed (NFC), without surrounding spaces; None when empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = nfc(valuelist[0]) or None if valuelist else None


YEARS = range(1900, 2101)  # the same in forms, addresses and Excel files: any other year is a typing error
_DAY_FIRST = re.compile(r"(\d{1,2})\s*[/.\-\s]\s*(\d{1,2})\s*[/.\-\s]\s*(\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{1,2})(?:[T ]00:00(?::00)?)?")
_IN_WORDS = re.compile(r"(?:ngày\s+)?(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)
_IN_ONE = re.compile(r"(\d{2})(\d{2})(\d{4})")
_WITHOUT_YEAR = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})[/.\-]?")
_WITHOUT_DAY = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{4})")
_YEARS_AHEAD = 20  # a two-digit year is at most so far in the future, otherwise in the last century


def day_of(text: str) -> date:
    """Return the day that somebody typed, in a form, an address or a cell.

    Accepted are 27/11/2026, 27.11.2026, 27-11-26, 2026-11-27, 27112026, ngày 27 tháng 11 năm 2026.

    Raises:
        ValueError: it is not a day; the message says what to correct.
    """
    plain = nfc(text)
    day_first = _DAY_FIRST.fullmatch(plain) or _IN_WORDS.fullmatch(plain) or _IN_ONE.fullmatch(plain)
    year_first = None if day_first else _YEAR_FIRST.fullmatch(plain)
    if day_first is None and year_first is None:
        raise ValueError(_why_no_day(plain))
    found = day_first or year_first
    assert found is not None, "one of the two is there"
    numbers = [int(part) for part in found.groups()]
    day, month, year = numbers if day_first else reversed(numbers)
    if year < 100:
        year += 2000 if 2000 + year <= today().year + _YEARS_AHEAD else 1900
    if year not in YEARS:
        raise ValueError(_("The year %(year)s cannot be right.", year=year))
    try:
        return date(year, month, day)
    except ValueError:
        if month > 12 >= day and month <= 31:
            told = _("“%(text)s”: the day stands first, then the month: dd/mm/yyyy.", text=plain)
        else:
            told = _("“%(text)s” is in no calendar: that month has no such day.", text=plain)
            if not 1 <= month <= 12:
                told = _("“%(text)s” is in no calendar: there is no such month.", text=plain)
        raise ValueError(told) from None


def _why_no_day(text: str) -> str:
    if found := _WITHOUT_YEAR.fullmatch(text):
        day, month = (int(part) for part in found.groups())
        if 1 <= day <= 31 and 1 <= month <= 12:
            like = f"{day:02}/{month:02}/{today().year}"
            return str(_("The year is missing in “%(text)s”: write for example %(like)s.", text=text, like=like))
    if _WITHOUT_DAY.fullmatch(text):
        return str(_("The day is missing in “%(text)s”: write it as dd/mm/yyyy.", text=text))
    return str(_("“%(text)s” is not a date: write it as dd/mm/yyyy.", text=text))


class OneFault(Field):
    """A field that shows one fault at a time: a value that could not be parsed is neither missing nor too
    small.
    """

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        if self.process_errors:
            self.errors = list(self.process_errors)
            return False
        return bool(super().validate(form, extra_validators))


class DayField(OneFault, DateField):
    """A date, shown as dd/mm/yyyy; typed as `day_of` understands it."""

    widget = TextInput()  # an <input type="date"> would show a date in the machine's locale

    def __init__(self, label: Any = None, validators: Any = (), **kwargs: Any) -> None:
        kwargs.setdefault(
            "render_kw", {"placeholder": "dd/mm/yyyy", "inputmode": "numeric", "autocomplete": "off"}
        )
        super().__init__(label, validators, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return str(" ".join(self.raw_data))
        return f"{self.data:%d/%m/%Y}" if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = " ".join(valuelist).strip()
        if not text:
            self.data = None
            return
        self.data = None
        self.data = day_of(text)


class WholeField(OneFault, IntegerField):
    """A whole number, written with or without dots between thousands (12.200)."""

    widget = TextInput()  # an <input type="number"> accepts no dots between thousands

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


class ChoiceField(OneFault, SelectField):
    """A choice of one (value, label); the empty choice is None. With `coerce=int` for ids."""

    def __init__(self, label: Any = None, validators: Any = (), *, coerce: Any = str, **kwargs: Any) -> None:
        self.blank = kwargs.pop("blank", "")
        super().__init__(
            label,
            validators,
            coerce=lambda value: coerce(value) if value not in {"", None} else None,
            **kwargs,
        )
        self.type = "SelectField"  # Bootstrap-Flask styles fields by this name

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
    """A choice of several (id, label)."""

    def __init__(self, label: Any = None, validators: Any = (), **kwargs: Any) -> None:
        super().__init__(label, validators, coerce=int, **kwargs)


# -- validators that say what to do ---------------------------------------------------------------------------


def required() -> Any:
    """The field must be filled in (0 and «no» count as filled)."""

    def check(_form: Any, field: Field) -> None:
        if field.process_errors:
            raise StopValidation  # a value that could not be parsed is not missing
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
    """Return (value, label) of an enumeration whose members have a `label`."""
    return [(member.value, member.label) for member in enum]


def parse_day(text: str) -> date | None:
    """Return a date of a query string; None if it is empty or invalid: then the page says why it is ignored."""
    if not text.strip():
        return None
    try:
        return day_of(text)
    except ValueError as error:
        flash(str(error), "warning")
        return None


def init_app(app: Flask) -> None:
    app.jinja_env.globals["hidden_field"] = lambda field: isinstance(field, HiddenField)
