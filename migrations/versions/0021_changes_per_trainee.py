"""A plan's limit of changes for each person."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("plan", sa.Column("max_changes_per_trainee", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_plan_changes_per_trainee"), "plan", "max_changes_per_trainee >= 0")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_plan_changes_per_trainee"), "plan")
    op.drop_column("plan", "max_changes_per_trainee")
