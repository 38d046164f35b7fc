"""Pages over accounts and the audit log, for administrators."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security.utils import logout_user, verify_password
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from ..core.access import ADMINISTRATORS, ALL, EVERYBODY, Role, allow
from ..core.audit import AuditEntry
from ..core.crud import Catalogue, register
from ..core.db import db
from ..core.errors import Refused
from ..core.forms import parse_day
from ..core.i18n import moment
from ..core.tables import Filter, ListColumn, listing
from ..labels.records import act_label, entities, entity_label
from ..people.queries import unit_choices
from ..web.confirming import asks
from . import operations, queries, sessions
from .forms import UserForm, role_values
from .models import RoleRecord, User

bp = Blueprint("accounts", __name__)

_SHOWN_SECONDS = 600  # how long a new password can be read again


def _prepare(form: UserForm, _row: User | None) -> None:
    form.unit_ids.choices = unit_choices(ALL)
    form.host_ids.choices = queries.host_choices()


register(
    bp,
    Catalogue(
        key="user",
        plural_key="users",
        singular=_l("account"),
        plural=_l("Accounts"),
        path="accounts",
        model=User,
        statement=lambda scope: queries.users(),
        columns=(
            ListColumn("code", _l("Account"), lambda u: u.code, (User.code,)),
            ListColumn(
                "name",
                _l("Full name"),
                lambda u: u.name,
                (User.sort_key,),
                link=lambda u: url_for("accounts.user_edit", id=u.id),
            ),
            ListColumn("email", _l("E-mail"), lambda u: u.email, (User.email,), wide_only=True),
            ListColumn("roles", _l("Roles"), lambda u: ", ".join(str(role) for role in u.roles)),
            ListColumn("units", _l("Units"), lambda u: ", ".join(unit.name for unit in u.units), wide_only=True),
            ListColumn("state", _l("State"), lambda u: _("Active") if u.active else _("Closed"), (User.active,)),
        ),
        search=User.search_key,
        filters=(
            Filter(
                "role",
                _l("Role"),
                lambda: [(role.value, role.label) for role in Role],
                lambda value: User.roles.any(RoleRecord.name == value),
            ),
            Filter(
                "active",
                _l("State"),
                lambda: [("yes", _("Active")), ("no", _("Closed"))],
                lambda value: User.__table__.c.active.is_(value == "yes"),
            ),
        ),
        form=UserForm,
        prepare=_prepare,
        save=operations.save_user,
        initial=lambda row: {
            **role_values(row.role_set),
            "unit_ids": [unit.id for unit in row.units],
            "host_ids": list(row.host_ids),
        },
        readers=ADMINISTRATORS,
        editors=ADMINISTRATORS,
        after=lambda user: url_for("accounts.user_edit", id=user.id),
        edit_template="accounts/edit.html",
    ),
)


def _user(id: int) -> User:
    return db.session.get(User, id) or abort(404)


def _showing() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="shown-password")


@bp.post("/accounts/<int:id>/password")
@allow(ADMINISTRATORS)
@asks
def user_password(id: int) -> Response:
    """Give the account a new password, and redirect to the page that shows it: reloading that makes no other."""
    user = _user(id)
    nonce = secrets.token_urlsafe(24)
    operations.set_password(user, operations.new_password(nonce), actor=current_user)
    db.session.commit()
    return redirect(url_for(".shown_password", id=id, shown=_showing().dumps([id, nonce])))


@bp.get("/accounts/<int:id>/password")
@allow(ADMINISTRATORS)
def shown_password(id: int) -> str | Response:
    """Show the password that was just made, for a few minutes and as long as it is valid."""
    user = _user(id)
    try:
        whose, nonce = _showing().loads(request.args.get("shown", ""), max_age=_SHOWN_SECONDS)
    except BadSignature:
        whose, nonce = None, ""
    password = operations.new_password(nonce)
    if whose != id or not user.password or not verify_password(password, user.password):
        flash(_("The new password is not shown any more. Set another one if it was lost."), "info")
        return redirect(url_for(".user_edit", id=id))
    return render_template("accounts/password.html", user=user, password=password)


def _turn(id: int, act: Any, done: str) -> Response:
    user = _user(id)
    try:
        act(user, actor=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
    else:
        flash(done, "success")
    return redirect(url_for("accounts.user_edit", id=id))


@bp.post("/accounts/<int:id>/deactivate")
@allow(ADMINISTRATORS)
@asks
def user_deactivate(id: int) -> Response:
    return _turn(id, operations.deactivate_user, _("The account is closed."))


@bp.post("/accounts/<int:id>/reactivate")
@allow(ADMINISTRATORS)
def user_reactivate(id: int) -> Response:
    return _turn(id, operations.reactivate_user, _("The account is open again."))


# -- where one is signed in -----------------------------------------------------------------------------------


@bp.get("/my-sessions")
@allow(EVERYBODY)
def my_sessions() -> str:
    """Show the sessions of the signed-in person, and end those elsewhere."""
    rows = sessions.of(current_user)
    return render_template(
        "accounts/my_sessions.html",
        sessions=rows,
        this=g.sign_in_session,
        others=any(row.id != g.sign_in_session for row in rows),
        device_name=sessions.device_name,
    )


@bp.post("/my-sessions/<int:id>/end")
@allow(EVERYBODY)
def session_end(id: int) -> Response:
    """End one's session on one device; on this one that is signing out."""
    rows = [row for row in sessions.of(current_user) if row.id == id]
    if not rows:
        abort(404)
    sessions.end(rows, actor=current_user)
    db.session.commit()
    if id == g.sign_in_session:
        logout_user()  # last: where nothing may be written, nobody is signed out
        return redirect(url_for("security.login"))
    flash(_("You are signed out on that device."), "success")
    return redirect(url_for(".my_sessions"))


