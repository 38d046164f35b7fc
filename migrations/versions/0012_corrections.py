"""A request is answered «put right» by the change that did it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("correction_request", sa.Column("change_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "fk_correction_request_change_id", "correction_request", "audit_entry", ["change_id"], ["id"]
    )
    op.drop_constraint("ck_correction_request_state", "correction_request")
    op.create_check_constraint(
        "ck_correction_request_state", "correction_request", "state IN ('open', 'done', 'nothing', 'refused')"
    )
    # What was answered before names no change: it stays as it is, and only new answers are asked for one.
    op.execute(
        "ALTER TABLE correction_request ADD CONSTRAINT ck_correction_request_change"
        " CHECK ((state = 'done') = (change_id IS NOT NULL)) NOT VALID"
    )


def downgrade() -> None:
    op.drop_constraint("ck_correction_request_change", "correction_request")
    op.drop_constraint("ck_correction_request_state", "correction_request")
    op.execute("UPDATE correction_request SET state = 'refused' WHERE state = 'nothing'")
    op.create_check_constraint(
        "ck_correction_request_state", "correction_request", "state IN ('open', 'done', 'refused')"
    )
    op.drop_column("correction_request", "change_id")
