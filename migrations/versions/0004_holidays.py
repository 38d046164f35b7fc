"""Public holidays, with the official ones that are still to come."""

from datetime import date

import sqlalchemy as sa
from alembic import op

from training.holidays.shipped import SHIPPED

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    table = op.create_table(
        "holiday",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(10), server_default="off", nullable=False),
        sa.Column("reach", sa.String(10), server_default="nation", nullable=False),
        sa.Column("state", sa.String(10), server_default="decreed", nullable=False),
        sa.Column("source", sa.String(400), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(400), nullable=True),
        sa.Column("entered_by", sa.String(200), server_default="", nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_holiday_period")),
        sa.CheckConstraint("kind IN ('off', 'worked')", name=op.f("ck_holiday_kind")),
        sa.CheckConstraint("reach IN ('nation', 'province')", name=op.f("ck_holiday_reach")),
        sa.CheckConstraint("state IN ('decreed', 'expected')", name=op.f("ck_holiday_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint("first", "kind", "reach", name=op.f("uq_holiday_first_kind_reach")),
    )
    op.create_index(op.f("ix_holiday_first"), "holiday", ["first"])
    # Days that are over are added by hand (page «Public holidays»): books of classes that are kept do not change
    # with an upgrade.
    coming = [one for one in SHIPPED if one["last"] >= date.today()]
    op.bulk_insert(
        table, [{**one, "reach": "nation", "version": 1, "entered_by": "danh mục kèm phần mềm"} for one in coming]
    )


def downgrade() -> None:
    op.drop_table("holiday")
