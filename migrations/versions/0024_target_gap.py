"""A plan's target gap: a run ends there."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("plan", sa.Column("target_gap", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_plan_target_gap"), "plan", "target_gap BETWEEN 1 AND 10000")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_plan_target_gap"), "plan")
    op.drop_column("plan", "target_gap")
