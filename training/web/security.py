"""Protection of every page: sign-in, headers, cookies, forged requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_bootstrap import Bootstrap5
from flask_login import current_user, decode_cookie, user_logged_in, user_logged_out
from flask_mail import Mail
from flask_security.core import Security
from flask_security.datastore import SQLAlchemyUserDatastore
from flask_security.forms import ChangePasswordForm, ForgotPasswordForm, LoginForm, VerifyForm
from flask_security.mail_util import MailUtil
from flask_security.password_util import PasswordUtil
from flask_security.signals import user_authenticated
from flask_security.utils import set_request_attr, verify_password
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response as BaseResponse
from wtforms import StringField
from wtforms.validators import InputRequired

from ..accounts import attempts, resets, sessions, sign_ins
from ..accounts.models import RoleRecord, User
from ..accounts.passwords import MIN_PASSWORD, MOST_PASSWORD, weakness
from ..core.access import roles_of
from ..core.audit import SYSTEM, operation, utcnow
from ..core.db import db, same_code
from ..core.vietnamese import nfc
from ..messages.account_letters import post_letter
from . import proxies
from .addresses import is_local
from .responses import is_static


class AccountStore(SQLAlchemyUserDatastore):
    """Makes writes of the sign-in library (a changed password) operations of the signed-in person."""

    def put(self, model: Any) -> Any:
        with operation(current_user if current_user.is_authenticated else SYSTEM, "accounts.change_own"):
            db.session.add(model)
            return model

    def set_uniquifier(self, user: Any, uniquifier: str | None = None) -> None:
        """Called with every password that the owner chose."""
        user.password_expires_at = None
        super().set_uniquifier(user, uniquifier)


class Letters(MailUtil):
    """Mails of the sign-in library, sent by the worker like all others: no request connects to a mail server."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        name = template.rpartition("/")[2]
        with force_locale("vi"):  # like all our mails, whatever the language of the page
            said = render_template(f"{template}.txt", **kwargs) if name in _SUBJECTS else body or ""
            post_letter(kwargs["user"], str(_SUBJECTS.get(name, subject)), said.strip())


# The library's mails that have our text, in `templates/security/email/`; the others keep the library's text.
_SUBJECTS = {
    "reset_instructions": _l("Link to a new password"),
    "reset_notice": _l("Your password was set anew"),
    "change_notice": _l("Your password was changed"),
}

datastore = AccountStore(db, User, RoleRecord)

# The library's own messages, in our wording.
_MESSAGES = {
    "PASSWORD_NOT_PROVIDED": _l("Please fill this in."),
    "PASSWORD_INVALID_LENGTH": _l("At least %(length)s characters."),
    "INVALID_PASSWORD": _l("This is not the present password."),
    "RETYPE_PASSWORD_MISMATCH": _l("The two new passwords differ."),
    "PASSWORD_IS_THE_SAME": _l("The new password is the same as the present one."),
    "PASSWORD_CHANGE": _l("Your password has been changed."),
    "UNAUTHENTICATED": _l("Please sign in to see this page."),
    "LOGIN": _l("Please sign in to see this page."),
    "REFRESH": _l("Please sign in again to go on."),
    "PASSWORD_RESET_REQUEST": _l(
        "If the account exists, a link to set a new password has been sent to %(email)s."
    ),
    "PASSWORD_RESET_EXPIRED": _l("This link is no longer valid: it ends after a day. Ask for a new one."),
    "INVALID_RESET_PASSWORD_TOKEN": _l("This link is not valid. Ask for a new one."),
    "PASSWORD_RESET": _l("Your password has been changed."),
    "PASSWORD_RESET_NO_LOGIN": _l("Your password has been changed."),
    "INVALID_EMAIL_ADDRESS": _l("This is no e-mail address."),
    "EMAIL_NOT_PROVIDED": _l("Please fill this in."),
}

_CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


class Passwords(PasswordUtil):
    """Applies to new passwords that their owner chooses, on any page, the rules for set passwords."""

    def normalize(self, password: str) -> str:
        """Return the password in its compared form.

        One over the limit is cut, so that it matches no account: hashing would raise.
        """
        normal: str = super().normalize(password)
        return normal[: MOST_PASSWORD + 1]

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[Any] | None, str]:
        user = kwargs.get("user")
        plain = nfc(password)
        fault = weakness(plain, user)
        normal = self.normalize(password)
        same = user is not None and _is_first_password(user) and verify_password(normal, user.password)
        if fault is None and same:
            fault = _("The new password is the same as the present one.")
        return ([fault] if fault is not None else None), normal


def _is_first_password(user: User | None) -> bool:
    """Return whether somebody else knows the account's password, because they set it."""
    return user is not None and user.password_expires_at is not None


