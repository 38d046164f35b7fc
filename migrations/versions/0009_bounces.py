"""Mails that came back, and the addresses to which nothing is sent any more."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_STATE = "ck_message_state"


def upgrade() -> None:
    op.drop_constraint(op.f(_STATE), "message", type_="check")
    op.create_check_constraint(
        op.f(_STATE), "message", "state IN ('queued', 'sent', 'kept', 'failed', 'off', 'bounced')"
    )
    op.create_table(
        "bounced_address",
        sa.Column("address", sa.String(255), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("note", sa.String(400), server_default="", nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_bounced_address_message_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounced_address")),
        sa.UniqueConstraint("address", name=op.f("uq_bounced_address_address")),
    )


def downgrade() -> None:
    op.drop_table("bounced_address")
    op.execute("UPDATE message SET state = 'failed' WHERE state = 'bounced'")
    op.drop_constraint(op.f(_STATE), "message", type_="check")
    op.create_check_constraint(op.f(_STATE), "message", "state IN ('queued', 'sent', 'kept', 'failed', 'off')")
