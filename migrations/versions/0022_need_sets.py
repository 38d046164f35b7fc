"""Sets of needs that a planner keeps together, or apart."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "need_set",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("max_seats", sa.Integer(), server_default="1", nullable=False),
        sa.Column("ground", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('together', 'apart')", name=op.f("ck_need_set_kind")),
        sa.CheckConstraint("max_seats >= 1", name=op.f("ck_need_set_max_seats")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_need_set_plan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_set")),
        sa.UniqueConstraint("plan_id", "name", name=op.f("uq_need_set_plan_id_name")),
    )
    op.create_table(
        "need_set_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["need_set.id"], name=op.f("fk_need_set_member_set_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_set_member_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_set_member")),
        sa.UniqueConstraint("set_id", "need_id", name=op.f("uq_need_set_member_set_id_need_id")),
    )
    op.create_index(op.f("ix_need_set_member_need_id"), "need_set_member", ["need_id"], unique=False)


def downgrade() -> None:
    op.drop_table("need_set_member")
    op.drop_table("need_set")
