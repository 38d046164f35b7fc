"""A plan's published run is a run that exists: the first migration asked for the constraint in a way that made none."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute(
        "UPDATE plan SET published_run_id = NULL WHERE published_run_id NOT IN (SELECT id FROM optimizer_run)"
    )
    op.create_foreign_key("fk_plan_published_run_id", "plan", "optimizer_run", ["published_run_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint("fk_plan_published_run_id", "plan", type_="foreignkey")
