"""The job queue's tables, the database's own count of seats, the roles."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"

# Every change of enrolments moves the count of their classes; `ck_training_class_capacity` holds the capacity,
# whichever path a seat came by. Statement-level, so that publishing 12,000 seats updates each class once.
SEAT_COUNT = """
CREATE FUNCTION count_seats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE training_class c SET seats_taken = c.seats_taken + n.seats
        FROM (SELECT class_id, count(*) AS seats FROM new_rows WHERE state <> 'cancelled' GROUP BY class_id) n
        WHERE c.id = n.class_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE training_class c SET seats_taken = c.seats_taken - o.seats
        FROM (SELECT class_id, count(*) AS seats FROM old_rows WHERE state <> 'cancelled' GROUP BY class_id) o
        WHERE c.id = o.class_id;
    ELSE
        UPDATE training_class c SET seats_taken = c.seats_taken + d.seats
        FROM (SELECT class_id, sum(seats) AS seats FROM (
                  SELECT class_id, 1 AS seats FROM new_rows WHERE state <> 'cancelled'
                  UNION ALL SELECT class_id, -1 FROM old_rows WHERE state <> 'cancelled') moved
              GROUP BY class_id HAVING sum(seats) <> 0) d
        WHERE c.id = d.class_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER enrolment_inserted AFTER INSERT ON enrolment
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_seats();
CREATE TRIGGER enrolment_updated AFTER UPDATE ON enrolment
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_seats();
CREATE TRIGGER enrolment_deleted AFTER DELETE ON enrolment
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_seats();
"""

# Versions of one standard do not overlap. Ranges of one id, because equality of integers under GiST would need the
# extension btree_gist; only where the id is there, because a range without ends holds everything.
STANDARD_VERSIONS = """
ALTER TABLE standard ADD CONSTRAINT ex_standard_position EXCLUDE USING gist
    (int4range(position_id, position_id, '[]') WITH &&, daterange(valid_from, valid_to, '[]') WITH &&)
    WHERE (position_id IS NOT NULL);
ALTER TABLE standard ADD CONSTRAINT ex_standard_title EXCLUDE USING gist
    (int4range(title_id, title_id, '[]') WITH &&, daterange(valid_from, valid_to, '[]') WITH &&)
    WHERE (title_id IS NOT NULL);
"""

# Nobody is in two units at once, no unit below two others in one tree, no day under two limits. Deferred: an operation
# that ends one period and begins the next need not mind in which order they are written.
PERIODS = """
ALTER TABLE assignment ADD CONSTRAINT ex_assignment_main EXCLUDE USING gist
    (int4range(employee_id, employee_id, '[]') WITH &&, daterange(first, last, '[]') WITH &&)
    WHERE (main) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE unit_link ADD CONSTRAINT ex_unit_link_period EXCLUDE USING gist
    (int4range(unit_id, unit_id, '[]') WITH &&, daterange(first, last, '[]') WITH &&)
    WHERE (tree = 'party') DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE unit_link ADD CONSTRAINT ex_unit_link_state EXCLUDE USING gist
    (int4range(unit_id, unit_id, '[]') WITH &&, daterange(first, last, '[]') WITH &&)
    WHERE (tree = 'state') DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE career_limits ADD CONSTRAINT ex_career_limits_valid EXCLUDE USING gist
    (daterange(valid_from, valid_to, '[]') WITH &&) DEFERRABLE INITIALLY DEFERRED;
"""

# Norms of one kind of cost, tier and kind of course do not overlap: what is the same becomes a number, because equality
# of texts under GiST would need an extension.
COST_NORMS = """
CREATE FUNCTION cost_norm_subject(kind varchar, tier_id integer, course_kind varchar) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$
    SELECT ('x' || substr(md5(kind || '/' || coalesce(tier_id, 0)::text || '/' || coalesce(course_kind, '')), 1, 15)
           )::bit(60)::bigint $$;
ALTER TABLE cost_norm ADD CONSTRAINT ex_cost_norm_valid EXCLUDE USING gist
    (int8range(cost_norm_subject(kind, tier_id, course_kind), cost_norm_subject(kind, tier_id, course_kind), '[]')
     WITH &&, daterange(valid_from, valid_to, '[]') WITH &&) DEFERRABLE INITIALLY DEFERRED;
"""

# One rule of results on a day, for each course and for all of them.
RESULT_RULES = """
ALTER TABLE result_rule ADD CONSTRAINT ex_result_rule_valid EXCLUDE USING gist
    (int4range(coalesce(course_id, 0), coalesce(course_id, 0), '[]') WITH &&,
     daterange(valid_from, valid_to, '[]') WITH &&) DEFERRABLE INITIALLY DEFERRED;
"""

# A seat of which something is recorded does not end. The app says so in words first (`enrolments/records.py`).
RECORDED_SEATS = """
CREATE FUNCTION recorded_seat_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM attendance_mark WHERE enrolment_id = NEW.id)
        OR EXISTS (SELECT FROM test_score WHERE enrolment_id = NEW.id)
        OR EXISTS (SELECT FROM result WHERE enrolment_id = NEW.id)
        OR EXISTS (SELECT FROM certificate WHERE enrolment_id = NEW.id AND cancelled_at IS NULL)
    THEN
        RAISE EXCEPTION 'seat % has marks, scores, a result or a certificate', NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrolment_recorded BEFORE UPDATE OF state ON enrolment FOR EACH ROW
    WHEN (OLD.state <> 'cancelled' AND NEW.state = 'cancelled') EXECUTE FUNCTION recorded_seat_stays();
"""

# A paper stays as it was issued: its bytes, number and subject never change, and it is never deleted.
FROZEN_PAPERS = """
CREATE FUNCTION document_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.content, OLD.sha256, OLD.facts, OLD.code, OLD.kind, OLD.year, OLD.issuer_id)
        IS DISTINCT FROM (NEW.content, NEW.sha256, NEW.facts, NEW.code, NEW.kind, NEW.year, NEW.issuer_id)
        OR (OLD.number, OLD.symbol, OLD.issued_on, OLD.plan_id, OLD.class_id, OLD.enrolment_id, OLD.employee_id,
            OLD.option_id)
        IS DISTINCT FROM
           (NEW.number, NEW.symbol, NEW.issued_on, NEW.plan_id, NEW.class_id, NEW.enrolment_id, NEW.employee_id,
            NEW.option_id)
    THEN
        RAISE EXCEPTION 'paper % is frozen as issued', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER document_frozen BEFORE UPDATE OR DELETE ON document
    FOR EACH ROW EXECUTE FUNCTION document_is_frozen();
"""

ROLES = """
INSERT INTO role (name) VALUES ('trainee'), ('unit_officer'), ('leader'), ('appraiser'), ('finance'), ('planner'),
    ('administrator'), ('host')
"""


def upgrade() -> None:
    # The driver takes several statements at once only without parameters and with % doubled by nobody.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(SchemaManager.get_schema())
    cursor.execute(SEAT_COUNT)
    cursor.execute(STANDARD_VERSIONS)
    cursor.execute(PERIODS)
    cursor.execute(COST_NORMS)
    cursor.execute(RESULT_RULES)
    cursor.execute(RECORDED_SEATS)
    cursor.execute(FROZEN_PAPERS)
    cursor.execute(ROLES)


def downgrade() -> None:
    raise NotImplementedError("The first schema is not taken back: drop the database.")
