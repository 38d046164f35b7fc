"""Seats of a class that are kept for units."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "class_reserve",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("min_seats", sa.Integer(), nullable=False),
        sa.Column("release", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("min_seats >= 1", name=op.f("ck_class_reserve_min_seats")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_class_reserve_class_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_reserve")),
    )
    op.create_index(op.f("ix_class_reserve_class_id"), "class_reserve", ["class_id"], unique=False)
    op.create_table(
        "reserve_unit",
        sa.Column("reserve_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reserve_id"], ["class_reserve.id"], name=op.f("fk_reserve_unit_reserve_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_reserve_unit_unit_id")),
        sa.PrimaryKeyConstraint("reserve_id", "unit_id", name=op.f("pk_reserve_unit")),
    )


def downgrade() -> None:
    op.drop_table("reserve_unit")
    op.drop_table("class_reserve")
