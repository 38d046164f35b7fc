"""Seats that the waiting list does not offer again; the day on which somebody leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "enrolment", sa.Column("not_again", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(
        "UPDATE enrolment SET not_again = true"
        " WHERE ended_how IN ('taken_back', 'declined', 'expired', 'substituted')"
    )
    op.add_column("employee", sa.Column("leaves_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("employee", "leaves_on")
    op.drop_column("enrolment", "not_again")
