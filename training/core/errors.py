"""The pages shown when something is refused or goes wrong."""

import time
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import sqlalchemy as sa
from flask import Flask, Response, current_app, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import BadRequest, Conflict, HTTPException
from werkzeug.routing import IntegerConverter, Map

from ..web.addresses import is_local
from ..web.responses import is_static
from .audit import AuditEntry, record, utcnow
from .db import db, is_away, reach, wait_for_none
from .refusals import Fault, Refused

__all__ = ["Fault", "Refused", "came_from", "error_page", "init_app"]


_TITLES = {
    400: _l("The request could not be understood"),
    403: _l("You may not see this page"),
    404: _l("There is no such page"),
    405: _l("This page cannot be used that way"),
    409: _l("Somebody else changed this in the meantime"),
    413: _l("The file is too large"),
    429: _l("Too many attempts"),
    500: _l("Something went wrong on our side"),
}


# PostgreSQL's errors for the second of two simultaneous writes: a duplicate key, a missing referenced row,
# overlapping periods, a deadlock.
_AT_ONCE = {"23505", "23503", "23P01", "40001", "40P01"}


# A refusal of the same page is in the audit log once within this time, however often it is tried.
_TOLD_AGAIN = timedelta(minutes=10)
_MOST_TOLD = 50


def _note_refusal() -> None:
    """Record in the audit log that the signed-in person was refused a page."""
    if not current_user.is_authenticated:
        return
    page = f"{request.method} {request.path}"[:200]
    told = sa.select(AuditEntry.id).where(
        AuditEntry.actor_id == current_user.actor_id,
        AuditEntry.operation == "accounts.refused",
        AuditEntry.at > utcnow() - _TOLD_AGAIN,
    )
    earlier = db.session.scalars(told.where(AuditEntry.label == page).limit(1)).first()
    many = len(db.session.scalars(told.limit(_MOST_TOLD)).all()) >= _MOST_TOLD
    if earlier is None and not many:
        record(current_user, "accounts.refused", "page", "", page, {"address": request.remote_addr})
        db.session.commit()


def _page(error: Exception) -> tuple[str, int] | Response:
    if is_away(getattr(error, "original_exception", None)):
        return _database_away()
    code = error.code if isinstance(error, HTTPException) and error.code else 500
    if code >= 500 or code == 403:
        # The page reads who is signed in, but a failed transaction answers no query; and nothing that was refused
        # may be written.
        db.session.rollback()
    if code == 403:
        _note_refusal()
    title = _TITLES.get(code, _TITLES[500 if code >= 500 else 400])
    # The description that a view attached for the reader is shown; Werkzeug's own English texts are not.
    detail = error.description if isinstance(error, HTTPException) and code in {400, 403, 409} else None
    if isinstance(error, HTTPException) and detail == type(error).description:
        detail = None
    if code == 413:
        most = current_app.config["MAX_CONTENT_LENGTH"] // 2**20
        detail = _("A file may have at most %(most)s MB. Please send a smaller one.", most=most)
    return error_page(code, title, detail)


_TELL_SECONDS = 10.0  # at most one line in the log within this time, however many pages are requested
_last_told = {"away": -_TELL_SECONDS}
_RETRY_AFTER = 5  # seconds; a restarted server is mostly available by then


def _database_away() -> Response:
    """Return the page shown while the database cannot be reached.

    Everything else on a page is read from the database, the reader's language included. This page uses both
    languages and reads nothing.
    """
    template = current_app.jinja_env.get_template("away.html")  # `render_template` would look up who is signed in
    page = template.render(seconds=_RETRY_AFTER, again=request.method in {"GET", "HEAD"})
    return Response(page, 503, {"Retry-After": str(_RETRY_AFTER)})


def error_page(code: int, title: str, detail: str | None) -> tuple[str, int]:
    """Return the page with the error and a link back."""
    return render_template("error.html", code=code, title=title, detail=detail, back=came_from()), code


def came_from() -> str | None:
    """Return the page that the request came from, so that no error is a dead end; None if this or not ours."""
    came = urlsplit(request.referrer or "")
    address = came.path + (f"?{came.query}" if came.query else "")
    again = request.method == "GET" and address == request.full_path.rstrip("?")
    return address if came.netloc == request.host and is_local(address) and not again else None


class _RowNumber(IntegerConverter):
    """A number in an address, no larger than an id can be; a larger one matches no route."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**31 - 1)


def _reach_the_database() -> None:
    wait_for_none()
    if not is_static():
        reach()


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = _RowNumber
    app.jinja_env.globals["came_from"] = came_from

    @app.errorhandler(DataError)
    def _not_to_be_kept(error: DataError) -> tuple[str, int] | Response:
        current_app.logger.warning("refused by the database: %s", error.orig)
        db.session.rollback()
        detail = _(
            "A number or a date in it is beyond what can be, or a text holds a sign that cannot be kept. "
            "Please go back and mend it."
        )
        return _page(BadRequest(detail))

    app.before_request(_reach_the_database)  # before all that look up, in the database, who is signed in

    @app.errorhandler(StaleDataError)
    @app.errorhandler(DBAPIError)
    def _second_of_two(error: StaleDataError | DBAPIError) -> tuple[str, int] | Response:
        if is_away(error):
            return _away(error)
        if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) not in _AT_ONCE:
            raise error
        current_app.logger.exception("somebody else wrote at the same moment")
        db.session.rollback()
        detail = _("Nothing was written. Please look again, and do it once more if it is still right.")
        return _page(Conflict(detail))

    @app.errorhandler(psycopg.Error)
    @app.errorhandler(SQLAlchemyError)
    @app.errorhandler(ConnectorException)
    def _away(error: Exception) -> Response:
        if not is_away(error):
            raise error
        if time.monotonic() - _last_told["away"] > _TELL_SECONDS:
            _last_told["away"] = time.monotonic()
            current_app.logger.warning("the database is away: %s", str(error).splitlines()[0])
        return _database_away()

    # Flask writes any other error to the log with its traceback, and then shows it as error 500 by this very
    # handler; a handler for `Exception` would keep it from the log.
    app.register_error_handler(HTTPException, _page)  # type: ignore[type-var]  # it may also give a WSGI response
