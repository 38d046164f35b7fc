"""A form field that names a person by code; forms of every feature use it."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from ..core.access import current_scope
from ..core.db import db
from .models import Employee
from .queries import employee_by_code

_DASH = " – "


class PersonField(StringField):
    """A person among those whose records the signed-in person keeps; `data` is the employee's id, or None.

    The code is typed; with JavaScript (`person-search.js`), a part of the name brings up people to choose from, as
    «code – name». A new form opened with `?employee=code` begins with that person.
    """

    data: Any

    def __init__(self, label: Any = None, validators: Any = (), **kwargs: Any) -> None:
        kwargs.setdefault("description", _l("Type the code, or a part of the name and choose."))
        super().__init__(label, validators, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        employee = db.session.get(Employee, self.data) if self.data is not None else None
        return f"{employee.code}{_DASH}{employee.name}" if employee else ""

    def process_data(self, value: Any) -> None:
        self.data = value
        code = request.args.get("employee") if value is None else None
        if code:
            found = employee_by_code(code, current_scope())
            self.data = found.id if found else None

    def __call__(self, **kwargs: Any) -> Any:
        kwargs.setdefault("autocomplete", "off")
        kwargs.setdefault("data-person-search", url_for("people.search"))
        return super().__call__(**kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = " ".join(valuelist).strip()
        self.data = None
        if not text:
            return
        found = employee_by_code(text.split(_DASH)[0].strip(), current_scope())
        if found is None:
            raise ValueError(_("Nobody in your units has the code “%(code)s”.", code=text.split(_DASH)[0].strip()))
        self.data = found.id
