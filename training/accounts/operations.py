"""Writes over accounts: who signs in, with which roles, over which units."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_security.utils import hash_password

from ..core.access import Role
from ..core.audit import Actor, operation, record, utcnow
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.validation import Check, find
from ..people.models import Unit
from .models import RoleRecord, User, user_host
from .passwords import weakness
from .queries import host_choices

_CODE = re.compile(r"[A-Za-z0-9._@\-]{2,40}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def save_user(values: dict[str, Any], *, actor: Actor, row: User | None = None) -> User:
    """Add or change an account.

    Args:
        values: `code` (the name to sign in with), `name`, `email`, `active`, `employee_id`; `roles`: names of
            `access.Role`; `unit_ids`: units of an officer, with all below them;
            `host_ids`: hosts whose classes the account keeps. Only the keys present change.

    Raises:
        Refused: with every fault; among others when no active administrator would be left.
    """
    with operation(actor, "accounts.save_user"):
        values = dict(values)
        role_names = set(values.pop("roles")) if "roles" in values else None
        unit_ids = set(values.pop("unit_ids")) if "unit_ids" in values else None
        host_ids = set(values.pop("host_ids")) if "host_ids" in values else None
        if row is None:
            values.setdefault("fs_uniquifier", secrets.token_hex(16))
        check = Check(User, values, row)
        check.columns()
        check.unique("code")
        check.unique("email", message=_("Another account has this e-mail address."))
        check.unique("employee_id", message=_("This employee already has an account."))
        code, email = check.values.get("code"), check.values.get("email")
        if code is not None and not _CODE.fullmatch(code):
            check.wrong("code", _("Use 2 to 40 letters without marks, digits, dots, hyphens."))
        if email is not None and not _EMAIL.fullmatch(email):
            check.wrong("email", _("This is no e-mail address."))
        _check_roles(check, role_names, unit_ids)
        _check_hosts(check, role_names, host_ids)
        check.stop_if_wrong()

        user: User = check.write()
        if role_names is not None:
            user.roles = _role_records(role_names)
        if unit_ids is not None:
            user.units = [unit for unit_id in sorted(unit_ids) if (unit := find(Unit, unit_id)) is not None]
        if host_ids is not None:
            _set_hosts(user, host_ids)
        return user


def _check_hosts(check: Check[Any], role_names: set[str] | None, host_ids: set[int] | None) -> None:
    """Check that a host's account keeps the classes of at least one host, and that the hosts exist."""
    row = check.row
    roles = role_names if role_names is not None else ({r.name for r in row.roles} if row is not None else set())
    hosts = host_ids if host_ids is not None else (row.host_ids if row is not None else frozenset())
    if hosts - {host_id for host_id, _name in host_choices()}:
        check.wrong("host_ids", _("Choose one of the list."))
    if Role.HOST in roles and not hosts:
        check.wrong("host_ids", _("A host's account needs at least one host."))


def _set_hosts(user: User, host_ids: set[int]) -> None:
    """Update the account's hosts; the change is recorded explicitly, because the table is no audited row."""
    db.session.flush()
    before = user.host_ids
    if host_ids == before:
        return
    db.session.execute(sa.delete(user_host).where(user_host.c.user_id == user.id))
    if host_ids:
        rows = [{"user_id": user.id, "host_id": host_id} for host_id in sorted(host_ids)]
        db.session.execute(sa.insert(user_host), rows)
    actor, name = db.session.info["operation"]
    record(actor, name, "user_account", user.id, str(user), {"hosts": sorted(host_ids)})


def _check_roles(check: Check[Any], role_names: set[str] | None, unit_ids: set[int] | None) -> None:
    """Check that roles exist and have what they need: an officer units, a trainee an employee.

    One administrator must remain.
    """
    row = check.row
    roles = role_names if role_names is not None else ({r.name for r in row.roles} if row is not None else set())
    units = unit_ids if unit_ids is not None else ({u.id for u in row.units} if row is not None else set())
    if not roles <= {role.value for role in Role}:
        check.wrong("roles", _("Choose one of the list."))
    if not roles:
        check.wrong("roles", _("Choose at least one role."))
    if any(find(Unit, unit_id) is None for unit_id in units):
        check.wrong("unit_ids", _("Choose one of the list."))
    if Role.UNIT_OFFICER in roles and not units:
        check.wrong("unit_ids", _("A unit officer needs at least one unit."))
    if Role.TRAINEE in roles and check.get("employee_id") is None:
        check.wrong("employee_id", _("A trainee's account belongs to an employee."))
    stays = Role.ADMINISTRATOR in roles and check.get("active") is not False
    if row is not None and not stays and _is_last_administrator(row):
        check.wrong("roles", _("This is the last active administrator: name another one first."))


def _is_last_administrator(user: User) -> bool:
    if not user.active or Role.ADMINISTRATOR not in user.role_set:
        return False
    others = (
        sa.select(sa.func.count())
        .select_from(User)
        .where(User.code != user.code, User.__table__.c.active)
        .where(User.roles.any(RoleRecord.name == Role.ADMINISTRATOR))
    )
    with db.session.no_autoflush:
        return not db.session.scalar(others)


def _role_records(names: Iterable[str]) -> list[RoleRecord]:
    """Return the stored roles of these names; create those that were never used."""
    with db.session.no_autoflush:
        known = {record.name: record for record in db.session.scalars(sa.select(RoleRecord))}
    return [known.get(name) or RoleRecord(name=name) for name in sorted(names)]


def set_password(user: User, password: str, *, actor: Actor) -> None:
    """Give the account a first password, valid for a few days, only for choosing another one.

    Sessions of the old password are signed out.

    Raises:
        Refused: the password is too easy to guess.
    """
    fault = weakness(password, user)
    if fault is not None:
        raise Refused(Fault("password", fault))
    with operation(actor, "accounts.set_password"):
        # The sign-in library compares composed and decomposed letters alike by this form.
        user.password = hash_password(unicodedata.normalize("NFKD", password))
        user.password_expires_at = utcnow() + timedelta(days=current_app.config["FIRST_PASSWORD_DAYS"])
        user.fs_uniquifier = secrets.token_hex(16)


def new_password(nonce: str) -> str:
    """Return a first password that can be read aloud: four groups of four unambiguous letters and digits.

    The same nonce gives the same one, so that it can be shown again for a while without being stored.

    Args:
        nonce: text that nobody can guess, and that reveals nothing without the application's own key.
    """
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    key = f"password:{current_app.config['SECRET_KEY']}".encode()
    rest = int.from_bytes(hmac.new(key, nonce.encode(), hashlib.sha256).digest())
    chosen = []
    for _number in range(16):
        rest, place = divmod(rest, len(letters))
        chosen.append(letters[place])
    return "-".join("".join(chosen[start : start + 4]) for start in range(0, 16, 4))


def deactivate_user(user: User, *, actor: Actor) -> None:
    """Close the account: nobody can sign in with it, and its sessions are signed out. Its audit log entries stay.

    Raises:
        Refused: it is the last active administrator.
    """
    if _is_last_administrator(user):
        raise Refused(_("This is the last active administrator: name another one first."))
    with operation(actor, "accounts.deactivate_user"):
        user.active = False
        user.fs_uniquifier = secrets.token_hex(16)


def reactivate_user(user: User, *, actor: Actor) -> None:
    """Open a closed account again."""
    with operation(actor, "accounts.reactivate_user"):
        user.active = True
