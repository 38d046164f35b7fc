"""Typed text survives a stale form token and the end of a session.

A stale form, sent by the account for which it was made, comes back filled in: its view runs as always, with every
write refused, and shows what it was sent. A form sent after the session ended leads to a sign-in page that carries
what was typed, encrypted and bound to the account; signing in there brings the form back. Nothing is ever sent
automatically, passwords and files are not kept, and nobody gets what another account typed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Response, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.utils import login_user
from flask_wtf.csrf import CSRFError, validate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse
from wtforms.validators import ValidationError

from ..core import access
from ..core.audit import writes_refused
from ..core.db import db
from ..core.errors import Refused, came_from, error_page
from .responses import is_static
from .security import SignInForm, choose_a_password, cookie_name

KEPT = "kept"
_LONGEST = 12 * 3600  # seconds for which typed text waits for its author to sign in again
_MOST = 200_000  # bytes of kept text
_TOKEN = "csrf_token"
_SIGN_IN = {"identity", "password", "remember"}


# -- whose form it is -----------------------------------------------------------------------------------------


def _bind_token() -> None:
    """Bind the session's tokens to the account: a form then shows for whom it was made, even after the session."""
    mark = f".{current_user.id}"
    if not session.get(_TOKEN, "").endswith(mark):
        session[_TOKEN] = hashlib.sha256(os.urandom(64)).hexdigest() + mark
        g.pop(_TOKEN, None)


def _author() -> int | None:
    """Return the id of the account for which the sent form was made; None without a valid signature."""
    serializer = URLSafeTimedSerializer(current_app.secret_key or "", salt="wtf-csrf-token")
    try:
        known = serializer.loads(request.form.get(_TOKEN, ""), max_age=_LONGEST)
    except BadSignature:
        return None
    _random, _dot, author = str(known).rpartition(".")
    return int(author) if author.isdecimal() else None


def _of_ours() -> bool:
    """Return whether the browser says that a page of ours sent the request."""
    origin = request.headers.get("Origin") or request.referrer or ""
    return urlsplit(origin).netloc == request.host


def _typed() -> list[tuple[str, str]] | None:
    """Return what the form sends; None: it is no form whose contents may be kept."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in {_TOKEN, KEPT}]
    secret = any("password" in name for name, _value in fields)
    return None if secret or sum(len(name) + len(value.encode()) for name, value in fields) > _MOST else fields


def _is_form() -> bool:
    """Return whether the request is a form of a page of ours, not of the sign-in library's."""
    forms = {"application/x-www-form-urlencoded", "multipart/form-data"}
    if request.method != "POST" or request.endpoint is None or request.mimetype not in forms:
        return False
    return not request.endpoint.startswith("security.")


# -- a form that comes back -----------------------------------------------------------------------------------


def _come_back(told: str) -> BaseResponse | tuple[str, int]:
    """Return the page that the form's view shows while nothing may be written, with what was typed.

    If it shows none, return a page on which the form can be sent again.
    """
    fields = _typed()
    if request.files:
        again = _("Please choose the file again: files are not kept.")
        told = f"{told} {again}"
    flash(told, "warning")
    g.csrf_valid = True  # for the library's forms: nothing can be written in any case
    answer: BaseResponse | None = None
    with writes_refused(Refused()):
        try:
            answer = current_app.make_response(current_app.dispatch_request())
        except Refused:
            pass
        except HTTPException as error:  # the subject of the form is gone, or never existed
            return current_app.make_response(current_app.handle_user_exception(error))
        finally:
            db.session.rollback()
    if answer is not None and answer.status_code not in range(300, 400):
        if access.roles_of(request.endpoint or "") is None:
            return answer  # of a public page, which shows the same again
        if answer.mimetype == "text/html":
            return answer
    words = [value for _name, value in fields or () if any(sign.isalpha() for sign in value)]
    return render_template("send_again.html", fields=fields, words=words), 409


def _stale(error: CSRFError) -> BaseResponse | tuple[str, int]:
    """Handle a form with an invalid token: it comes back to its author, and nothing is written."""
    if _is_form():
        author = _author()
        mine = author is not None and current_user.is_authenticated and author == current_user.id
        if mine or (author is None and _of_ours()):
            return _come_back(
                _("The form had been open for too long. Nothing is saved yet: please send it again.")
            )
        if author is not None and current_user.is_authenticated:
            return _of_another()
    flash(_("The form had been open for too long. Please send it again."), "warning")
    return redirect(came_from() or url_for("dashboard.home"))


