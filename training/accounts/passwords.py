"""Which passwords are refused, wherever one is set."""

from __future__ import annotations

from flask_babel import gettext as _

from .models import User

MIN_PASSWORD = 8


def weakness(password: str, user: User | None) -> str | None:
    """What is wrong with a new password of `user`, in words; None: nothing."""
    if len(password) < MIN_PASSWORD:
        return str(_("At least %(min)d characters.", min=MIN_PASSWORD))
    if user is not None and password.lower() in {user.code.lower(), user.email.lower()}:
        return str(_("The password must not be the name of the account."))
    return None
