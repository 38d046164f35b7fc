"""Forms for requests for another class."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..core.forms import Form, TextField, at_most, optional


class RequestAnswerForm(Form):
    answer = TextField(
        _l("Answer"), [optional(), at_most(400)], description=_l("Needed to refuse: the person reads it.")
    )
