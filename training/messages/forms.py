"""Forms over messages and requests."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TextAreaField

from ..core.forms import Form, TextField, at_most, required


class MailForm(Form):
    wanted = BooleanField(_l("Send me e-mail as well"))


class CorrectionForm(Form):
    about = TextField(
        _l("What is wrong"),
        [required(), at_most(200)],
        description=_l("For example: date of birth, position, a completed course."),
    )
    wanted = TextAreaField(_l("What would be right"), [required(), at_most(1000)], render_kw={"rows": 4})


class CorrectionAnswerForm(Form):
    answer = TextAreaField(_l("Answer"), [required(), at_most(1000)], render_kw={"rows": 3})
