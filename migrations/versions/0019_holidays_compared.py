"""A public holiday that nobody compared with its source, and 24 November, which no law names so far, are expected."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute(
        sa.text(
            "UPDATE holiday SET note = 'Chủ trương của Bộ Chính trị; Nghị quyết 30/NQ-CP giao sửa khoản 1 Điều 112 Bộ "
            "luật Lao động. Chưa tìm thấy văn bản của Quốc hội quy định ngày nghỉ này: cần kiểm tra lại.',"
            " version = version + 1 WHERE source = 'Nghị quyết 80-NQ/TW ngày 07/01/2026' AND kind = 'off'"
        )
    )
    op.execute(
        sa.text(
            "UPDATE holiday SET state = 'expected', version = version + 1 WHERE state = 'decreed' AND ("
            " source IS NULL OR checked_on IS NULL"
            " OR (source = 'Nghị quyết 80-NQ/TW ngày 07/01/2026' AND kind = 'off'))"
        )
    )


def downgrade() -> None:
    """What was announced and what was not is not known any more: the rows stay expected."""
