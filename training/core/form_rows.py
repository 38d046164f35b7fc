"""Forms with rows that people add and remove: alternatives, options, runs of days.

Without JavaScript the buttons send the form, which comes back with a row more or less and nothing saved;
`static/rows.js` does the same in the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import request
from flask_babel import gettext as _
from wtforms import FieldList, FormField
from wtforms.form import BaseForm

from .forms import EditForm

ADD, REMOVE = "add_row", "remove_row"  # names of the buttons; their value is the name of the list, or of the row


class _Rows(list[Any]):
    """The values of a list of rows, shown in short if somebody else changed it in the meantime."""

    def __str__(self) -> str:
        return str(_("%(count)d rows, other than yours", count=len(self)))


class RowsField(FieldList):  # type: ignore[type-arg]  # generic in the stubs alone
    """A list of rows, each of the same fields."""

    @property
    def data(self) -> _Rows:
        return _Rows(entry.data for entry in self.entries)


class RowsForm(EditForm):
    """An edit form some of whose fields are lists of rows."""

    def prepare_rows(self) -> None:
        """Fill the choices of all rows; called again when a row is added."""

    def validate(self, extra_validators: Any = None) -> bool:
        return not self._reshaped() and super().validate(extra_validators)

    def _reshaped(self) -> bool:
        """Return whether the form was sent to add or remove a row; if so, do that, and the form is not saved."""
        add, remove = request.form.get(ADD), request.form.get(REMOVE)
        for rows in _lists(self):
            if add is not None and rows.name == add:
                rows.append_entry()
                self.prepare_rows()
            elif remove is not None:
                rows.entries = [entry for entry in rows.entries if entry.name != remove]
        return add is not None or remove is not None


def _lists(form: BaseForm) -> Iterator[FieldList]:  # type: ignore[type-arg]  # generic in the stubs alone
    """Yield all lists of rows of `form`, including those inside of rows."""
    for field in list(form._fields.values()):
        if isinstance(field, FieldList):
            yield field
            for entry in list(field.entries):
                if isinstance(entry, FormField):
                    yield from _lists(entry.form)
