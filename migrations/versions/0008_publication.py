"""Publishing a plan, and undoing it, in the background."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "publication",
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("known", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("act IN ('publish', 'undo')", name=op.f("ck_publication_act")),
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopping', 'stopped', 'ready', 'failed')",
            name=op.f("ck_publication_state"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_publication_round_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_publication_plan_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["optimizer_run.id"], name=op.f("fk_publication_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_publication_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_index(op.f("ix_publication_plan_id"), "publication", ["plan_id"], unique=False)
    op.create_index(op.f("ix_publication_run_id"), "publication", ["run_id"], unique=False)
    op.create_index(op.f("ix_publication_user_id"), "publication", ["user_id"], unique=False)
    op.create_index(
        "uq_publication_active",
        "publication",
        ["round_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'working', 'stopping')"),
    )


def downgrade() -> None:
    op.drop_table("publication")
