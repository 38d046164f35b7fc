"""The upload form."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired

from ..core.forms import ChoiceField, Form


class UploadForm(Form):
    round = ChoiceField(_l("Round of registration"))
    file = FileField(
        _l("File (.xlsx or .csv)"),
        validators=[FileRequired(_l("Choose a file."))],
        render_kw={"accept": ".xlsx,.xlsm,.csv,.txt"},
    )
