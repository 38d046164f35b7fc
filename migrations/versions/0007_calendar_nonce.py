"""From what the secret address of a calendar is made, to show it again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("calendar_feed", sa.Column("nonce", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("calendar_feed", "nonce")
