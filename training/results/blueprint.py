"""The blueprint of class books, and what all its pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from ..core.access import HOSTS, Role, Scope, current_roles, current_scope
from ..core.db import db
from ..core.errors import Refused
from ..core.forms import Form
from ..enrolments.models import OpenClass
from . import queries
from .books import progress
from .models import BookState

bp = Blueprint("results", __name__)

TABS = ("book", "roll_call", "scores", "results", "certificates", "feedback")


def book_scope() -> Scope:
    """Return the classes whose books the signed-in person keeps: all for planners, their own classes for hosts,
    whatever else they may see."""
    return current_scope(HOSTS)


def the_class(class_id: int) -> OpenClass:
    """Return the class in an address if the signed-in person keeps its book; 404 otherwise."""
    return queries.opened(class_id, book_scope()) or abort(404)


def page(template: str, row: OpenClass, **shown: Any) -> str:
    """Render a page of a class's book."""
    book = queries.book(row.class_id)
    state = BookState(book.state) if book else BookState.RUNNING
    return render_template(
        f"results/{template}.html",
        opened=row,
        training_class=row.training_class,
        state=state,
        state_told=progress.state_told(row, state),
        closed=progress.why_closed(book),
        states=BookState,
        planner=Role.PLANNER in current_roles(),
        **shown,
    )


def done(act: Callable[[], Any], said: str) -> bool:
    """Do the act and commit; return whether it was done. A refusal is shown on the next page."""
    try:
        act()
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
        return False
    flash(said, "success")
    return True


def asked(
    form: Form, act: Callable[[], Any], said: str, back: str, row: OpenClass, **shown: Any
) -> str | Response:
    """Show the page of an act that needs input (explanation and form), or do the act."""
    if form.validate_on_submit():
        try:
            act()
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(said, "success")
            return redirect(back)
    return page("act", row, form=form, back=back, **shown)


def address(endpoint: str, row: OpenClass) -> str:
    """Return the address of a tab of the class's book."""
    return url_for(f"results.{endpoint}", id=row.class_id)
