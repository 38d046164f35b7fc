"""For how many working days an offer is held, as dated data."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "offer_term",
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), server_default="17", nullable=False),
        sa.Column("source", sa.String(400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("working_days BETWEEN 1 AND 60", name=op.f("ck_offer_term_working_days")),
        sa.CheckConstraint("hour BETWEEN 8 AND 20", name=op.f("ck_offer_term_hour")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_term")),
        sa.UniqueConstraint("valid_from", name=op.f("uq_offer_term_valid_from")),
    )


def downgrade() -> None:
    op.drop_table("offer_term")
