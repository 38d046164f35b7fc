"""Pages for the feedback of attendants."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import HOSTS, TRAINEES, allow, current_scope
from ...core.db import db
from ...core.errors import Refused
from .. import feedback
from ..blueprint import bp, page, the_class
from ..forms import FeedbackForm


@bp.get("/class-books/<int:id>/feedback")
@allow(HOSTS)
def feedback_of(id: int) -> str:
    """Show the summary of a class's answers; nothing while there are too few."""
    return page(
        "feedback",
        the_class(id),
        summary=feedback.summary(id),
        questions=feedback.QUESTIONS,
        least=feedback.LEAST_ANSWERS,
    )


@bp.route("/my-results/<int:id>/feedback", methods=["GET", "POST"])
@allow(TRAINEES)
def say(id: int) -> str | Response:
    """Give feedback on a class that the reader attended."""
    seat = feedback.seat(id, current_scope().employee_id or 0) or abort(404)
    form = FeedbackForm()
    if form.validate_on_submit():
        values = form.values()
        comment = values.pop("comment")
        try:
            feedback.give(seat, values, comment, actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Thank you. Nobody sees who said what."), "success")
            return redirect(url_for(".mine"))
    return render_template("results/say.html", seat=seat, form=form, least=feedback.LEAST_ANSWERS)
