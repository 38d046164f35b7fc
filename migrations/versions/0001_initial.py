"""Every table of the first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("operation", sa.String(length=60), nullable=False),
        sa.Column("entity", sa.String(length=60), nullable=False),
        sa.Column("entity_id", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=400), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_actor_id"), "audit_entry", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index("ix_audit_entry_entity", "audit_entry", ["entity", "entity_id"], unique=False)
    op.create_table(
        "career_limits",
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("titles_per_person", sa.Integer(), nullable=True),
        sa.Column("people_per_title", sa.Integer(), nullable=True),
        sa.Column("least_planned", sa.Integer(), nullable=True),
        sa.Column("most_planned", sa.Integer(), nullable=True),
        sa.Column("most_age_men", sa.Integer(), nullable=True),
        sa.Column("most_age_women", sa.Integer(), nullable=True),
        sa.Column("young_under", sa.Integer(), nullable=False),
        sa.Column("least_young", sa.Integer(), nullable=True),
        sa.Column("least_women", sa.Integer(), nullable=True),
        sa.Column("least_minority", sa.Integer(), nullable=True),
        sa.Column("most_excellent", sa.Integer(), nullable=True),
        sa.Column("excellent_score", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("most_planned >= least_planned", name=op.f("ck_career_limits_planned")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_career_limits_valid")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_career_limits")),
        sa.UniqueConstraint("valid_from", name=op.f("uq_career_limits_valid_from")),
    )
    op.create_table(
        "certificate_register",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=50), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_number >= 0", name=op.f("ck_certificate_register_last_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_register")),
        sa.UniqueConstraint("year", "series", name=op.f("uq_certificate_register_year_series")),
    )
    op.create_table(
        "competency",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competency")),
        sa.UniqueConstraint("code", name=op.f("uq_competency_code")),
    )
    op.create_index(op.f("ix_competency_sort_key"), "competency", ["sort_key"], unique=False)
    op.create_table(
        "course",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("default_min_seats", sa.Integer(), nullable=False),
        sa.Column("default_max_seats", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=400), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_course_days")),
        sa.CheckConstraint("default_min_seats BETWEEN 0 AND default_max_seats", name=op.f("ck_course_sizes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("code", name=op.f("uq_course_code")),
    )
    op.create_index(op.f("ix_course_sort_key"), "course", ["sort_key"], unique=False)
    op.create_table(
        "failed_check",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_check")),
    )
    op.create_index("ix_failed_check_address_at", "failed_check", ["address", "at"], unique=False)
    op.create_index(op.f("ix_failed_check_at"), "failed_check", ["at"], unique=False)
    op.create_table(
        "fund",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_fund_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund")),
        sa.UniqueConstraint("code", name=op.f("uq_fund_code")),
    )
    op.create_index(op.f("ix_fund_sort_key"), "fund", ["sort_key"], unique=False)
    op.create_index(op.f("ix_fund_year"), "fund", ["year"], unique=False)
    op.create_table(
        "imported_value",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_imported_value")),
    )
    op.create_table(
        "lecturer_tier",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lecturer_tier")),
        sa.UniqueConstraint("code", name=op.f("uq_lecturer_tier_code")),
    )
    op.create_index(op.f("ix_lecturer_tier_sort_key"), "lecturer_tier", ["sort_key"], unique=False)
    op.create_table(
        "message_kind",
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("site", sa.Boolean(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_kind")),
        sa.UniqueConstraint("kind", name=op.f("uq_message_kind_kind")),
    )
    op.create_table(
        "paper_template",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("uploaded_by", sa.String(length=200), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_template")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_paper_template_kind_number")),
    )
    op.create_index(
        "uq_paper_template_in_use", "paper_template", ["kind"], unique=True, postgresql_where=sa.text("in_use")
    )
    op.create_table(
        "place",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
        sa.UniqueConstraint("code", name=op.f("uq_place_code")),
    )
    op.create_index(op.f("ix_place_sort_key"), "place", ["sort_key"], unique=False)
    op.create_table(
        "planning_review",
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_planning_review_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_review")),
        sa.UniqueConstraint("code", name=op.f("uq_planning_review_code")),
    )
    op.create_index(op.f("ix_planning_review_sort_key"), "planning_review", ["sort_key"], unique=False)
    op.create_table(
        "position",
        sa.Column("head", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
        sa.UniqueConstraint("code", name=op.f("uq_position_code")),
    )
    op.create_index(op.f("ix_position_sort_key"), "position", ["sort_key"], unique=False)
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("name", name=op.f("uq_role_name")),
    )
    op.create_table(
        "round",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_round_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("code", name=op.f("uq_round_code")),
    )
    op.create_index(op.f("ix_round_sort_key"), "round", ["sort_key"], unique=False)
    op.create_index(op.f("ix_round_year"), "round", ["year"], unique=False)
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_address"), "sign_in_failure", ["address"], unique=False)
    op.create_index(op.f("ix_sign_in_failure_at"), "sign_in_failure", ["at"], unique=False)
    op.create_index(op.f("ix_sign_in_failure_identity"), "sign_in_failure", ["identity"], unique=False)
    op.create_table(
        "title",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("committee", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_title")),
        sa.UniqueConstraint("code", name=op.f("uq_title_code")),
    )
    op.create_index(op.f("ix_title_sort_key"), "title", ["sort_key"], unique=False)
    op.create_table(
        "cost_norm",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("course_kind", sa.String(length=30), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("ceiling", sa.Boolean(), nullable=False),
        sa.Column("payer", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 0 AND share BETWEEN 1 AND 100", name=op.f("ck_cost_norm_amount")),
        sa.CheckConstraint("lessons BETWEEN 1 AND 8", name=op.f("ck_cost_norm_lessons")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_cost_norm_period")),
        sa.ForeignKeyConstraint(["tier_id"], ["lecturer_tier.id"], name=op.f("fk_cost_norm_tier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_norm")),
    )
    op.create_index(op.f("ix_cost_norm_kind"), "cost_norm", ["kind"], unique=False)
    op.create_index(op.f("ix_cost_norm_tier_id"), "cost_norm", ["tier_id"], unique=False)
    op.create_table(
        "course_equivalence",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("course_id <> substitute_id", name=op.f("ck_course_equivalence_differ")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_equivalence_course_id")),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["course.id"], name=op.f("fk_course_equivalence_substitute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_equivalence")),
        sa.UniqueConstraint(
            "course_id", "substitute_id", name=op.f("uq_course_equivalence_course_id_substitute_id")
        ),
    )
    op.create_index(
        op.f("ix_course_equivalence_substitute_id"), "course_equivalence", ["substitute_id"], unique=False
    )
    op.create_table(
        "course_level",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_level_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_level")),
        sa.UniqueConstraint("course_id", "level", name=op.f("uq_course_level_course_id_level")),
    )
    op.create_index(op.f("ix_course_level_level"), "course_level", ["level"], unique=False)
    op.create_table(
        "course_test",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "position BETWEEN 1 AND 6 AND weight BETWEEN 1 AND 10", name=op.f("ck_course_test_figures")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_test_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_test")),
        sa.UniqueConstraint("course_id", "position", name=op.f("uq_course_test_course_id_position")),
    )
    op.create_table(
        "eligibility_rule",
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_eligibility_rule_valid")),
        sa.CheckConstraint("value > 0", name=op.f("ck_eligibility_rule_value")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_eligibility_rule_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_rule")),
        sa.UniqueConstraint(
            "course_id", "kind", "valid_from", name=op.f("uq_eligibility_rule_course_id_kind_valid_from")
        ),
    )
    op.create_table(
        "host",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_host_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host")),
        sa.UniqueConstraint("code", name=op.f("uq_host_code")),
    )
    op.create_index(op.f("ix_host_place_id"), "host", ["place_id"], unique=False)
    op.create_index(op.f("ix_host_sort_key"), "host", ["sort_key"], unique=False)
    op.create_table(
        "plan",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("value_mandatory", sa.Integer(), nullable=False),
        sa.Column("value_standard", sa.Integer(), nullable=False),
        sa.Column("value_expiring", sa.Integer(), nullable=False),
        sa.Column("value_planned_title", sa.Integer(), nullable=False),
        sa.Column("value_wish", sa.Integer(), nullable=False),
        sa.Column("value_unit_step", sa.Integer(), nullable=False),
        sa.Column("value_year_waiting", sa.Integer(), nullable=False),
        sa.Column("most_years_waiting", sa.Integer(), nullable=False),
        sa.Column("floor_percent", sa.Integer(), nullable=False),
        sa.Column("floor_penalty", sa.Integer(), nullable=False),
        sa.Column("change_penalty", sa.Integer(), nullable=False),
        sa.Column("max_changes", sa.Integer(), nullable=True),
        sa.Column("time_limit", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("published_run_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_by", sa.String(length=200), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(told_at IS NULL) = (told_by IS NULL)", name=op.f("ck_plan_told")),
        sa.CheckConstraint("floor_percent BETWEEN 0 AND 100", name=op.f("ck_plan_floor_percent")),
        sa.CheckConstraint("time_limit BETWEEN 1 AND 86400", name=op.f("ck_plan_time_limit")),
        sa.CheckConstraint(
            "value_mandatory >= 0 AND value_standard >= 0 AND value_expiring >= 0 AND value_planned_title >= 0 AND value_wish >= 0 AND value_unit_step >= 0 AND value_year_waiting >= 0 AND most_years_waiting >= 0 AND floor_penalty >= 0 AND change_penalty >= 0 AND max_changes >= 0 AND seed >= 0",
            name=op.f("ck_plan_policy"),
        ),
        sa.ForeignKeyConstraint(
            ["published_run_id"], ["optimizer_run.id"], name=op.f("fk_plan_published_run_id"), use_alter=True
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["plan.id"], name=op.f("fk_plan_replaces_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_plan_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("code", name=op.f("uq_plan_code")),
        sa.UniqueConstraint("published_run_id", name=op.f("uq_plan_published_run_id")),
    )
    op.create_index(op.f("ix_plan_round_id"), "plan", ["round_id"], unique=False)
    op.create_index(op.f("ix_plan_sort_key"), "plan", ["sort_key"], unique=False)
    op.create_index(
        "uq_plan_published", "plan", ["round_id"], unique=True, postgresql_where=sa.text("state = 'published'")
    )
    op.create_table(
        "prerequisite_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_prerequisite_group_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prerequisite_group")),
    )
    op.create_index(op.f("ix_prerequisite_group_course_id"), "prerequisite_group", ["course_id"], unique=False)
    op.create_table(
        "result_rule",
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("least_attendance", sa.Integer(), nullable=False),
        sa.Column("leave_counts", sa.Boolean(), nullable=False),
        sa.Column("least_score", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("excellent_from", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("good_from", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("fair_from", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= least_score AND least_score <= fair_from AND fair_from <= good_from AND good_from <= excellent_from AND excellent_from <= 10",
            name=op.f("ck_result_rule_bands"),
        ),
        sa.CheckConstraint("least_attendance BETWEEN 0 AND 100", name=op.f("ck_result_rule_attendance")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_result_rule_period")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_result_rule_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_rule")),
    )
    op.create_index(op.f("ix_result_rule_course_id"), "result_rule", ["course_id"], unique=False)
    op.create_table(
        "standard",
        sa.Column("position_id", sa.Integer(), nullable=True),
        sa.Column("title_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("paper", sa.String(length=400), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(position_id IS NULL) <> (title_id IS NULL)", name=op.f("ck_standard_subject")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_standard_valid")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_standard_position_id")),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], name=op.f("fk_standard_title_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard")),
        sa.UniqueConstraint("code", name=op.f("uq_standard_code")),
    )
    op.create_index(op.f("ix_standard_position_id"), "standard", ["position_id"], unique=False)
    op.create_index(op.f("ix_standard_sort_key"), "standard", ["sort_key"], unique=False)
    op.create_index(op.f("ix_standard_title_id"), "standard", ["title_id"], unique=False)
    op.create_table(
        "travel",
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.Column("destination_id", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_travel_points")),
        sa.ForeignKeyConstraint(["destination_id"], ["place.id"], name=op.f("fk_travel_destination_id")),
        sa.ForeignKeyConstraint(["origin_id"], ["place.id"], name=op.f("fk_travel_origin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_travel")),
        sa.UniqueConstraint("origin_id", "destination_id", name=op.f("uq_travel_origin_id_destination_id")),
    )
    op.create_index(op.f("ix_travel_destination_id"), "travel", ["destination_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("max_absent", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("max_absent >= 0", name=op.f("ck_unit_max_absent")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_unit_parent")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_unit_valid")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_unit_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_index(op.f("ix_unit_parent_id"), "unit", ["parent_id"], unique=False)
    op.create_index(op.f("ix_unit_place_id"), "unit", ["place_id"], unique=False)
    op.create_index(op.f("ix_unit_sort_key"), "unit", ["sort_key"], unique=False)
    op.create_table(
        "approval_step",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("own_unit", sa.Boolean(), nullable=False),
        sa.Column("forbids_own", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "role IN ('leader', 'appraiser', 'finance', 'planner')", name=op.f("ck_approval_step_role")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_approval_step_round_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_approval_step_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_step")),
        sa.UniqueConstraint(
            "round_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_approval_step_round_id_position"),
        ),
    )
    op.create_index(op.f("ix_approval_step_round_id"), "approval_step", ["round_id"], unique=False)
    op.create_table(
        "employee",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("position_id", sa.Integer(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(length=10), nullable=True),
        sa.Column("rank_code", sa.String(length=20), nullable=True),
        sa.Column("salary_step", sa.Integer(), nullable=True),
        sa.Column("degree", sa.String(length=60), nullable=True),
        sa.Column("political_theory", sa.String(length=60), nullable=True),
        sa.Column("state_management", sa.String(length=60), nullable=True),
        sa.Column("languages", sa.String(length=200), nullable=True),
        sa.Column("computing", sa.String(length=200), nullable=True),
        sa.Column("planned_titles", sa.String(length=400), nullable=True),
        sa.Column("ratings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("service_start", sa.Date(), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("max_days", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("birth_year BETWEEN 1900 AND 2100", name=op.f("ck_employee_birth_year")),
        sa.CheckConstraint("max_days >= 0", name=op.f("ck_employee_max_days")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_employee_position_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_employee_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee")),
        sa.UniqueConstraint("code", name=op.f("uq_employee_code")),
    )
    op.create_index(op.f("ix_employee_position_id"), "employee", ["position_id"], unique=False)
    op.create_index(op.f("ix_employee_sort_key"), "employee", ["sort_key"], unique=False)
    op.create_index(op.f("ix_employee_unit_id"), "employee", ["unit_id"], unique=False)
    op.create_table(
        "excellent_ground",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=400), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_excellent_ground_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_excellent_ground")),
        sa.UniqueConstraint("unit_id", "year", name=op.f("uq_excellent_ground_unit_id_year")),
    )
    op.create_index(op.f("ix_excellent_ground_year"), "excellent_ground", ["year"], unique=False)
    op.create_table(
        "issuer",
        sa.Column("parent_name", sa.String(length=200), nullable=True),
        sa.Column("place_name", sa.String(length=100), nullable=False),
        sa.Column("host_id", sa.Integer(), nullable=True),
        sa.Column("copies", sa.Text(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_issuer_host_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer")),
        sa.UniqueConstraint("code", name=op.f("uq_issuer_code")),
        sa.UniqueConstraint("host_id", name=op.f("uq_issuer_host_id")),
    )
    op.create_index(op.f("ix_issuer_sort_key"), "issuer", ["sort_key"], unique=False)
    op.create_table(
        "lecturer",
        sa.Column("host_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=100), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_lecturer_host_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lecturer")),
        sa.UniqueConstraint("code", name=op.f("uq_lecturer_code")),
    )
    op.create_index(op.f("ix_lecturer_host_id"), "lecturer", ["host_id"], unique=False)
    op.create_index(op.f("ix_lecturer_sort_key"), "lecturer", ["sort_key"], unique=False)
    op.create_table(
        "optimizer_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_requested", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("instance", sa.LargeBinary(), nullable=True),
        sa.Column("solution", sa.LargeBinary(), nullable=True),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("bound", sa.BigInteger(), nullable=True),
        sa.Column("gap", sa.Double(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("peak_mb", sa.Double(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_optimizer_run_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_optimizer_run")),
    )
    op.create_index(op.f("ix_optimizer_run_plan_id"), "optimizer_run", ["plan_id"], unique=False)
    op.create_index(
        "uq_optimizer_run_active",
        "optimizer_run",
        ["plan_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('QUEUED', 'RUNNING')"),
    )
    op.create_table(
        "prerequisite_course",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_prerequisite_course_course_id")),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["prerequisite_group.id"],
            name=op.f("fk_prerequisite_course_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group_id", "course_id", name=op.f("pk_prerequisite_course")),
    )
    op.create_table(
        "requirement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("standard_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("least_level", sa.String(length=40), nullable=True),
        sa.Column("competency_id", sa.Integer(), nullable=True),
        sa.Column("competency_level", sa.Integer(), nullable=True),
        sa.Column("validity_months", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(competency_id IS NULL) = (competency_level IS NULL)", name=op.f("ck_requirement_competency")
        ),
        sa.CheckConstraint("competency_level BETWEEN 1 AND 5", name=op.f("ck_requirement_competency_level")),
        sa.CheckConstraint("validity_months > 0", name=op.f("ck_requirement_validity_months")),
        sa.ForeignKeyConstraint(["competency_id"], ["competency.id"], name=op.f("fk_requirement_competency_id")),
        sa.ForeignKeyConstraint(
            ["standard_id"], ["standard.id"], name=op.f("fk_requirement_standard_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement")),
        sa.UniqueConstraint("standard_id", "number", name=op.f("uq_requirement_standard_id_number")),
    )
    op.create_index(op.f("ix_requirement_competency_id"), "requirement", ["competency_id"], unique=False)
    op.create_table(
        "room",
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("seats > 0", name=op.f("ck_room_seats")),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_room_host_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("code", name=op.f("uq_room_code")),
    )
    op.create_index(op.f("ix_room_host_id"), "room", ["host_id"], unique=False)
    op.create_index(op.f("ix_room_sort_key"), "room", ["sort_key"], unique=False)
    op.create_table(
        "training_class",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("host_id", sa.Integer(), nullable=True),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("min_seats", sa.Integer(), nullable=False),
        sa.Column("max_seats", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("fixed_cost", sa.BigInteger(), nullable=False),
        sa.Column("seat_cost", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("opening_paper", sa.String(length=200), nullable=True),
        sa.Column("appraised_on", sa.Date(), nullable=True),
        sa.Column("appraised_by", sa.String(length=200), nullable=True),
        sa.Column("seats_taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(opened_on IS NULL) = (opening_paper IS NULL)", name=op.f("ck_training_class_opening")
        ),
        sa.CheckConstraint("fixed_cost >= 0 AND seat_cost >= 0", name=op.f("ck_training_class_costs")),
        sa.CheckConstraint("min_seats BETWEEN 0 AND max_seats", name=op.f("ck_training_class_sizes")),
        sa.CheckConstraint("seats_taken BETWEEN 0 AND max_seats", name=op.f("ck_training_class_capacity")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_training_class_course_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_training_class_fund_id")),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_training_class_host_id")),
        sa.ForeignKeyConstraint(["tier_id"], ["lecturer_tier.id"], name=op.f("fk_training_class_tier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_class")),
        sa.UniqueConstraint("code", name=op.f("uq_training_class_code")),
    )
    op.create_index(op.f("ix_training_class_course_id"), "training_class", ["course_id"], unique=False)
    op.create_index(op.f("ix_training_class_fund_id"), "training_class", ["fund_id"], unique=False)
    op.create_index(op.f("ix_training_class_host_id"), "training_class", ["host_id"], unique=False)
    op.create_index(op.f("ix_training_class_sort_key"), "training_class", ["sort_key"], unique=False)
    op.create_index(op.f("ix_training_class_tier_id"), "training_class", ["tier_id"], unique=False)
    op.create_index(op.f("ix_training_class_year"), "training_class", ["year"], unique=False)
    op.create_table(
        "unit_link",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("tree", sa.String(length=10), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_unit_link_period")),
        sa.CheckConstraint("parent_id <> unit_id", name=op.f("ck_unit_link_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_link_parent_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_link_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_link")),
    )
    op.create_index(op.f("ix_unit_link_parent_id"), "unit_link", ["parent_id"], unique=False)
    op.create_index(op.f("ix_unit_link_unit_id"), "unit_link", ["unit_id"], unique=False)
    op.create_table(
        "unit_succession",
        sa.Column("predecessor_id", sa.Integer(), nullable=False),
        sa.Column("successor_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("predecessor_id <> successor_id", name=op.f("ck_unit_succession_distinct")),
        sa.ForeignKeyConstraint(["predecessor_id"], ["unit.id"], name=op.f("fk_unit_succession_predecessor_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["unit.id"], name=op.f("fk_unit_succession_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_succession")),
        sa.UniqueConstraint(
            "predecessor_id", "successor_id", name=op.f("uq_unit_succession_predecessor_id_successor_id")
        ),
    )
    op.create_index(op.f("ix_unit_succession_successor_id"), "unit_succession", ["successor_id"], unique=False)
    op.create_table(
        "absence",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_absence_period")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_absence_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
        sa.UniqueConstraint("employee_id", "first", name=op.f("uq_absence_employee_id_first")),
    )
    op.create_index(op.f("ix_absence_employee_id"), "absence", ["employee_id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("position_id", sa.Integer(), nullable=True),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("main", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_assignment_period")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_assignment_employee_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_assignment_position_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_assignment_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_employee_id"), "assignment", ["employee_id"], unique=False)
    op.create_index(op.f("ix_assignment_position_id"), "assignment", ["position_id"], unique=False)
    op.create_index(op.f("ix_assignment_unit_id"), "assignment", ["unit_id"], unique=False)
    op.create_table(
        "calendar_event",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("location", sa.String(length=500), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('CONFIRMED', 'TENTATIVE', 'CANCELLED')", name=op.f("ck_calendar_event_status")
        ),
        sa.CheckConstraint("last >= first", name=op.f("ck_calendar_event_period")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_calendar_event_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_calendar_event_employee_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("employee_id", "class_id", "number", name=op.f("pk_calendar_event")),
    )
    op.create_index(op.f("ix_calendar_event_class_id"), "calendar_event", ["class_id"], unique=False)
    op.create_table(
        "calendar_feed",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_calendar_feed_employee_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("employee_id", name=op.f("uq_calendar_feed_employee_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_table(
        "class_book",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("entered_by_name", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'running') = (entered_at IS NULL)", name=op.f("ck_class_book_entered")),
        sa.CheckConstraint("(state = 'running') = (rule_id IS NULL)", name=op.f("ck_class_book_rule")),
        sa.CheckConstraint("state IN ('running', 'entered', 'recognised')", name=op.f("ck_class_book_state")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_class_book_class_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["result_rule.id"], name=op.f("fk_class_book_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_book")),
        sa.UniqueConstraint("class_id", name=op.f("uq_class_book_class_id")),
    )
    op.create_index(op.f("ix_class_book_rule_id"), "class_book", ["rule_id"], unique=False)
    op.create_table(
        "class_option",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_class_option_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_class_option_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_option")),
        sa.UniqueConstraint("code", name=op.f("uq_class_option_code")),
    )
    op.create_index(op.f("ix_class_option_class_id"), "class_option", ["class_id"], unique=False)
    op.create_index(op.f("ix_class_option_place_id"), "class_option", ["place_id"], unique=False)
    op.create_table(
        "class_quota",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("max_seats", sa.Integer(), nullable=False),
        sa.CheckConstraint("max_seats >= 0", name=op.f("ck_class_quota_max_seats")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_class_quota_class_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_quota")),
    )
    op.create_index(op.f("ix_class_quota_class_id"), "class_quota", ["class_id"], unique=False)
    op.create_table(
        "class_test",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "position BETWEEN 1 AND 6 AND weight BETWEEN 1 AND 10", name=op.f("ck_class_test_figures")
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_class_test_class_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_test")),
        sa.UniqueConstraint("class_id", "position", name=op.f("uq_class_test_class_id_position")),
    )
    op.create_table(
        "commitment",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("ending", sa.String(length=20), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ending IS DISTINCT FROM 'left' OR starts_on IS NOT NULL", name=op.f("ck_commitment_left_start")
        ),
        sa.CheckConstraint("(ending IS NULL) = (ended_on IS NULL)", name=op.f("ck_commitment_ending")),
        sa.CheckConstraint("cost >= 0 AND months > 0", name=op.f("ck_commitment_figures")),
        sa.CheckConstraint("ending IS NULL OR cost IS NOT NULL", name=op.f("ck_commitment_ended_cost")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_commitment_course_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_commitment_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commitment")),
        sa.UniqueConstraint(
            "employee_id", "course_id", "signed_on", name=op.f("uq_commitment_employee_id_course_id_signed_on")
        ),
    )
    op.create_index(op.f("ix_commitment_course_id"), "commitment", ["course_id"], unique=False)
    op.create_table(
        "competency_assessment",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("competency_id", sa.Integer(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 5", name=op.f("ck_competency_assessment_level")),
        sa.ForeignKeyConstraint(
            ["competency_id"], ["competency.id"], name=op.f("fk_competency_assessment_competency_id")
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_competency_assessment_employee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competency_assessment")),
        sa.UniqueConstraint(
            "employee_id",
            "competency_id",
            "assessed_on",
            name=op.f("uq_competency_assessment_employee_id_competency_id_assessed_on"),
        ),
    )
    op.create_index(
        op.f("ix_competency_assessment_competency_id"), "competency_assessment", ["competency_id"], unique=False
    )
    op.create_table(
        "completion",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("certificate_number", sa.String(length=60), nullable=True),
        sa.Column("issuer", sa.String(length=200), nullable=True),
        sa.Column(
            "certificate_key",
            sa.String(length=300),
            sa.Computed(
                "lower(regexp_replace(certificate_number || '|' || coalesce(issuer, ''), '\\s', '', 'g'))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_completion_course_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_completion_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completion")),
        sa.UniqueConstraint(
            "employee_id",
            "course_id",
            "completed_on",
            name=op.f("uq_completion_employee_id_course_id_completed_on"),
        ),
    )
    op.create_index(op.f("ix_completion_certificate_key"), "completion", ["certificate_key"], unique=False)
    op.create_index(op.f("ix_completion_course_id"), "completion", ["course_id"], unique=False)
    op.create_table(
        "correction_request",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("wanted", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("answer", sa.String(length=1000), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'open') = (answer IS NULL)", name=op.f("ck_correction_request_answer")),
        sa.CheckConstraint(
            "(state = 'open') = (answered_at IS NULL)", name=op.f("ck_correction_request_answered")
        ),
        sa.CheckConstraint("state IN ('open', 'done', 'refused')", name=op.f("ck_correction_request_state")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_correction_request_employee_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_request")),
    )
    op.create_index(op.f("ix_correction_request_employee_id"), "correction_request", ["employee_id"], unique=False)
    op.create_table(
        "cost_line",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("per_seat", sa.Boolean(), nullable=False),
        sa.Column("tier_id", sa.Integer(), nullable=True),
        sa.Column("norm_id", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("payer", sa.String(length=20), nullable=False),
        sa.Column("own_quantity", sa.BigInteger(), nullable=True),
        sa.Column("own_price", sa.BigInteger(), nullable=True),
        sa.Column("own_payer", sa.String(length=20), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "quantity >= 0 AND price >= 0 AND coalesce(own_quantity, 0) >= 0 AND coalesce(own_price, 0) >= 0",
            name=op.f("ck_cost_line_amounts"),
        ),
        sa.CheckConstraint(
            "reason IS NOT NULL OR (own_quantity IS NULL AND own_price IS NULL AND own_payer IS NULL AND NOT by_hand)",
            name=op.f("ck_cost_line_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_cost_line_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["norm_id"], ["cost_norm.id"], name=op.f("fk_cost_line_norm_id")),
        sa.ForeignKeyConstraint(["tier_id"], ["lecturer_tier.id"], name=op.f("fk_cost_line_tier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_line")),
    )
    op.create_index(op.f("ix_cost_line_class_id"), "cost_line", ["class_id"], unique=False)
    op.create_index(op.f("ix_cost_line_norm_id"), "cost_line", ["norm_id"], unique=False)
    op.create_index(op.f("ix_cost_line_tier_id"), "cost_line", ["tier_id"], unique=False)
    op.create_index(
        "uq_cost_line_generated",
        "cost_line",
        ["class_id", "kind", "per_seat"],
        unique=True,
        postgresql_where=sa.text("NOT by_hand"),
    )
    op.create_table(
        "eligibility_exception",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=400), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_by_name", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_name", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_at IS NULL)", name=op.f("ck_eligibility_exception_decided")
        ),
        sa.CheckConstraint("decided_by_id <> asked_by_id", name=op.f("ck_eligibility_exception_second_person")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_eligibility_exception_employee_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["eligibility_rule.id"], name=op.f("fk_eligibility_exception_rule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_exception")),
        sa.UniqueConstraint("employee_id", "rule_id", name=op.f("uq_eligibility_exception_employee_id_rule_id")),
    )
    op.create_index(op.f("ix_eligibility_exception_rule_id"), "eligibility_exception", ["rule_id"], unique=False)
    op.create_index(op.f("ix_eligibility_exception_state"), "eligibility_exception", ["state"], unique=False)
    op.create_table(
        "exemption",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("course_id", sa.Integer(), nullable=True),
        sa.Column("ground", sa.String(length=400), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind IS NULL) <> (course_id IS NULL)", name=op.f("ck_exemption_subject")),
        sa.CheckConstraint("last >= first", name=op.f("ck_exemption_period")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_exemption_course_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_exemption_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption")),
    )
    op.create_index(op.f("ix_exemption_course_id"), "exemption", ["course_id"], unique=False)
    op.create_index(op.f("ix_exemption_employee_id"), "exemption", ["employee_id"], unique=False)
    op.create_table(
        "feedback_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.SmallInteger(), nullable=False),
        sa.Column("lecturers", sa.SmallInteger(), nullable=False),
        sa.Column("organisation", sa.SmallInteger(), nullable=False),
        sa.Column("usefulness", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "content BETWEEN 1 AND 5 AND lecturers BETWEEN 1 AND 5 AND organisation BETWEEN 1 AND 5 AND usefulness BETWEEN 1 AND 5",
            name=op.f("ck_feedback_answer_points"),
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_feedback_answer_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_answer")),
    )
    op.create_index(op.f("ix_feedback_answer_class_id"), "feedback_answer", ["class_id"], unique=False)
    op.create_table(
        "held_half_day",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("part IN ('morning', 'afternoon')", name=op.f("ck_held_half_day_part")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["training_class.id"], name=op.f("fk_held_half_day_class_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_half_day")),
        sa.UniqueConstraint("class_id", "day", "part", name=op.f("uq_held_half_day_class_id_day_part")),
    )
    op.create_table(
        "held_title",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_held_title_period")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_held_title_employee_id")),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], name=op.f("fk_held_title_title_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_title")),
        sa.UniqueConstraint(
            "employee_id", "title_id", "first", name=op.f("uq_held_title_employee_id_title_id_first")
        ),
    )
    op.create_index(op.f("ix_held_title_title_id"), "held_title", ["title_id"], unique=False)
    op.create_table(
        "knowledge_test",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_knowledge_test_score")),
        sa.CheckConstraint("year BETWEEN 1900 AND 2100", name=op.f("ck_knowledge_test_year")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_knowledge_test_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_test")),
        sa.UniqueConstraint("employee_id", "year", name=op.f("uq_knowledge_test_employee_id_year")),
    )
    op.create_index(op.f("ix_knowledge_test_year"), "knowledge_test", ["year"], unique=False)
    op.create_table(
        "need",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("wished_time", sa.String(length=100), nullable=True),
        sa.Column("expected_cost", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("carried_from_id", sa.Integer(), nullable=True),
        sa.Column("years_waiting", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'submitted') <= (step_id IS NOT NULL)", name=op.f("ck_need_waits_somewhere")),
        sa.CheckConstraint(
            "state IN ('registered', 'draft', 'submitted', 'returned', 'approved', 'cut', 'withdrawn')",
            name=op.f("ck_need_state"),
        ),
        sa.CheckConstraint("expected_cost >= 0", name=op.f("ck_need_expected_cost")),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name=op.f("ck_need_priority")),
        sa.CheckConstraint("years_waiting >= 0", name=op.f("ck_need_years_waiting")),
        sa.ForeignKeyConstraint(["carried_from_id"], ["need.id"], name=op.f("fk_need_carried_from_id")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_need_course_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_need_employee_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_need_round_id")),
        sa.ForeignKeyConstraint(["step_id"], ["approval_step.id"], name=op.f("fk_need_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint(
            "round_id", "employee_id", "course_id", name=op.f("uq_need_round_id_employee_id_course_id")
        ),
    )
    op.create_index(op.f("ix_need_carried_from_id"), "need", ["carried_from_id"], unique=False)
    op.create_index(op.f("ix_need_course_id"), "need", ["course_id"], unique=False)
    op.create_index(op.f("ix_need_employee_id"), "need", ["employee_id"], unique=False)
    op.create_index(op.f("ix_need_round_id"), "need", ["round_id"], unique=False)
    op.create_index(op.f("ix_need_state"), "need", ["state"], unique=False)
    op.create_index(op.f("ix_need_step_id"), "need", ["step_id"], unique=False)
    op.create_table(
        "paper_register",
        sa.Column("issuer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_paper_register_issuer_id")),
        sa.PrimaryKeyConstraint("issuer_id", "kind", "year", name=op.f("pk_paper_register")),
    )
    op.create_table(
        "payment",
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("paper", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_payment_class_id")),
        sa.ForeignKeyConstraint(["fund_id"], ["fund.id"], name=op.f("fk_payment_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("fund_id", "paper", name=op.f("uq_payment_fund_id_paper")),
    )
    op.create_index(op.f("ix_payment_class_id"), "payment", ["class_id"], unique=False)
    op.create_index(op.f("ix_payment_fund_id"), "payment", ["fund_id"], unique=False)
    op.create_table(
        "planned_title",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("title_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("paper", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("removed_on >= added_on", name=op.f("ck_planned_title_period")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_planned_title_employee_id")),
        sa.ForeignKeyConstraint(["title_id"], ["title.id"], name=op.f("fk_planned_title_title_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_planned_title_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_title")),
        sa.UniqueConstraint(
            "employee_id",
            "title_id",
            "unit_id",
            "added_on",
            name=op.f("uq_planned_title_employee_id_title_id_unit_id_added_on"),
        ),
    )
    op.create_index(op.f("ix_planned_title_added_on"), "planned_title", ["added_on"], unique=False)
    op.create_index(op.f("ix_planned_title_removed_on"), "planned_title", ["removed_on"], unique=False)
    op.create_index(op.f("ix_planned_title_title_id"), "planned_title", ["title_id"], unique=False)
    op.create_index(op.f("ix_planned_title_unit_id"), "planned_title", ["unit_id"], unique=False)
    op.create_table(
        "recognition",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("signer", sa.String(length=200), nullable=False),
        sa.Column("signer_title", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=True),
        sa.Column("withdraw_ground", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdraw_ground IS NULL)", name=op.f("ck_recognition_withdrawn")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_recognition_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition")),
    )
    op.create_index(op.f("ix_recognition_class_id"), "recognition", ["class_id"], unique=False)
    op.create_index(
        "uq_recognition_class",
        "recognition",
        ["class_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "requirement_course",
        sa.Column("requirement_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_requirement_course_course_id")),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirement.id"],
            name=op.f("fk_requirement_course_requirement_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("requirement_id", "course_id", name=op.f("pk_requirement_course")),
    )
    op.create_index(op.f("ix_requirement_course_course_id"), "requirement_course", ["course_id"], unique=False)
    op.create_table(
        "sensitive_record",
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("ethnicity", sa.String(length=60), nullable=True),
        sa.Column("citizen_id", sa.String(length=12), nullable=True),
        sa.Column("party_member", sa.Boolean(), nullable=True),
        sa.Column("party_joined", sa.Date(), nullable=True),
        sa.Column("home_place", sa.String(length=200), nullable=True),
        sa.CheckConstraint("citizen_id ~ '^[0-9]{12}$'", name=op.f("ck_sensitive_record_citizen_id")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_sensitive_record_employee_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("employee_id", name=op.f("pk_sensitive_record")),
        sa.UniqueConstraint("citizen_id", name=op.f("uq_sensitive_record_citizen_id")),
    )
    op.create_table(
        "signer",
        sa.Column("issuer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("authority", sa.String(length=10), nullable=False),
        sa.Column("of_whom", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(authority IN ('own', 'Q')) = (of_whom IS NULL)", name=op.f("ck_signer_of_whom")),
        sa.CheckConstraint("authority IN ('own', 'TM', 'KT', 'TL', 'TUQ', 'Q')", name=op.f("ck_signer_authority")),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["issuer.id"], name=op.f("fk_signer_issuer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signer")),
    )
    op.create_index(op.f("ix_signer_issuer_id"), "signer", ["issuer_id"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("tf_primary_method", sa.String(length=64), nullable=True),
        sa.Column("tf_totp_secret", sa.String(length=255), nullable=True),
        sa.Column("mf_recovery_codes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("employee_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("sort_key", sa.String(collation="C"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_user_account_employee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("code", name=op.f("uq_user_account_code")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
        sa.UniqueConstraint("employee_id", name=op.f("uq_user_account_employee_id")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_user_account_fs_uniquifier")),
    )
    op.create_index(op.f("ix_user_account_sort_key"), "user_account", ["sort_key"], unique=False)
    op.create_table(
        "announcement",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopping', 'stopped', 'ready', 'failed')",
            name=op.f("ck_announcement_state"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_announcement_plan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_announcement_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("plan_id", name=op.f("uq_announcement_plan_id")),
    )
    op.create_index(op.f("ix_announcement_user_id"), "announcement", ["user_id"], unique=False)
    op.create_table(
        "delegation",
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("taker_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("ground", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("giver_id <> taker_id", name=op.f("ck_delegation_two_people")),
        sa.CheckConstraint("last >= first", name=op.f("ck_delegation_period")),
        sa.ForeignKeyConstraint(["giver_id"], ["user_account.id"], name=op.f("fk_delegation_giver_id")),
        sa.ForeignKeyConstraint(["taker_id"], ["user_account.id"], name=op.f("fk_delegation_taker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_giver_id"), "delegation", ["giver_id"], unique=False)
    op.create_index(op.f("ix_delegation_taker_id"), "delegation", ["taker_id"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("employee_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(length=200), nullable=True),
        sa.Column("offer_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_how", sa.String(length=20), nullable=True),
        sa.Column("end_reason", sa.String(length=400), nullable=True),
        sa.Column("overridden", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("override_ground", sa.String(length=400), nullable=True),
        sa.Column("instead_of_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(overridden = '[]') = (override_ground IS NULL)", name=op.f("ck_enrolment_override")),
        sa.CheckConstraint("(state = 'cancelled') = (ended_at IS NOT NULL)", name=op.f("ck_enrolment_ended")),
        sa.CheckConstraint("(state = 'cancelled') = (ended_how IS NOT NULL)", name=op.f("ck_enrolment_ended_how")),
        sa.CheckConstraint("(state = 'offered') <= (offer_ends_at IS NOT NULL)", name=op.f("ck_enrolment_offer")),
        sa.CheckConstraint("state IN ('offered', 'enrolled', 'cancelled')", name=op.f("ck_enrolment_state")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_enrolment_class_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_enrolment_employee_id")),
        sa.ForeignKeyConstraint(["instead_of_id"], ["enrolment.id"], name=op.f("fk_enrolment_instead_of_id")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_enrolment_need_id")),
        sa.ForeignKeyConstraint(["option_id"], ["class_option.id"], name=op.f("fk_enrolment_option_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_enrolment_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
    )
    op.create_index(op.f("ix_enrolment_class_id"), "enrolment", ["class_id"], unique=False)
    op.create_index(op.f("ix_enrolment_employee_id"), "enrolment", ["employee_id"], unique=False)
    op.create_index(op.f("ix_enrolment_instead_of_id"), "enrolment", ["instead_of_id"], unique=False)
    op.create_index(op.f("ix_enrolment_need_id"), "enrolment", ["need_id"], unique=False)
    op.create_index(op.f("ix_enrolment_option_id"), "enrolment", ["option_id"], unique=False)
    op.create_index(op.f("ix_enrolment_plan_id"), "enrolment", ["plan_id"], unique=False)
    op.create_index(
        "uq_enrolment_class",
        "enrolment",
        ["employee_id", "class_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_index(
        "uq_enrolment_need",
        "enrolment",
        ["need_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "export_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("producer", sa.String(length=60), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'ready') = (content IS NOT NULL)", name=op.f("ck_export_file_content")),
        sa.CheckConstraint("state IN ('queued', 'working', 'ready', 'failed')", name=op.f("ck_export_file_state")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_export_file_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_file")),
    )
    op.create_index(op.f("ix_export_file_created_at"), "export_file", ["created_at"], unique=False)
    op.create_index(op.f("ix_export_file_user_id"), "export_file", ["user_id"], unique=False)
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("context", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=True),
        sa.Column("preview", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("overwrite", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_import_batch_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index(op.f("ix_import_batch_user_id"), "import_batch", ["user_id"], unique=False)
    op.create_table(
        "mail_choice",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_mail_choice_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_choice")),
        sa.UniqueConstraint("user_id", name=op.f("uq_mail_choice_user_id")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("employee_id", sa.Integer(), nullable=True),
        sa.Column("mail_to", sa.String(length=255), nullable=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=True),
        sa.Column("about", postgresql.ARRAY(sa.String(length=60)), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'queued') = (next_try_at IS NOT NULL)", name=op.f("ck_message_queued")),
        sa.CheckConstraint("channel IN ('site', 'mail')", name=op.f("ck_message_channel")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'kept', 'failed', 'off')", name=op.f("ck_message_state")),
        sa.CheckConstraint("user_id IS NOT NULL OR employee_id IS NOT NULL", name=op.f("ck_message_recipient")),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employee.id"], name=op.f("fk_message_employee_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_message_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("employee_id", "channel", "key", name=op.f("uq_message_employee_id_channel_key")),
        sa.UniqueConstraint("user_id", "channel", "key", name=op.f("uq_message_user_id_channel_key")),
    )
    op.create_index("ix_message_about", "message", ["about"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_message_at"), "message", ["at"], unique=False)
    op.create_index(
        "ix_message_due",
        "message",
        ["next_try_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_message_kind_key", "message", ["kind", "key"], unique=False)
    op.create_index(
        "ix_message_unread",
        "message",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("channel = 'site' AND state = 'sent' AND read_at IS NULL"),
    )
    op.create_table(
        "need_transition",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("for_name", sa.String(length=200), nullable=True),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("from_step", sa.String(length=100), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("to_step", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.ForeignKeyConstraint(
            ["need_id"], ["need.id"], name=op.f("fk_need_transition_need_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_transition")),
    )
    op.create_index(op.f("ix_need_transition_need_id"), "need_transition", ["need_id"], unique=False)
    op.create_table(
        "not_the_same",
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=400), nullable=False),
        sa.Column("found_by", sa.String(length=200), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_not_the_same_order")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["completion.id"], name=op.f("fk_not_the_same_first_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["completion.id"], name=op.f("fk_not_the_same_second_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_not_the_same")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_not_the_same_first_id_second_id")),
    )
    op.create_index(op.f("ix_not_the_same_second_id"), "not_the_same", ["second_id"], unique=False)
    op.create_table(
        "open_class",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=False),
        sa.Column("last_entry_on", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("given_up", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("called_off", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL)", name=op.f("ck_open_class_cancelled")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_open_class_class_id")),
        sa.ForeignKeyConstraint(["option_id"], ["class_option.id"], name=op.f("fk_open_class_option_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_open_class_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_class")),
    )
    op.create_index(op.f("ix_open_class_class_id"), "open_class", ["class_id"], unique=False)
    op.create_index(op.f("ix_open_class_option_id"), "open_class", ["option_id"], unique=False)
    op.create_index(op.f("ix_open_class_plan_id"), "open_class", ["plan_id"], unique=False)
    op.create_index(
        "uq_open_class", "open_class", ["class_id"], unique=True, postgresql_where=sa.text("cancelled_at IS NULL")
    )
    op.create_table(
        "option_lecturer",
        sa.Column("option_id", sa.Integer(), nullable=False),
        sa.Column("lecturer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lecturer_id"], ["lecturer.id"], name=op.f("fk_option_lecturer_lecturer_id")),
        sa.ForeignKeyConstraint(
            ["option_id"], ["class_option.id"], name=op.f("fk_option_lecturer_option_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("option_id", "lecturer_id", name=op.f("pk_option_lecturer")),
    )
    op.create_table(
        "option_room",
        sa.Column("option_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["option_id"], ["class_option.id"], name=op.f("fk_option_room_option_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_option_room_room_id")),
        sa.PrimaryKeyConstraint("option_id", "room_id", name=op.f("pk_option_room")),
    )
    op.create_table(
        "option_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.CheckConstraint("last >= first", name=op.f("ck_option_session_period")),
        sa.ForeignKeyConstraint(
            ["option_id"], ["class_option.id"], name=op.f("fk_option_session_option_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_option_session")),
        sa.UniqueConstraint("option_id", "first", name=op.f("uq_option_session_option_id_first")),
    )
    op.create_table(
        "paper_batch",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("issuer_id", sa.Integer(), nullable=False),
        sa.Column("signer_id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'working', 'stopping', 'stopped', 'ready', 'failed')",
            name=op.f("ck_paper_batch_state"),
        ),
        sa.CheckConstraint("(plan_id IS NULL) <> (class_id IS NULL)", name=op.f("ck_paper_batch_subject")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_paper_batch_class_id")),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_paper_batch_issuer_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_paper_batch_plan_id")),
        sa.ForeignKeyConstraint(["signer_id"], ["signer.id"], name=op.f("fk_paper_batch_signer_id")),
        sa.ForeignKeyConstraint(["template_id"], ["paper_template.id"], name=op.f("fk_paper_batch_template_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_paper_batch_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_batch")),
    )
    op.create_index(op.f("ix_paper_batch_class_id"), "paper_batch", ["class_id"], unique=False)
    op.create_index(op.f("ix_paper_batch_issuer_id"), "paper_batch", ["issuer_id"], unique=False)
    op.create_index(op.f("ix_paper_batch_plan_id"), "paper_batch", ["plan_id"], unique=False)
    op.create_index(op.f("ix_paper_batch_signer_id"), "paper_batch", ["signer_id"], unique=False)
    op.create_index(op.f("ix_paper_batch_template_id"), "paper_batch", ["template_id"], unique=False)
    op.create_index(op.f("ix_paper_batch_user_id"), "paper_batch", ["user_id"], unique=False)
    op.create_table(
        "pin",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("ground", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('pin', 'ban')", name=op.f("ck_pin_kind")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_pin_class_id")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_pin_need_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_pin_plan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin")),
        sa.UniqueConstraint("plan_id", "need_id", "class_id", name=op.f("uq_pin_plan_id_need_id_class_id")),
    )
    op.create_index(op.f("ix_pin_class_id"), "pin", ["class_id"], unique=False)
    op.create_index(op.f("ix_pin_need_id"), "pin", ["need_id"], unique=False)
    op.create_table(
        "quota_unit",
        sa.Column("quota_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["quota_id"], ["class_quota.id"], name=op.f("fk_quota_unit_quota_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_quota_unit_unit_id")),
        sa.PrimaryKeyConstraint("quota_id", "unit_id", name=op.f("pk_quota_unit")),
    )
    op.create_table(
        "run_class",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_run_class_class_id")),
        sa.ForeignKeyConstraint(["option_id"], ["class_option.id"], name=op.f("fk_run_class_option_id")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["optimizer_run.id"], name=op.f("fk_run_class_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "class_id", name=op.f("pk_run_class")),
    )
    op.create_table(
        "run_need",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("value_parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("blocks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("(option_id IS NULL) <> (reason IS NULL)", name=op.f("ck_run_need_seat_or_reason")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_run_need_need_id")),
        sa.ForeignKeyConstraint(["option_id"], ["class_option.id"], name=op.f("fk_run_need_option_id")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["optimizer_run.id"], name=op.f("fk_run_need_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "need_id", name=op.f("pk_run_need")),
    )
    op.create_index("ix_run_need_need", "run_need", ["need_id"], unique=False)
    op.create_index(op.f("ix_run_need_option_id"), "run_need", ["option_id"], unique=False)
    op.create_index(op.f("ix_run_need_reason"), "run_need", ["reason"], unique=False)
    op.create_table(
        "seat_request",
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("answer", sa.String(length=400), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'refused') <= (answer IS NOT NULL)", name=op.f("ck_seat_request_answer")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'refused', 'withdrawn')", name=op.f("ck_seat_request_state")
        ),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_seat_request_class_id")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_seat_request_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_request")),
    )
    op.create_index(op.f("ix_seat_request_class_id"), "seat_request", ["class_id"], unique=False)
    op.create_index(op.f("ix_seat_request_need_id"), "seat_request", ["need_id"], unique=False)
    op.create_index(
        "uq_seat_request_open",
        "seat_request",
        ["need_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "user_host",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["host_id"], ["host.id"], name=op.f("fk_user_host_host_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_host_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "host_id", name=op.f("pk_user_host")),
    )
    op.create_table(
        "user_role",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_user_role_role_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_role_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_user_role")),
    )
    op.create_table(
        "user_unit",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_user_unit_unit_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_unit_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "unit_id", name=op.f("pk_user_unit")),
    )
    op.create_table(
        "waiting_list_entry",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("displaced", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'seated', 'left', 'closed')", name=op.f("ck_waiting_list_entry_state")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_waiting_list_entry_course_id")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_waiting_list_entry_need_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_waiting_list_entry_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_list_entry")),
    )
    op.create_index(op.f("ix_waiting_list_entry_course_id"), "waiting_list_entry", ["course_id"], unique=False)
    op.create_index(op.f("ix_waiting_list_entry_need_id"), "waiting_list_entry", ["need_id"], unique=False)
    op.create_index(op.f("ix_waiting_list_entry_plan_id"), "waiting_list_entry", ["plan_id"], unique=False)
    op.create_index(
        "uq_waiting_need",
        "waiting_list_entry",
        ["need_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "attendance_mark",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('present', 'late', 'leave', 'absent')", name=op.f("ck_attendance_mark_kind")),
        sa.CheckConstraint("part IN ('morning', 'afternoon')", name=op.f("ck_attendance_mark_part")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_attendance_mark_enrolment_id")),
        sa.PrimaryKeyConstraint("enrolment_id", "day", "part", name=op.f("pk_attendance_mark")),
    )
    op.create_table(
        "certificate",
        sa.Column("register_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("reissue_of_id", sa.Integer(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("holder", sa.String(length=400), nullable=False),
        sa.Column("search_key", sa.String(length=900), nullable=False),
        sa.Column("course", sa.String(length=400), nullable=False),
        sa.Column("classification", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(length=200), nullable=True),
        sa.Column("cancel_reason", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'confirmation') = (reissue_of_id IS NOT NULL)", name=op.f("ck_certificate_confirmation")
        ),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL)", name=op.f("ck_certificate_cancelled")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_certificate_number")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_certificate_class_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_certificate_enrolment_id")),
        sa.ForeignKeyConstraint(
            ["register_id"], ["certificate_register.id"], name=op.f("fk_certificate_register_id")
        ),
        sa.ForeignKeyConstraint(["reissue_of_id"], ["certificate.id"], name=op.f("fk_certificate_reissue_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("register_id", "number", name=op.f("uq_certificate_register_id_number")),
    )
    op.create_index(op.f("ix_certificate_class_id"), "certificate", ["class_id"], unique=False)
    op.create_index(op.f("ix_certificate_enrolment_id"), "certificate", ["enrolment_id"], unique=False)
    op.create_index(op.f("ix_certificate_reissue_of_id"), "certificate", ["reissue_of_id"], unique=False)
    op.create_index(
        "uq_certificate_enrolment",
        "certificate",
        ["enrolment_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'certificate' AND cancelled_at IS NULL"),
    )
    op.create_table(
        "document",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("employee_id", sa.Integer(), nullable=True),
        sa.Column("enrolment_id", sa.Integer(), nullable=True),
        sa.Column("option_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("issuer_id", sa.Integer(), nullable=False),
        sa.Column("signer_name", sa.String(length=200), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("symbol", sa.String(length=100), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("search", sa.String(length=900), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("template_sha256", sa.String(length=64), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_reason", sa.String(length=400), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("replaced_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'issued') = (ended_on IS NULL)", name=op.f("ck_document_ended")),
        sa.CheckConstraint("(state = 'issued') = (state_reason IS NULL)", name=op.f("ck_document_reason")),
        sa.CheckConstraint(
            "(state = 'replaced') = (replaced_by_id IS NOT NULL)", name=op.f("ck_document_replaced")
        ),
        sa.CheckConstraint("state IN ('issued', 'replaced', 'revoked')", name=op.f("ck_document_state")),
        sa.CheckConstraint("(employee_id IS NULL) = (enrolment_id IS NULL)", name=op.f("ck_document_person")),
        sa.CheckConstraint("plan_id IS NOT NULL OR class_id IS NOT NULL", name=op.f("ck_document_subject")),
        sa.ForeignKeyConstraint(["batch_id"], ["paper_batch.id"], name=op.f("fk_document_batch_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_document_class_id")),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_document_employee_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_document_enrolment_id")),
        sa.ForeignKeyConstraint(["issuer_id"], ["issuer.id"], name=op.f("fk_document_issuer_id")),
        sa.ForeignKeyConstraint(["option_id"], ["class_option.id"], name=op.f("fk_document_option_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_document_plan_id")),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"],
            ["document.id"],
            name=op.f("fk_document_replaced_by_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["template_id"], ["paper_template.id"], name=op.f("fk_document_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("batch_id", "enrolment_id", name=op.f("uq_document_batch_id_enrolment_id")),
        sa.UniqueConstraint("code", name=op.f("uq_document_code")),
        sa.UniqueConstraint(
            "issuer_id", "kind", "year", "number", name=op.f("uq_document_issuer_id_kind_year_number")
        ),
    )
    op.create_index(op.f("ix_document_class_id"), "document", ["class_id"], unique=False)
    op.create_index(op.f("ix_document_employee_id"), "document", ["employee_id"], unique=False)
    op.create_index(op.f("ix_document_enrolment_id"), "document", ["enrolment_id"], unique=False)
    op.create_index(op.f("ix_document_option_id"), "document", ["option_id"], unique=False)
    op.create_index(op.f("ix_document_plan_id"), "document", ["plan_id"], unique=False)
    op.create_index(op.f("ix_document_replaced_by_id"), "document", ["replaced_by_id"], unique=False)
    op.create_index(op.f("ix_document_sha256"), "document", ["sha256"], unique=False)
    op.create_index(op.f("ix_document_template_id"), "document", ["template_id"], unique=False)
    op.create_index(
        "uq_document_class",
        "document",
        ["kind", "class_id"],
        unique=True,
        postgresql_where=sa.text("state = 'issued' AND enrolment_id IS NULL"),
    )
    op.create_index(
        "uq_document_plan",
        "document",
        ["kind", "plan_id"],
        unique=True,
        postgresql_where=sa.text("state = 'issued' AND class_id IS NULL"),
    )
    op.create_index(
        "uq_document_seat",
        "document",
        ["kind", "enrolment_id"],
        unique=True,
        postgresql_where=sa.text("state = 'issued'"),
    )
    op.create_table(
        "feedback_given",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_feedback_given_enrolment_id")),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_feedback_given")),
    )
    op.create_table(
        "passed_over",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_passed_over_class_id")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["waiting_list_entry.id"], name=op.f("fk_passed_over_entry_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", "class_id", name=op.f("pk_passed_over")),
    )
    op.create_table(
        "result",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("held", sa.SmallInteger(), nullable=False),
        sa.Column("attended", sa.SmallInteger(), nullable=False),
        sa.Column("average", sa.Numeric(precision=4, scale=2), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("classification", sa.String(length=20), nullable=True),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("completion_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("passed = (faults = '[]')", name=op.f("ck_result_passed")),
        sa.CheckConstraint("attended BETWEEN 0 AND held", name=op.f("ck_result_attended")),
        sa.CheckConstraint("classification IS NULL OR passed", name=op.f("ck_result_classification")),
        sa.CheckConstraint("completion_id IS NULL OR passed", name=op.f("ck_result_completion")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_result_class_id")),
        sa.ForeignKeyConstraint(["completion_id"], ["completion.id"], name=op.f("fk_result_completion_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_result_enrolment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint("completion_id", name=op.f("uq_result_completion_id")),
        sa.UniqueConstraint("enrolment_id", name=op.f("uq_result_enrolment_id")),
    )
    op.create_index(op.f("ix_result_class_id"), "result", ["class_id"], unique=False)
    op.create_table(
        "test_score",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("value BETWEEN 0 AND 10", name=op.f("ck_test_score_value")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_test_score_enrolment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_score")),
        sa.UniqueConstraint("enrolment_id", "position", name=op.f("uq_test_score_enrolment_id_position")),
    )
    op.create_table(
        "result_correction",
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("marks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ground", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_by_name", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_name", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.String(length=400), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name=op.f("ck_result_correction_decided")),
        sa.CheckConstraint("state IN ('asked', 'approved', 'refused')", name=op.f("ck_result_correction_state")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> asked_by_id", name=op.f("ck_result_correction_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["result.id"], name=op.f("fk_result_correction_result_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_correction")),
    )
    op.create_index(op.f("ix_result_correction_result_id"), "result_correction", ["result_id"], unique=False)
    op.create_index(
        "uq_result_correction_open",
        "result_correction",
        ["result_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )


def downgrade() -> None:
    raise NotImplementedError("The first schema is not taken back: drop the database.")
