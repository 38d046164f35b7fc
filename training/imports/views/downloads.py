"""Exports of many rows, made by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from ...accounts.models import User
from ...core.access import READERS, Scope
from ...core.errors import Refused
from ...core.i18n import today
from ...exports.producers import Made, Progress, producer
from .. import operations
from ..form_writing import export_form
from ..kinds.all_kinds import WORKBOOK, exportable, exporters_of, sheets_of
from ..kinds.registration_forms import NEED_FORMS
from ..writing import export, export_csv

NAME = "imports.export"
_OF_EVERYBODY = {
    WORKBOOK,
    "employees",
    "completions",
    "needs",
    NEED_FORMS.name,
}  # thousands of rows where all units are seen


def is_large(kind: str, scope: Scope) -> bool:
    return scope.everything and kind in _OF_EVERYBODY


@producer(NAME, READERS)
def rows(parameters: Mapping[str, Any], user: User, progress: Progress) -> Made:
    """Return the rows of `kind` that the user may see, in the columns of the import; `round` filters needs,
    `format` is «xlsx» or «csv»."""
    kind = parameters["kind"]
    if kind not in exportable(user.role_set):
        raise Refused(_("You may not export this any more."))
    sheets, scope = sheets_of(kind), user.scope(exporters_of(kind))
    context = {"round": parameters["round"]} if parameters.get("round") else {}
    operations.note_export(kind, actor=user, sensitive=scope.sensitive)
    ending = parameters.get("format", "xlsx")
    if ending == "csv":
        content = export_csv(sheets[0], scope=scope, context=context)
    elif kind == NEED_FORMS.name:
        content = export_form(scope=scope, context=context)
    else:
        content = export(sheets, scope=scope, context=context, progress=progress)
    return f"{kind}-{today():%Y%m%d}.{ending}", content
