"""The form over a fund."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..forms import EditForm, MoneyField, TextField, WholeField, at_most, required


class FundForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    year = WholeField(_l("Year"), [required()])
    amount = MoneyField(_l("Amount (đồng)"), [required()])
