"""Requests for files that the worker makes: always by a form.

An address that is merely opened (a link in a mail, a prefetching browser, an image on a foreign page) starts
nothing.
"""

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
    """Return the response of a view whose file is too large for the web server.

    A GET returns the page with the request form, a POST redirects to the page where the file will be. For the
    arguments see `request_export`.
    """
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
