"""Scenarios lay changes over the catalogue; they are described and archived."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"

_KIND = (
    "CASE kind"
    " WHEN 'fund' THEN fund_id IS NOT NULL AND amount IS NOT NULL AND class_id IS NULL"
    " WHEN 'size' THEN class_id IS NOT NULL AND min_seats IS NOT NULL AND max_seats IS NOT NULL"
    " WHEN 'dates' THEN class_id IS NOT NULL AND days IS NOT NULL"
    " WHEN 'not_held' THEN class_id IS NOT NULL"
    " WHEN 'course_closed' THEN course_id IS NOT NULL AND class_id IS NULL"
    " ELSE false END"
)


def upgrade() -> None:
    op.add_column("plan", sa.Column("description", sa.String(length=400), nullable=True))
    op.add_column("plan", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_plan_archived"), "plan", "archived_at IS NULL OR state <> 'published'")
    op.add_column(
        "optimizer_run",
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.create_table(
        "scenario_change",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("min_seats", sa.Integer(), nullable=True),
        sa.Column("max_seats", sa.Integer(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adopted_by", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(_KIND, name=op.f("ck_scenario_change_kind")),
        sa.CheckConstraint(
            "min_seats BETWEEN 0 AND max_seats AND max_seats >= 1", name=op.f("ck_scenario_change_sizes")
        ),
        sa.CheckConstraint("amount <> 0 AND days <> 0", name=op.f("ck_scenario_change_changes")),
        sa.CheckConstraint("(adopted_at IS NULL) = (adopted_by IS NULL)", name=op.f("ck_scenario_change_adopted")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_scenario_change_plan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_scenario_change_fund_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_scenario_change_class_id")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_scenario_change_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario_change")),
        sa.UniqueConstraint(
            "plan_id",
            "kind",
            "fund_id",
            "class_id",
            "course_id",
            "adopted_at",
            name="uq_scenario_change_subject",
            postgresql_nulls_not_distinct=True,
        ),
    )
    for column in ("plan_id", "fund_id", "class_id", "course_id"):
        op.create_index(op.f(f"ix_scenario_change_{column}"), "scenario_change", [column], unique=False)


def downgrade() -> None:
    op.drop_table("scenario_change")
    op.drop_column("optimizer_run", "changes")
    op.drop_constraint(op.f("ck_plan_archived"), "plan")
    op.drop_column("plan", "archived_at")
    op.drop_column("plan", "description")
