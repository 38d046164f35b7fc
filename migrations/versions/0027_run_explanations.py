"""Answers to «why not me»: what kept a need out of each class, and the smallest changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "run_explanation",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("in_bulk", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("findings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopped', 'ready', 'failed')", name=op.f("ck_run_explanation_state")
        ),
        sa.CheckConstraint("(state = 'ready') = (findings IS NOT NULL)", name=op.f("ck_run_explanation_findings")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_run_explanation_need_id")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["optimizer_run.id"], name=op.f("fk_run_explanation_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_run_explanation_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("run_id", "need_id", name=op.f("pk_run_explanation")),
    )
    op.create_index(op.f("ix_run_explanation_need_id"), "run_explanation", ["need_id"], unique=False)
    op.create_index(op.f("ix_run_explanation_user_id"), "run_explanation", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("run_explanation")