@bp.post("/my-sessions/end-others")
@allow(EVERYBODY)
def sessions_end_others() -> Response:
    sessions.end([row for row in sessions.of(current_user) if row.id != g.sign_in_session], actor=current_user)
    db.session.commit()
    flash(_("You are signed out on all other devices."), "success")
    return redirect(url_for(".my_sessions"))


# -- the audit log --------------------------------------------------------------------------------------------


@bp.get("/audit-log")
@allow(ADMINISTRATORS)
def audit_log() -> str:
    """Show who changed what, when; by person, kind of record and day."""
    asked = {key: request.args.get(key, "").strip() for key in ("person", "entity", "first", "last")}
    page = listing(
        queries.audit_entries(
            person=asked["person"],
            entity=asked["entity"],
            first=parse_day(asked["first"]),
            last=parse_day(asked["last"]),
        ),
        (
            ListColumn(
                "at",
                _l("Time"),
                lambda e: moment(e.at),
                (AuditEntry.id,),
                link=lambda e: url_for("accounts.audit_entry", id=e.id),
            ),
            ListColumn("actor", _l("Who"), lambda e: e.actor_name, (AuditEntry.actor_name, AuditEntry.id)),
            ListColumn(
                "operation",
                _l("Act"),
                lambda e: act_label(e.operation),
                (AuditEntry.operation, AuditEntry.id),
                wide_only=True,
            ),
            ListColumn("entity", _l("Kind of record"), lambda e: entity_label(e.entity), wide_only=True),
            ListColumn("label", _l("Record"), lambda e: e.title),
        ),
        default_sort="-at",
    )
    return render_template("accounts/audit_log.html", page=page, asked=asked, entities=entities())


@bp.get("/audit-log/<int:id>")
@allow(ADMINISTRATORS)
def audit_entry(id: int) -> str:
    entry = db.session.get(AuditEntry, id) or abort(404)
    return render_template(
        "accounts/audit_entry.html",
        entry=entry,
        act=act_label(entry.operation),
        entity=entity_label(entry.entity),
        changes=queries.changes(entry),
    )
