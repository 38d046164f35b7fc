"""What one more of each limit would be worth in the plan of a run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "run_worth",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.CheckConstraint("act IN ('estimate', 'again')", name=op.f("ck_run_worth_act")),
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopping', 'stopped', 'ready', 'failed')",
            name=op.f("ck_run_worth_state"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["optimizer_run.id"], name=op.f("fk_run_worth_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_run_worth_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_worth")),
    )
    op.create_index(op.f("ix_run_worth_user_id"), "run_worth", ["user_id"], unique=False)
    op.create_table(
        "run_price",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("like", sa.String(length=60), nullable=True),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("needs", sa.Float(), nullable=False),
        sa.Column("courses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scope", sa.String(length=40), nullable=True),
        sa.Column("gain", sa.BigInteger(), nullable=True),
        sa.Column("at_least", sa.BigInteger(), nullable=True),
        sa.Column("at_most", sa.BigInteger(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("opens", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("closes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('size', 'budget', 'absence', 'class', 'sum')", name=op.f("ck_run_price_kind")
        ),
        sa.CheckConstraint("(scope IS NULL) = (gain IS NULL)", name=op.f("ck_run_price_scope")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run_worth.run_id"], name=op.f("fk_run_price_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "kind", "place", name=op.f("pk_run_price")),
    )


def downgrade() -> None:
    op.drop_table("run_price")
    op.drop_table("run_worth")
