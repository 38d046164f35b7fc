"""What opens an account is kept while its letter waits to be sent, and no longer."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute("UPDATE message SET facts = facts - 'sealed' WHERE state <> 'queued' AND facts ? 'sealed'")
    op.create_check_constraint(op.f("ck_message_sealed"), "message", "state = 'queued' OR NOT facts ? 'sealed'")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_message_sealed"), "message")
