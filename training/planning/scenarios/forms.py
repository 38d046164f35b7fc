"""Forms for what a scenario changes: one for each kind."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ...core.forms import ChoiceField, Form, MoneyField, WholeField, between, required
from ..models import ChangeKind, Plan
from . import choices
from .operations import MOST_DAYS


class ScenarioChangeForm(Form):
    """A change of one kind; `offer` sets its choices for a plan."""

    def offer(self, plan: Plan) -> None:
        raise NotImplementedError


class FundChangeForm(ScenarioChangeForm):
    fund_id = ChoiceField(_l("Fund"), [required()], coerce=int)
    amount = MoneyField(
        _l("So much more (đồng)"),
        [required()],
        description=_l("500.000.000 is half a billion more; with a minus in front, so much less."),
    )

    def offer(self, plan: Plan) -> None:
        self.fund_id.offer(choices.funds(plan))


class _ClassChangeForm(ScenarioChangeForm):
    class_id = ChoiceField(_l("Class"), [required()], coerce=int)

    def offer(self, plan: Plan) -> None:
        self.class_id.offer(choices.classes(plan))


class SizeChangeForm(_ClassChangeForm):
    min_seats = WholeField(_l("Smallest number of people"), [required(), between(0, 100_000)])
    max_seats = WholeField(_l("Largest number of people"), [required(), between(1, 100_000)])


class DatesChangeForm(_ClassChangeForm):
    days = WholeField(
        _l("So many days later"),
        [required(), between(-MOST_DAYS, MOST_DAYS)],
        description=_l("7 is a week later; with a minus in front, earlier. Every calendar of the class moves."),
    )


class NotHeldForm(_ClassChangeForm):
    pass


class CourseClosedForm(ScenarioChangeForm):
    course_id = ChoiceField(_l("Course"), [required()], coerce=int)

    def offer(self, plan: Plan) -> None:
        self.course_id.offer(choices.courses(plan))


FORMS: dict[ChangeKind, type[ScenarioChangeForm]] = {
    ChangeKind.FUND: FundChangeForm,
    ChangeKind.SIZE: SizeChangeForm,
    ChangeKind.DATES: DatesChangeForm,
    ChangeKind.NOT_HELD: NotHeldForm,
    ChangeKind.COURSE_CLOSED: CourseClosedForm,
}
