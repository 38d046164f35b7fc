"""Forms for papers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, TextAreaField

from ..core.forms import ChoiceField, DayField, EditForm, Form, TextField, at_most, optional, required


class IssueForm(Form):
    signer_id = ChoiceField(_l("Signer"), validators=[required()], coerce=int)
    issued_on = DayField(_l("Day of issue"), validators=[required()])
    grounds = TextAreaField(_l("Grounds, a line each"), render_kw={"rows": 5})
    hour = TextField(_l("Time to be there"), validators=[at_most(50)])
    reason = TextField(_l("Why the paper in force is replaced"), validators=[at_most(400)])


class RevokeForm(Form):
    reason = TextField(_l("Why the paper is revoked"), validators=[required(), at_most(400)])


class TemplateForm(Form):
    file = FileField(
        _l("Template (.docx)"),
        validators=[FileRequired(_l("Choose a file."))],
        render_kw={"accept": ".docx"},
    )
    note = TextField(_l("Note"), validators=[at_most(400)])


class CheckForm(Form):
    code = TextField(_l("Code under the QR picture"), validators=[at_most(40)])
    file = FileField(_l("Or the file itself"), render_kw={"accept": ".docx"})


class IssuerForm(EditForm):
    code = TextField(_l("Abbreviation in numbers"), validators=[required(), at_most(40)])
    name = TextField(_l("Name"), validators=[required(), at_most(400)])
    parent_name = TextField(_l("Body above it"), validators=[at_most(200)])
    place_name = TextField(_l("Place of signing"), validators=[required(), at_most(100)])
    host_id = ChoiceField(_l("Host"), coerce=int)
    copies = TextAreaField(_l("Recipients (Nơi nhận), a line each"), render_kw={"rows": 5})


class SignerForm(EditForm):
    issuer_id = ChoiceField(_l("Issuer"), validators=[required()], coerce=int)
    name = TextField(_l("Name"), validators=[required(), at_most(200)])
    title = TextField(_l("Title under the signature"), validators=[required(), at_most(200)])
    authority = ChoiceField(_l("In whose right"), validators=[required()])
    of_whom = TextField(_l("For whom (behind TM., KT., TL., TUQ.)"), validators=[at_most(200)])
    valid_from = DayField(_l("Signs from"), validators=[optional()])
    valid_to = DayField(_l("Signs until"), validators=[optional()])
    active = BooleanField(_l("Signs now"), default=True)
