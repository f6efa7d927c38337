"""Children get seats: by asking in time, or by allocation of ranked choices."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _enrolments()
    op.execute(DECISION)
    _allocations()
    _results()


def _enrolments() -> None:
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reserve", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text()),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("accepts_promotion", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("passed_for", sa.Text()),
        sa.Column("ending", sa.Text()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(pool IS NOT NULL) = (state IN ('enrolled', 'offered'))", name=op.f("ck_enrolment_a_seat_is_in_a_pool")
        ),
        sa.CheckConstraint(
            "(expires_at IS NOT NULL) = (state = 'offered')", name=op.f("ck_enrolment_an_offer_expires")
        ),
        sa.CheckConstraint("(ending IS NOT NULL) = (state = 'ended')", name=op.f("ck_enrolment_an_end_has_a_reason")),
        sa.CheckConstraint(
            "(passed_for IS NOT NULL) = (state = 'passed')", name=op.f("ck_enrolment_passed_for_a_reason")
        ),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_enrolment_offering_id_offering")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_enrolment_school_id_school")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_enrolment_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
    )
    op.create_index(
        "ix_enrolment_expires_at", "enrolment", ["expires_at"], postgresql_where=sa.text("state = 'offered'")
    )
    op.create_index("ix_enrolment_offering_id_id", "enrolment", ["offering_id", "id"])
    op.create_index(
        "ix_enrolment_queue",
        "enrolment",
        ["offering_id", "ticket"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'passed')"),
    )
    op.create_index("ix_enrolment_school_id_id", "enrolment", ["school_id", "id"])
    op.create_index("ix_enrolment_student_id", "enrolment", ["student_id"])
    op.create_index(
        "uq_enrolment_offering_id_student_id",
        "enrolment",
        ["offering_id", "student_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )


def _allocations() -> None:
    """Drawings of lots, and the choices of families."""
    op.create_table(
        "allocation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Uuid()),
        sa.Column("district", sa.Text()),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_source", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("public_value", sa.Text()),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_allocation_window_is_not_empty")),
        sa.CheckConstraint(
            "(state = 'open') = (public_value IS NULL)", name=op.f("ck_allocation_drawn_with_a_public_value")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_allocation_school_id_school")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_allocation_term_id_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index("ix_allocation_term_id", "allocation", ["term_id"])
    op.create_table(
        "preference",
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("choices", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("fk_preference_allocation_id_allocation")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_preference_student_id_student")),
        sa.PrimaryKeyConstraint("allocation_id", "student_id", "slots", name=op.f("pk_preference")),
    )
    op.create_index("ix_preference_student_id", "preference", ["student_id"])


def _results() -> None:
    """What was drawn: markets, frozen seats with their cut-offs, and frozen lists with their seats."""
    op.create_table(
        "drawn_market",
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("slots", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("fk_drawn_market_allocation_id_allocation")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_drawn_market_school_id_school")),
        sa.PrimaryKeyConstraint("allocation_id", "name", name=op.f("pk_drawn_market")),
    )
    op.create_table(
        "drawn_offering",
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("admitted", sa.Integer(), nullable=False),
        sa.Column("last_credit", sa.Integer()),
        sa.Column("last_number", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("fk_drawn_offering_allocation_id_allocation")
        ),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_drawn_offering_offering_id_offering")),
        sa.PrimaryKeyConstraint("allocation_id", "offering_id", "group", name=op.f("pk_drawn_offering")),
    )
    op.create_table(
        "drawn_list",
        sa.Column("allocation_id", sa.Uuid(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("child", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("choices", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("groups", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("credit", sa.Integer(), nullable=False),
        sa.Column("offering_id", sa.Uuid()),
        sa.Column("pool", sa.Text()),
        sa.Column("left_for", sa.Text()),
        sa.ForeignKeyConstraint(
            ["allocation_id"], ["allocation.id"], name=op.f("fk_drawn_list_allocation_id_allocation")
        ),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_drawn_list_offering_id_offering")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_drawn_list_student_id_student")),
        sa.PrimaryKeyConstraint("allocation_id", "market", "child", name=op.f("pk_drawn_list")),
    )
    op.create_index("ix_drawn_list_student_id", "drawn_list", ["student_id"])


DECISION = """
CREATE FUNCTION decide_enrolment(
    in_enrolment uuid, in_event uuid, in_offering uuid, in_student uuid, in_guardian text, in_school uuid,
    in_accepts boolean, in_at timestamptz, in_today date, in_actor text, in_traceparent text
) RETURNS TABLE (
    refused text, id uuid, version bigint, offering_id uuid, student_id uuid, school_id uuid, state text, reserve text,
    pool text, ticket int, accepts_promotion boolean, asked_at timestamptz, decided_at timestamptz,
    expires_at timestamptz, passed_for text, ending text, ended_at timestamptz, queued int
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    course offering%ROWTYPE;
    child membership%ROWTYPE;
    place school%ROWTYPE;
    own text := 'general';
    seat text;
    line int;
BEGIN
    -- Who asks, and for whom. Nothing here depends on other requests, so nothing is locked yet.
    SELECT * INTO course FROM offering o WHERE o.id = in_offering;
    IF NOT FOUND OR course.school_id <> coalesce(in_school, course.school_id) THEN
        refused := 'offering-not-found'; RETURN NEXT; RETURN;
    END IF;
    IF in_guardian IS NOT NULL AND NOT EXISTS (
        SELECT FROM guardianship g
        WHERE g.student_id = in_student AND g.subject = in_guardian AND g.may_act AND NOT g.barred
          AND g.valid_from <= in_today AND (g.valid_to IS NULL OR g.valid_to > in_today)
    ) THEN
        refused := 'student-not-found'; RETURN NEXT; RETURN;
    END IF;
    SELECT * INTO child FROM membership m
    WHERE m.student_id = in_student AND m.valid_from <= in_today AND (m.valid_to IS NULL OR m.valid_to > in_today);
    IF NOT FOUND OR child.school_id <> coalesce(in_school, child.school_id) THEN
        refused := CASE WHEN in_school IS NULL THEN 'student-left' ELSE 'student-not-found' END;
        RETURN NEXT; RETURN;
    END IF;
    IF child.school_id <> course.school_id THEN
        refused := 'other-school'; RETURN NEXT; RETURN;
    END IF;
    IF course.mode <> 'rush' THEN
        refused := 'enrolment-by-allocation'; RETURN NEXT; RETURN;
    END IF;
    IF NOT child.grade = ANY (course.grades) THEN
        refused := 'grade-not-admitted'; RETURN NEXT; RETURN;
    END IF;

    -- The offering's lock is the queue at the counter; the child's keeps its other requests from clashing unseen.
    SELECT * INTO course FROM offering o WHERE o.id = in_offering FOR NO KEY UPDATE;
    PERFORM FROM student s WHERE s.id = in_student FOR NO KEY UPDATE;
    IF course.frozen_at IS NOT NULL THEN
        refused := 'offering-frozen'; RETURN NEXT; RETURN;
    END IF;
    IF in_at < course.opens_at OR in_at >= course.closes_at THEN
        refused := 'enrolment-not-open'; RETURN NEXT; RETURN;
    END IF;
    IF EXISTS (
        SELECT FROM enrolment e
        WHERE e.offering_id = in_offering AND e.student_id = in_student AND e.state <> 'ended'
    ) THEN
        refused := 'already-enrolled'; RETURN NEXT; RETURN;
    END IF;
    IF EXISTS (
        SELECT FROM offering_period p
        JOIN occupation c ON c.holder_id = in_student AND c.term_id = course.term_id
                         AND c.weekday = p.weekday AND c.number = p.number AND c.half = ANY (course.halves)
        WHERE p.offering_id = in_offering
    ) THEN
        refused := 'child-busy'; RETURN NEXT; RETURN;
    END IF;

    -- In several groups a child counts in the first alone; see GROUP_ORDER.
    SELECT s."group" INTO own FROM seat_pool s
    JOIN student_group g ON g.student_id = in_student AND g."group" = s."group"
                        AND g.valid_from <= in_today AND (g.valid_to IS NULL OR g.valid_to > in_today)
    WHERE s.offering_id = in_offering
    ORDER BY array_position(ARRAY['hardship', 'left_behind', 'siblings'], s."group") LIMIT 1;
    own := coalesce(own, 'general');

    -- A seat of the own group, else of everybody's, else of a reserve whose time has come; but nobody jumps a queue.
    SELECT s."group" INTO seat FROM seat_pool s
    WHERE s.offering_id = in_offering AND s.enrolled + s.offered < s.size AND s.waiting = 0
      AND (s."group" = own OR (
          (s."group" = 'general' OR s.release_at <= in_at)
          AND NOT EXISTS (SELECT FROM seat_pool q
                          WHERE q.offering_id = in_offering AND q."group" = 'general' AND q.waiting > 0)))
    ORDER BY s."group" = own DESC, s."group" = 'general' DESC LIMIT 1;

    IF seat IS NOT NULL THEN
        UPDATE seat_pool s SET enrolled = s.enrolled + 1 WHERE s.offering_id = in_offering AND s."group" = seat;
        INSERT INTO occupation (holder_id, term_id, weekday, number, half, offering_id)
        SELECT in_student, course.term_id, p.weekday, p.number, half, in_offering
        FROM offering_period p CROSS JOIN unnest(course.halves) AS half WHERE p.offering_id = in_offering;
    ELSE
        UPDATE seat_pool s SET waiting = s.waiting + 1
        WHERE s.offering_id = in_offering AND s."group" IN ('general', own);
        SELECT s.waiting INTO line FROM seat_pool s WHERE s.offering_id = in_offering AND s."group" = 'general';
    END IF;
    UPDATE offering o SET asked = o.asked + 1 WHERE o.id = in_offering;
    SELECT * INTO place FROM school s WHERE s.id = course.school_id;
    WITH fact AS (
        -- The journal's columns are those of shared/facts/journal.py.
        INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor, traceparent)
        SELECT in_event, 'afterschool.enrolments.v1',
               CASE WHEN seat IS NULL THEN 'afterschool.enrolment.waitlisted.v1'
                    ELSE 'afterschool.enrolment.enrolled.v1' END,
               in_enrolment, 1,
               json_build_object('enrolment_id', in_enrolment, 'offering_id', in_offering, 'student_id', in_student,
                                 'school_id', place.id, 'district', place.district, 'street', place.street,
                                 'at', to_char(in_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
               in_actor, in_traceparent
        RETURNING journal.id
    )
    INSERT INTO outbox_pending (journal_id) SELECT fact.id FROM fact;
    RETURN QUERY
    INSERT INTO enrolment AS e (id, version, offering_id, student_id, school_id, state, reserve, pool, ticket,
                                accepts_promotion, asked_at, decided_at)
    VALUES (in_enrolment, 1, in_offering, in_student, course.school_id,
            CASE WHEN seat IS NULL THEN 'waiting' ELSE 'enrolled' END, own, seat, course.asked + 1, in_accepts, in_at,
            CASE WHEN seat IS NOT NULL THEN in_at END)
    RETURNING NULL::text, e.id, e.version, e.offering_id, e.student_id, e.school_id, e.state, e.reserve, e.pool,
              e.ticket, e.accepts_promotion, e.asked_at, e.decided_at, e.expires_at, e.passed_for, e.ending, e.ended_at,
              line;
END $$
"""
"""One row: either `refused` says why nothing was done, or the enrolment with its position in the queue."""


def downgrade() -> None:
    op.execute("DROP FUNCTION decide_enrolment")
    for table in ("drawn_list", "drawn_offering", "drawn_market", "preference", "allocation", "enrolment"):
        op.drop_table(table)