def _of_another() -> tuple[str, int]:
    return error_page(
        409,
        _("Another account is signed in now"),
        _("The form was opened by another account, so nothing of it was saved or kept."),
    )


# -- a session that has ended ---------------------------------------------------------------------------------


def _box() -> Fernet:
    """Return the cipher for typed text, with a key of its own, derived from the application's secret."""
    secret = hashlib.sha256(b"kept forms:" + str(current_app.secret_key).encode()).digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def _packed(author: int, fields: list[tuple[str, str]]) -> str:
    content = {"author": author, "address": request.full_path, "fields": fields}
    return _box().encrypt(json.dumps(content).encode()).decode()


def _unpacked(text: str) -> dict[str, Any] | None:
    """Return what `_packed` kept, if it is intact, not too old, and of this address."""
    try:
        content: dict[str, Any] = json.loads(_box().decrypt(text.encode(), ttl=_LONGEST))
    except InvalidToken:
        return None
    return content if content["address"] == request.full_path else None


def _sign_in_page(kept: str, form: SignInForm | None = None) -> tuple[str, int]:
    why = _(
        "Your session had ended, so nothing is saved yet. Sign in again: what you typed comes back on its page."
    )
    shown = form or SignInForm(formdata=None)
    return render_template("security/login_user.html", login_user_form=shown, kept=kept, why=why), 401


def _ended() -> tuple[str, int] | None:
    """Return the sign-in page that carries what was typed; None: nothing of it may be kept."""
    author, fields = _author(), _typed()
    return None if author is None or fields is None else _sign_in_page(_packed(author, fields))


def _signed_in_again() -> BaseResponse | tuple[str, int]:
    """Sign in on the page that `_ended` returned, and show the form with what was typed."""
    text = request.form[KEPT]
    form = SignInForm()
    try:
        validate_csrf(request.form.get(_TOKEN))
        valid = form.validate()
    except ValidationError:
        valid = False
    if not valid:
        return _sign_in_page(text, form)
    assert form.user is not None
    login_user(form.user, remember=form.remember.data, authn_via=["password"])
    db.session.commit()
    _bind_token()
    kept = _unpacked(text)
    if kept is None or kept["author"] != current_user.id:
        return _of_another() if kept else redirect(url_for("dashboard.home"))
    request.form = ImmutableMultiDict(kept["fields"])  # type: ignore[misc]  # read once and kept by Werkzeug
    told = _("You are signed in again. Nothing is saved yet: please check and send.")
    return access.guard() or choose_a_password() or _come_back(told)


def _seen() -> str:
    """Return the name of the cookie that records that somebody was signed in in this browser, and no more."""
    return cookie_name(current_app, "seen_here")


def _of_a_page() -> bool:
    return request.endpoint is not None and not is_static()


def _why_here() -> str | None:
    """Return why the sign-in page is shown to somebody who did not ask for it."""
    if "next" not in request.args:
        return None
    if _seen() in request.cookies:
        return str(_("Your session has ended. Please sign in again to go on."))
    return str(_("Please sign in to see this page.")) if request.args["next"] != "/" else None


def init_app(app: Flask) -> None:
    """Register after `security`, whose errors of stale forms it handles."""

    def first() -> BaseResponse | tuple[str, int] | None:
        if current_user.is_authenticated:
            _bind_token()
            return None
        if not _is_form() or access.roles_of(request.endpoint or "") is None:
            return None
        return _signed_in_again() if KEPT in request.form else _ended()

    # Before the guard, which would redirect an anonymous visitor and lose the form.
    steps = app.before_request_funcs[None]
    steps.insert(steps.index(access.guard), first)
    app.register_error_handler(CSRFError, _stale)
    app.jinja_env.globals["why_here"] = _why_here

    @app.after_request
    def _note_sign_in(response: Response) -> Response:
        if request.endpoint == "security.logout":
            response.delete_cookie(_seen(), secure=app.config["HTTPS"])
        elif response.status_code >= 500 or not _of_a_page() or _seen() in request.cookies:
            return response  # nothing is read from an unavailable database
        elif current_user.is_authenticated:
            secure = bool(app.config["HTTPS"])
            response.set_cookie(_seen(), "1", 30 * 86400, secure=secure, httponly=True, samesite="Lax")
        return response
