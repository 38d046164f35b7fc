"""The forms over the money around classes."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..budgets.models import CostKind
from ..budgets.queries import fund_choices, payer_choices, tier_choices
from ..core.forms import (
    ChoiceField,
    DayField,
    EditForm,
    MoneyField,
    TextField,
    WholeField,
    at_most,
    choices_of,
    optional,
    required,
)
from .queries import class_choices


class LineForm(EditForm):
    """Override figures of a line of the norms."""

    own_quantity = WholeField(_l("Quantity instead"), [optional()], description=_l("Empty: as the norm says."))
    own_price = MoneyField(_l("Price instead"), [optional()], description=_l("Empty: as the norm says."))
    own_payer = ChoiceField(_l("Paid by, instead"), [optional()], blank=_l("as the norm says"))
    reason = TextField(_l("Reason"), [at_most(400)])

    def offer(self) -> None:
        """Read all choices."""
        self.own_payer.offer(payer_choices())


class NewLineForm(EditForm):
    """A manual line."""

    kind = ChoiceField(_l("Kind of cost"), [required()])
    tier_id = ChoiceField(_l("Tier"), [optional()], coerce=int, description=_l("Of lecturers and assistants."))
    label = TextField(_l("What it is for"), [at_most(200)])
    own_quantity = WholeField(
        _l("Quantity"),
        [required()],
        description=_l("In half-days, days, trips… of the class, or of each trainee."),
    )
    own_price = MoneyField(_l("Price (đồng)"), [optional()], description=_l("Empty: as the norm says."))
    own_payer = ChoiceField(_l("Paid by"), [optional()], blank=_l("as the norm says"))
    reason = TextField(_l("Reason"), [required(), at_most(400)])

    def offer(self) -> None:
        """Read all choices."""
        self.kind.offer([choice for choice in choices_of(CostKind) if choice[0] != CostKind.MANAGEMENT])
        self.tier_id.offer(tier_choices())
        self.own_payer.offer(payer_choices())


class OpeningForm(EditForm):
    opening_paper = TextField(_l("Decision to open the class"), [at_most(200)])
    opened_on = DayField(_l("Of the day"), [optional()])


class PaymentForm(EditForm):
    fund_id = ChoiceField(_l("Fund"), [required()], coerce=int)
    class_id = ChoiceField(_l("Class"), [optional()], coerce=int, blank=_l("the year as a whole"))
    paid_on = DayField(_l("Paid on"), [required()])
    paper = TextField(_l("Paper (number)"), [required(), at_most(100)])
    amount = MoneyField(_l("Amount (đồng)"), [required()])
    note = TextField(_l("Note"), [at_most(400)])

    def offer(self) -> None:
        """Read all choices."""
        self.fund_id.offer(fund_choices())
        self.class_id.offer(class_choices())
