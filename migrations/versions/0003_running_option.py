"""The calendar in which a class runs stands on the class itself, kept by the database."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Whatever opens, moves, cancels or reopens a class writes `open_class`; this follows it. No foreign key: the one of
# `open_class.option_id` already keeps the calendar from being deleted, and a second one between the two tables would
# make every join of them ambiguous.
RUNNING_OPTION = """
CREATE FUNCTION keep_running_option() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched integer[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.class_id] WHEN 'DELETE' THEN ARRAY[OLD.class_id]
                         ELSE ARRAY[OLD.class_id, NEW.class_id] END;
BEGIN
    UPDATE training_class c SET running_option_id = r.option_id
    FROM (SELECT t.id, (SELECT o.option_id FROM open_class o WHERE o.class_id = t.id AND o.cancelled_at IS NULL)
          FROM unnest(touched) AS t (id)) r (id, option_id)
    WHERE c.id = r.id AND c.running_option_id IS DISTINCT FROM r.option_id;
    RETURN NULL;
END $$;
CREATE TRIGGER open_class_runs AFTER INSERT OR UPDATE OF class_id, option_id, cancelled_at OR DELETE ON open_class
    FOR EACH ROW EXECUTE FUNCTION keep_running_option();
UPDATE training_class c SET running_option_id = o.option_id
FROM open_class o WHERE o.class_id = c.id AND o.cancelled_at IS NULL;
"""


def upgrade() -> None:
    op.add_column("training_class", sa.Column("running_option_id", sa.Integer(), nullable=True))
    op.get_bind().connection.cursor().execute(RUNNING_OPTION)


def downgrade() -> None:
    op.execute("DROP TRIGGER open_class_runs ON open_class")
    op.execute("DROP FUNCTION keep_running_option")
    op.drop_column("training_class", "running_option_id")
