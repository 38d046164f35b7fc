"""Forms for class books."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from ..core.forms import (
    ChoiceField,
    DayField,
    EditForm,
    Form,
    OneFault,
    TextField,
    WholeField,
    at_most,
    optional,
    required,
)
from .books.score_entry import read_score
from .feedback import QUESTIONS
from .models import CertificateWish, FourEyes


class ScoreField(OneFault, StringField):
    """A score: 0 to 10 with a decimal comma."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{Decimal(str(self.data)).normalize():f}".replace(".", ",")

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        self.data = read_score(valuelist[0]) if valuelist else None  # type: ignore[assignment]  # a number, not text


class ResultReasonForm(Form):
    reason = TextField(_l("Reason"), [required(), at_most(400)])


class RecognitionForm(Form):
    number = TextField(_l("Number of the decision"), [required(), at_most(60)])
    decided_on = DayField(_l("Date of the decision"), [required()])
    signer_id = ChoiceField(_l("Signed by"), [required()], coerce=int)


class EntryForm(Form):
    """Form of an entry of the register that replaces another."""

    reason = TextField(_l("Reason"), [required(), at_most(400)])
    signer_id = ChoiceField(_l("Signed by"), [required()], coerce=int)


class CertificateRequestForm(Form):
    wish = RadioField(_l("What do you ask for?"), default=CertificateWish.LOST)

    reason = TextField(
        _l("Reason"),
        [required(), at_most(400)],
        description=_l("How it was lost or damaged, or what is wrong on it and what would be right."),
    )


class ResultDecisionForm(Form):
    note = TextField(
        _l("Note"), [optional(), at_most(400)], description=_l("Asked for where a correction is refused.")
    )


_POINTS = [SelectChoice(n, str(n)) for n in range(1, 6)]


class FeedbackForm(Form):
    content = RadioField(QUESTIONS["content"], choices=_POINTS, coerce=int, validate_choice=False)
    lecturers = RadioField(QUESTIONS["lecturers"], choices=_POINTS, coerce=int, validate_choice=False)
    organisation = RadioField(QUESTIONS["organisation"], choices=_POINTS, coerce=int, validate_choice=False)
    usefulness = RadioField(QUESTIONS["usefulness"], choices=_POINTS, coerce=int, validate_choice=False)
    comment = TextAreaField(_l("What else should be said"), [optional(), at_most(1000)])


class ResultRuleForm(EditForm):
    course_id = ChoiceField(_l("Course"), [optional()], coerce=int, blank=_l("All courses"))
    source = TextField(_l("Set by (paper)"), [required(), at_most(400)])
    valid_from = DayField(_l("Valid from"), [required()])
    valid_to = DayField(_l("Valid to"), [optional()])
    least_attendance = WholeField(_l("Least attendance (% of half-days)"), [required()])
    four_eyes = ChoiceField(
        _l("Entering, recognising and issuing by different people"),
        [required()],
        default=FourEyes.POSSIBLE,
        description=_l(
            "Whoever entered the results does not recognise them, and whoever recognised them issues no "
            "certificates."
        ),
    )
    leave_counts = BooleanField(_l("A half-day missed with leave counts as attended"))
    least_score = ScoreField(_l("Least score of every test"), [required()])
    excellent_from = ScoreField(_l("Excellent from an average of"), [required()])
    good_from = ScoreField(_l("Good from an average of"), [required()])
    fair_from = ScoreField(_l("Fair from an average of"), [required()])


class CourseTestForm(EditForm):
    course_id = ChoiceField(_l("Course"), [required()], coerce=int)
    position = WholeField(_l("Order"), [required()])
    name = TextField(_l("Test"), [required(), at_most(200)])
    weight = WholeField(_l("Weight"), [required()])
