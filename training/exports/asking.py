"""Asking for a file that the worker makes: always by a form. An address that is merely opened (a link in a mail, a
browser that loads ahead, a picture on a foreign page) has nothing made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_login import current_user
from werkzeug.wrappers import Response

from ..core.db import db
from ..core.errors import Refused
from .operations import request_export


def ask_for_file(producer: str, parameters: Mapping[str, Any], title: str) -> str | Response:
    """The answer of a view whose file is too large for the web server: to a GET the page that asks for it, to a
    POST the way to the page where it will lie. For the arguments see `request_export`."""
    if request.method != "POST":
        return render_template("exports/ask.html", title=title)
    try:
        asked = request_export(
            producer, parameters, title, user_id=current_user.id, language=str(get_locale() or "vi")
        )
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "danger")
        return redirect(url_for("exports.exports"))
    db.session.commit()
    return redirect(url_for("exports.export", id=asked.id))
