"""The forms over funds, tiers of lecturers and cost norms."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

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
from ..courses.models import CourseKind
from ..planning_year import planning_year
from .models import CLASS_FUND, CostKind, FundKind
from .queries import payer_choices, tier_choices


class FundForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])
    kind = ChoiceField(_l("Kind of fund"), default=FundKind.PROVINCE)
    year = WholeField(_l("Year"), [required()], default=planning_year)
    amount = MoneyField(_l("Amount (đồng)"), [required()])

    def offer(self) -> None:
        """Set the choices; a form sent without the kind means the provincial budget, as a new one shows."""
        self.kind.offer(choices_of(FundKind))
        self.kind.data = self.kind.data or FundKind.PROVINCE


class TierForm(EditForm):
    code = TextField(_l("Code"), [required(), at_most(40)])
    name = TextField(_l("Name"), [required(), at_most(400)])


class NormForm(EditForm):
    kind = ChoiceField(_l("Kind of cost"), [required()])
    tier_id = ChoiceField(_l("Tier"), [optional()], coerce=int, description=_l("Of lecturers and assistants."))
    course_kind = ChoiceField(_l("For courses of the kind"), [optional()], blank=_l("all courses"))
    amount = MoneyField(
        _l("Amount (đồng)"), [required()], description=_l("Of class management: per cent of the other costs.")
    )
    share = WholeField(
        _l("Share paid (%)"),
        [required()],
        default=100,
        description=_l("The part of the amount that is paid, or of the trainees for whom it is."),
    )
    lessons = WholeField(
        _l("Lessons in a half-day"),
        [optional()],
        description=_l("4 or 5, where the cost is counted in half-days."),
    )
    payer = ChoiceField(_l("Paid by"), [required()], default=CLASS_FUND)
    automatic = BooleanField(_l("Every class has this cost"), default=True)
    ceiling = BooleanField(_l("A ceiling that nobody may exceed"))
    valid_from = DayField(
        _l("Valid from"), [required()], description=_l("The norm before it then ends on the day before.")
    )
    valid_to = DayField(_l("Valid to"), [optional()])
    source = TextField(_l("Set by (paper)"), [required(), at_most(400)])
    note = TextField(_l("Note"), [at_most(400)])

    def offer(self) -> None:
        """Read all choices."""
        self.kind.offer(choices_of(CostKind))
        self.tier_id.offer(tier_choices())
        self.course_kind.offer(choices_of(CourseKind))
        self.payer.offer(payer_choices())
