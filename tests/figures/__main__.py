"""All figures of a database compared: `python -m tests.figures [--database-url URL]`.

Without an address, the instance of TRAINING_INSTANCE. Pages are opened as the first account of each role;
downloads leave their notes in the audit log, so give it a copy. Ends with 1 where places disagree.
"""

from __future__ import annotations

import argparse
import os
import sys

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Browser, login
from tests.figures.comparison import compare, papers_of_class, plans_in_force
from training.accounts.models import RoleRecord, User
from training.core.access import Role
from training.core.db import db
from training.enrolments.models import OpenClass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--database-url", help="a PostgreSQL; default: that of the instance")
    parser.add_argument("--year", type=int, help="of this year alone")
    asked = parser.parse_args()
    if asked.database_url:
        os.environ["DATABASE_URL"] = asked.database_url
    from config import Config  # reads the environment when it is imported
    from training import create_app

    app = create_app(Config)
    app.config["TESTING"] = True
    app.test_client_class = Browser
    wrong = 0
    with app.app_context(), app.test_request_context():
        for plan in plans_in_force():
            if asked.year and plan.round.year != asked.year:
                continue
            print(f"== {plan.name} ({plan.code})")
            found = compare(plan, lambda role: signed_in(app, role))
            for opened in db.session.scalars(
                sa.select(OpenClass).where(OpenClass.plan_id == plan.id, OpenClass.cancelled_at.is_(None)).limit(5)
            ):
                papers_of_class(found, opened)
            print("\n".join(found.lines()))
            wrong += len(found.wrong)
    print(f"{wrong} disagreements")
    return 1 if wrong else 0


def signed_in(app: Flask, role: Role) -> FlaskClient:
    """A client of the first account with the role."""
    user = db.session.scalars(
        sa.select(User).join(User.roles).where(RoleRecord.name == role, User.active).order_by(User.id).limit(1)
    ).one()
    client = app.test_client()
    login(client, user)
    return client


if __name__ == "__main__":
    sys.exit(main())
