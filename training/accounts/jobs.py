"""The worker's jobs for accounts."""

from __future__ import annotations

from flask import current_app
from flask_security import recoverable
from flask_security.proxies import _datastore

from ..core.db import db
from ..core.tasks import MAIL, job
from .resets import SENDING


@job(SENDING, queue=MAIL)
def send_reset_link(email: str) -> None:
    """Write the mail with a link to a new password, if an account has this address."""
    user = _datastore.find_user(case_insensitive=True, email=email)
    if user is not None and user.active:
        # The library makes the link from the address of a request: PUBLIC_URL's here.
        with current_app.test_request_context(base_url=current_app.config["PUBLIC_URL"]):
            recoverable.send_reset_password_instructions(user)  # type: ignore[no-untyped-call]  # the library's
    db.session.commit()
