"""The requirements of everybody before and after the plan of a run, and what binds where one stays open."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "run_requirement",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=True),
        sa.Column("state_after", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("remedy", sa.String(length=30), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["optimizer_run.id"], name=op.f("fk_run_requirement_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_run_requirement_employee_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirement.id"],
            name=op.f("fk_run_requirement_requirement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_run_requirement_class_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_run_requirement_course_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("run_id", "employee_id", "requirement_id", name=op.f("pk_run_requirement")),
    )
    for column in ("employee_id", "requirement_id", "class_id", "course_id"):
        op.create_index(op.f(f"ix_run_requirement_{column}"), "run_requirement", [column], unique=False)


def downgrade() -> None:
    op.drop_table("run_requirement")
