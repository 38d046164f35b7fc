"""The sign-in page of the demo shows the accounts that are worth trying first."""

from flask import Flask

from .accounts import PASSWORD, shown_accounts


def init_app(app: Flask) -> None:
    """Let pages show the accounts and their password."""
    app.jinja_env.globals.update(demo_accounts=shown_accounts, demo_password=PASSWORD)
