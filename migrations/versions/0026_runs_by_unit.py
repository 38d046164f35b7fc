"""A run's decisions by the units of its day, and the people of each unit on their standards."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("run_need", sa.Column("unit_id", sa.Integer(), nullable=True))
    # Of older results the unit of the day was not kept: today's stands for it.
    op.execute(
        "UPDATE run_need SET unit_id = employee.unit_id FROM need JOIN employee ON employee.id = need.employee_id "
        "WHERE need.id = run_need.need_id"
    )
    op.create_foreign_key(op.f("fk_run_need_unit_id"), "run_need", "unit", ["unit_id"], ["id"])
    op.create_index(op.f("ix_run_need_unit_id"), "run_need", ["unit_id"], unique=False)
    op.create_table(
        "run_person",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("position_id", sa.Integer(), nullable=True),
        sa.Column("standing", sa.String(length=20), nullable=False),
        sa.Column("standing_after", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["optimizer_run.id"], name=op.f("fk_run_person_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_run_person_employee_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_run_person_unit_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_run_person_position_id")),
        sa.PrimaryKeyConstraint("run_id", "employee_id", name=op.f("pk_run_person")),
    )
    for column in ("employee_id", "unit_id", "position_id"):
        op.create_index(op.f(f"ix_run_person_{column}"), "run_person", [column], unique=False)
    op.add_column("optimizer_run", sa.Column("standards_on", sa.Date(), nullable=True))
    op.add_column("optimizer_run", sa.Column("standards_after", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("optimizer_run", "standards_after")
    op.drop_column("optimizer_run", "standards_on")
    op.drop_table("run_person")
    op.drop_index(op.f("ix_run_need_unit_id"), "run_need")
    op.drop_constraint(op.f("fk_run_need_unit_id"), "run_need")
    op.drop_column("run_need", "unit_id")
