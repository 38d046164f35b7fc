"""What protects every page: sign-in, headers, cookies, forged requests."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_bootstrap import Bootstrap5
from flask_mail import Mail
from flask_security.core import Security
from flask_security.datastore import SQLAlchemyUserDatastore
from flask_security.forms import LoginForm
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from wtforms import StringField
from wtforms.validators import InputRequired

from .accounts.models import RoleRecord, User
from .db import db

datastore = SQLAlchemyUserDatastore(db, User, RoleRecord)

_CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


class SignInForm(LoginForm):
    """Sign in by account name (an employee's code) or by e-mail address."""

    email = None  # type: ignore[assignment]
    identity = StringField(
        _l("Account or e-mail"),
        validators=[InputRequired()],
        render_kw={"autocomplete": "username", "autofocus": True},
    )

    def validate(self, **kwargs: Any) -> bool:
        given = (self.identity.data or "").strip()
        self.user = db.session.scalar(
            sa.select(User).where(sa.or_(User.code == given, sa.func.lower(User.email) == given.lower()))
        )
        self.ifield = self.identity
        return bool(super().validate(**kwargs))


def init_app(app: Flask) -> None:
    https = app.config["HTTPS"]
    app.config.update(
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
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
        SECURITY_TWO_FACTOR=False,
        SECURITY_PASSWORD_LENGTH_MIN=8,
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_USE_REGISTER_V2=True,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
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
    Security(app, datastore, login_form=SignInForm)
