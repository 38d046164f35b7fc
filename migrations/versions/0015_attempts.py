"""One table of what is tried again and again, in place of one for sign-ins and one for checks of papers."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_at"), "attempt", ["at"], unique=False)
    op.create_index("ix_attempt_kind_subject_address", "attempt", ["kind", "subject", "address"], unique=False)
    op.create_index("ix_attempt_kind_address", "attempt", ["kind", "address"], unique=False)
    # What stood there was kept for a day at most.
    op.drop_table("sign_in_failure")
    op.drop_table("failed_check")


def downgrade() -> None:
    op.create_table(
        "failed_check",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_check")),
    )
    op.create_index(op.f("ix_failed_check_at"), "failed_check", ["at"], unique=False)
    op.create_index("ix_failed_check_address_at", "failed_check", ["address", "at"], unique=False)
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    for column in ("address", "at", "identity"):
        op.create_index(op.f(f"ix_sign_in_failure_{column}"), "sign_in_failure", [column], unique=False)
    op.drop_table("attempt")
