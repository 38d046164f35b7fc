"""Marks of the roll call know their version, so that of two devices none overwrites what it has not seen."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE attendance_mark_version_seq")
    op.add_column(
        "attendance_mark",
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            server_default=sa.text("nextval('attendance_mark_version_seq')"),
        ),
    )


def downgrade() -> None:
    op.drop_column("attendance_mark", "version")
    op.execute("DROP SEQUENCE attendance_mark_version_seq")