def _first_password_expired(user: User | None) -> bool:
    return user is not None and user.password_expires_at is not None and user.password_expires_at <= utcnow()


def choose_a_password() -> BaseResponse | None:
    """With a password that somebody else set, only the page for choosing one's own opens."""
    if request.endpoint is None or roles_of(request.endpoint) is None or not _is_first_password(current_user):
        return None
    flash(_("Please choose a password of your own: this one was set by an administrator."), "warning")
    return redirect(url_for("security.change_password"))


class SignInForm(LoginForm):
    """Sign in by account name (an employee's code) or by e-mail address."""

    email = None  # type: ignore[assignment]  # takes the library's field away
    identity = StringField(
        _l("Account or e-mail"),
        validators=[InputRequired()],
        render_kw={"autocomplete": "username", "autofocus": True},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = self.identity  # the library looks here for faults that it must not show

    def validate(self, **kwargs: Any) -> bool:
        """Check the account and its password.

        After several failures there is a waiting time; the answer never reveals whether an account exists.
        """
        if not is_local(self.next.data or "/"):
            self.next.data = None  # an invalid next address is no reason to refuse anybody
        given, address = nfc(self.identity.data or ""), request.remote_addr or ""
        self.user = db.session.scalar(
            sa.select(User).where(sa.or_(same_code(User.code, given), sa.func.lower(User.email) == given.lower()))
        )
        wait = sign_ins.waiting(given, address, self.user)
        if wait:
            self.form_errors = [_too_many_failures(wait)]
            return False
        self.ifield = self.identity
        exhausted = sign_ins.exhausted(given, address, self.user)
        if super().validate(**kwargs) and not exhausted:
            if _first_password_expired(self.user):
                self.form_errors = [
                    _("This first password has expired. Please ask your administrator for another.")
                ]
                return False
            return True
        self.user_authenticated = self.user_authenticated and not exhausted
        if given and self.password.data and not self.user_authenticated:
            sign_ins.note_failure(given, address, self.user)
            db.session.commit()  # the library's view commits only on success
        self.identity.errors, self.password.errors = [], []
        self.form_errors = [
            _("This account is closed. Please ask your administrator.")
            if self.user_authenticated
            else _("The account or the password is not right.")
        ]
        return False


def cookie_name(app: Flask, name: str) -> str:
    """Return the name of a cookie of ours.

    Over HTTPS it has the prefix by which browsers accept it from this host alone, and over HTTPS alone. Plain
    HTTP, which developers use on their own machine, cannot have that.
    """
    return f"__Host-{name}" if app.config["HTTPS"] else name


def _no_json() -> None:
    """Refuse JSON: the sign-in library answers it as well, and then issues tokens. Nothing of ours needs that."""
    if (request.endpoint or "").startswith("security.") and request.is_json:
        abort(415)


def _forget_machine(app: Flask) -> None:
    """Delete the cookie of «Stay signed in».

    The library leaves out the mark «Secure», without which browsers do not delete a cookie with a prefix.
    """
    session.pop("_remember", None)

    @after_this_request
    def _delete(response: Response) -> Response:
        response.delete_cookie(app.config["REMEMBER_COOKIE_NAME"], secure=app.config["REMEMBER_COOKIE_SECURE"])
        return response


# -- sessions on the server: what the cookies hold is a key of `accounts.sessions` --------------------------------


def _begin_session(_app: Flask, user: User, **_facts: Any) -> None:
    key, g.sign_in_session = sessions.begin(
        user,
        address=request.remote_addr or "",
        device=request.user_agent.string,
        remembered=session.get("_remember") == "set",
    )
    session["_user_id"] = key  # the cookie of «Stay signed in» holds the same key


def _of_session(key: str) -> User | None:
    """Return the user of the browser's session key; static files, which are the same for everybody, need no
    look-up.
    """
    if is_static():
        return None
    found = sessions.find(key, address=request.remote_addr or "")
    if found is None:
        return None
    user, g.sign_in_session = found
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return user


def _end_session(app: Flask, **_facts: Any) -> None:
    """End the session, even if others know its cookies."""
    if "sign_in_session" in g:
        sessions.forget(session_id=g.sign_in_session)
    remembered = decode_cookie(request.cookies.get(app.config["REMEMBER_COOKIE_NAME"], ""))
    if remembered:
        sessions.forget(key=remembered)
    db.session.commit()  # the library's view commits nothing
    _forget_machine(app)


def _only_by_cookie(app: Flask, security: Security) -> None:
    """Nobody is signed in by a token in an address, a header or JSON, and none is issued."""
    app.login_manager.user_loader(_of_session)  # type: ignore[attr-defined]  # the library sets it
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # the library sets it
    security.want_json(lambda _request: False)
    app.before_request(_no_json)


class _PresentPassword:
    """Forms of a signed-in person that ask for the present password.

    Guesses at it count like those of a sign-in, so that a browser left open does not reveal the password.
    """

    def validate(self, **kwargs: Any) -> bool:
        name, address = current_user.code, request.remote_addr or ""
        wait = sign_ins.waiting(name, address, current_user)
        if wait or sign_ins.exhausted(name, address, current_user):
            self.form_errors = [_too_many_failures(wait)]
            return False
        valid: bool = super().validate(**kwargs)  # type: ignore[misc]  # the library's form comes after this class
        password = self.password  # type: ignore[attr-defined]  # the library's field
        if not valid and password.data and password.errors:
            sign_ins.note_failure(name, address, current_user)
            db.session.commit()  # the library's views commit only on success
        return valid


class ChangeForm(_PresentPassword, ChangePasswordForm):
    """Change one's own password."""


class AgainForm(_PresentPassword, VerifyForm):
    """Ask for the password once more, before a protected action."""

    def validate(self, **kwargs: Any) -> bool:
        if not is_local(self.next.data or "/"):
            self.next.data = None
        return super().validate(**kwargs)


def _too_many_failures(wait: timedelta) -> str:
    return str(
        _(
            "Too many failed attempts. Please wait %(minutes)d minutes and try again.",
            minutes=attempts.minutes(wait),
        )
    )


class ForgottenForm(ForgotPasswordForm):
    """Ask for a link to a new password.

    The form is never «valid»: the library would look the account up and send its mail here. It gives everybody the
    same answer instead, while the worker looks up the account and sends the mail.
    """

    def validate(self, **kwargs: Any) -> bool:
        address = request.remote_addr or ""
        wait = resets.waiting(address)
        if wait:
            self.form_errors = [
                _(
                    "Too many links were asked for from your network. Please wait %(minutes)d minutes.",
                    minutes=attempts.minutes(wait),
                )
            ]
            after_this_request(_too_many_requests)
        elif email := nfc(self.email.data or ""):
            resets.ask_for_link(email[:255], address)
            db.session.commit()
        else:
            self.form_errors = [_("Please fill this in.")]
        return False


def _too_many_requests(response: Response) -> Response:
    response.status_code = 429
    return response


def _signed_in(_app: Flask, *, user: User, authn_via: Sequence[str] = (), **_more: Any) -> None:
    """Record every sign-in in the audit log, by any method."""
    sign_ins.note_success(user, request.remote_addr or "", list(authn_via))


def init_app(app: Flask) -> None:
    https = app.config["HTTPS"]
    app.config.update(
        SESSION_COOKIE_NAME=cookie_name(app, "session"),
        REMEMBER_COOKIE_NAME=cookie_name(app, "remember_token"),
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_DURATION=timedelta(days=app.config["REMEMBER_LONGEST_DAYS"]),
        REMEMBER_COOKIE_SECURE=https,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        SECURITY_USER_IDENTITY_ATTRIBUTES=[
            {"email": {"mapper": lambda given: given.strip().lower(), "case_insensitive": True}}
        ],
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_CHANGEABLE=True,
        SECURITY_RECOVERABLE=bool(app.config["MAIL_SERVER"]),
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=bool(app.config["MAIL_SERVER"]),
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_RESET_PASSWORD_WITHIN=timedelta(days=1),
        SECURITY_TWO_FACTOR=False,
        SECURITY_PASSWORD_LENGTH_MIN=MIN_PASSWORD,
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_USE_REGISTER_V2=True,
        BOOTSTRAP_SERVE_LOCAL=True,
        **{f"SECURITY_MSG_{key}": (text, "info") for key, text in _MESSAGES.items()},
    )
    proxies.init_app(app)
    app.before_request(choose_a_password)  # before stale forms are handled, which come back with their page
    CSRFProtect(app)
    Mail(app)
    Bootstrap5(app)
    Talisman(
        app,
        force_https=https,
        strict_transport_security=https,
        session_cookie_secure=https,
        content_security_policy=_CONTENT_SECURITY_POLICY,
        referrer_policy="same-origin",
    )
    user_logged_in.connect(_begin_session, app)
    user_logged_out.connect(_end_session, app)
    security = Security(
        app,
        datastore,
        login_form=SignInForm,
        forgot_password_form=ForgottenForm,
        change_password_form=ChangeForm,
        verify_form=AgainForm,
        mail_util_cls=Letters,
        password_util_cls=Passwords,
    )
    _only_by_cookie(app, security)
    user_authenticated.connect(_signed_in, app)
