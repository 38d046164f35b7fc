"""Who signed stands in the books of classes, from the list of signers; certificates are corrected and asked for;
entering, recognising and issuing are different people's."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_SIGNATURE = (("signer", 200), ("signer_title", 200), ("signer_authority", 10), ("signer_of_whom", 200))


def upgrade() -> None:
    op.add_column("signer", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("signer", sa.Column("valid_to", sa.Date(), nullable=True))
    op.create_check_constraint("ck_signer_period", "signer", "valid_to >= valid_from")

    op.alter_column("recognition", "signer", nullable=True)
    op.alter_column("recognition", "signer_title", nullable=True)
    op.add_column("recognition", sa.Column("made_by_id", sa.Integer(), nullable=True))
    op.add_column("recognition", sa.Column("made_by_name", sa.String(length=200), nullable=True))
    for table, known in (("recognition", 2), ("certificate", 0)):
        for name, length in _SIGNATURE[known:]:
            op.add_column(table, sa.Column(name, sa.String(length=length), nullable=True))
        op.add_column(table, sa.Column("signer_id", sa.Integer(), nullable=True))
        op.create_foreign_key(f"fk_{table}_signer_id", table, "signer", ["signer_id"], ["id"])
        op.create_index(f"ix_{table}_signer_id", table, ["signer_id"])

    op.add_column("certificate", sa.Column("replaces_id", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_certificate_replaces_id", "certificate", "certificate", ["replaces_id"], ["id"])
    op.create_unique_constraint("uq_certificate_replaces_id", "certificate", ["replaces_id"])
    op.add_column("certificate", sa.Column("birth_date", sa.Date(), nullable=True))
    op.add_column("certificate", sa.Column("birth_year", sa.Integer(), nullable=True))
    # Papers took both from where they are taken here: the person's record, and the recognition of the class.
    op.execute(
        "UPDATE certificate c SET birth_date = e.birth_date, birth_year = e.birth_year"
        " FROM enrolment s JOIN employee e ON e.id = s.employee_id WHERE s.id = c.enrolment_id"
    )
    op.execute(
        "UPDATE certificate c SET signer = r.signer, signer_title = r.signer_title"
        " FROM recognition r WHERE r.class_id = c.class_id AND r.withdrawn_at IS NULL"
    )

    op.create_table(
        "certificate_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("wish", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("answer", sa.String(length=400), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("wish IN ('lost', 'wrong')", name="ck_certificate_request_wish"),
        sa.CheckConstraint("state IN ('open', 'done', 'refused')", name="ck_certificate_request_state"),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="ck_certificate_request_answered"),
        sa.CheckConstraint("(state = 'done') = (entry_id IS NOT NULL)", name="ck_certificate_request_entry"),
        sa.CheckConstraint("state <> 'refused' OR answer IS NOT NULL", name="ck_certificate_request_answer"),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name="fk_certificate_request_certificate_id"
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["certificate.id"], name="fk_certificate_request_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_certificate_request"),
    )
    op.create_index("ix_certificate_request_certificate_id", "certificate_request", ["certificate_id"])
    op.create_index("ix_certificate_request_entry_id", "certificate_request", ["entry_id"])
    op.create_index(
        "uq_certificate_request_open",
        "certificate_request",
        ["certificate_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )

    op.add_column(
        "result_rule", sa.Column("four_eyes", sa.String(length=10), server_default="possible", nullable=False)
    )
    op.create_check_constraint(
        "ck_result_rule_four_eyes", "result_rule", "four_eyes IN ('always', 'possible', 'never')"
    )


def downgrade() -> None:
    op.drop_column("result_rule", "four_eyes")
    op.drop_table("certificate_request")
    for name in ("birth_year", "birth_date", "replaces_id"):
        op.drop_column("certificate", name)
    for table, known in (("recognition", 2), ("certificate", 0)):
        op.drop_column(table, "signer_id")
        for name, _length in _SIGNATURE[known:]:
            op.drop_column(table, name)
    op.drop_column("recognition", "made_by_name")
    op.drop_column("recognition", "made_by_id")
    op.execute("UPDATE recognition SET signer = coalesce(signer, ''), signer_title = coalesce(signer_title, '')")
    op.alter_column("recognition", "signer", nullable=False)
    op.alter_column("recognition", "signer_title", nullable=False)
    op.drop_column("signer", "valid_to")
    op.drop_column("signer", "valid_from")
