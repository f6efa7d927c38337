"""The tables that every service has in its own database, as revision 0001 of each service creates them.

A change to one of them is a new revision in all four services.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

APPEND_ONLY = (
    """CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()""",
)


def upgrade() -> None:
    _journal()
    _inbox()
    _leases()
    _idempotency()
    _imports()


def _journal() -> None:
    """What a service decided: the append-only journal, and the rows of it that the relay still has to send."""
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("key_version", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("traceparent", sa.Text()),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("octet_length(payload::text) < 900000", name=op.f("ck_journal_payload_fits_the_broker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("key", "key_version", name=op.f("uq_journal_key_key_version")),
    )
    op.create_table(
        "outbox_pending",
        sa.Column("journal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refused", sa.Text(), comment="why the broker refuses the fact; later facts of its key wait"),
        sa.PrimaryKeyConstraint("journal_id", name=op.f("pk_outbox_pending")),
        postgresql_with={"autovacuum_vacuum_threshold": 1000, "autovacuum_vacuum_scale_factor": 0},
    )
    op.create_index(
        "ix_outbox_pending_refused", "outbox_pending", ["journal_id"], postgresql_where=sa.text("refused IS NOT NULL")
    )
    for statement in APPEND_ONLY:
        op.execute(statement)


def _inbox() -> None:
    """What a service received: the position in each partition, the version applied of each key, and the records set
    aside (`parked`) or given up by an operator (`discarded`)."""
    op.create_table(
        "consumer_offset",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "topic", "partition", name=op.f("pk_consumer_offset")),
    )
    op.create_table(
        "applied",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), comment="fact with the version `event_version`; null if unknown"),
        sa.Column("event_version", sa.BigInteger(), comment="version of the fact `event_id`"),
        sa.PrimaryKeyConstraint("consumer", "topic", "key", name=op.f("pk_applied")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Uuid(), comment="null if the record has no key"),
        sa.Column("version", sa.BigInteger(), comment="null if the record has no place in the order of its key"),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("record_key", sa.LargeBinary()),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
    )
    op.create_index("ix_parked_consumer_topic_key_version", "parked", ["consumer", "topic", "key", "version"])
    op.create_table(
        "discarded",
        sa.Column(
            "id", sa.BigInteger(), autoincrement=False, nullable=False, comment="id that the record had in `parked`"
        ),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Uuid(), comment="null if the record has no key"),
        sa.Column("version", sa.BigInteger(), comment="null if the record has no place in the order of its key"),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("record_key", sa.LargeBinary()),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("discarded_by", sa.Text(), nullable=False),
        sa.Column("discarded_because", sa.Text()),
        sa.Column("discarded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discarded")),
    )
    op.create_index("ix_discarded_consumer_topic_key_version", "discarded", ["consumer", "topic", "key", "version"])


def _leases() -> None:
    """Which worker leads a task, and until when."""
    op.create_table(
        "lease",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_lease")),
    )


def _idempotency() -> None:
    """Answers to requests that carried an Idempotency-Key, kept for repetitions."""
    op.create_table(
        "idempotency_key",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "route", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_at"), "idempotency_key", ["at"])


def _imports() -> None:
    """Imports of files: the job, the file while it is needed, and the outcome of each row."""
    op.create_table(
        "import_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), comment="district of the importer; null is the whole city"),
        sa.Column("error", sa.Text(), comment="code of the reason why the whole file could not be read"),
        sa.Column("total", sa.Integer()),
        sa.Column("accepted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "attempts",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="attempts begun since the last chunk was done",
        ),
        sa.Column(
            "notes",
            postgresql.JSONB(),
            server_default="[]",
            nullable=False,
            comment="parts of the file that were not read",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_import_job_state_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index(
        "ix_import_job_open", "import_job", ["created_at"], postgresql_where=sa.text("state IN ('queued', 'running')")
    )
    op.create_table(
        "import_file",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["import_job.id"], name=op.f("fk_import_file_job_id_import_job")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_import_file")),
    )
    op.create_table(
        "import_row",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False, comment="counted from 1 below the header"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("entity_id", sa.Uuid()),
        sa.PrimaryKeyConstraint("job_id", "row", name=op.f("pk_import_row")),
    )


def downgrade() -> None:
    """Everything goes, the audit trail included."""
    for table in (
        "import_row",
        "import_file",
        "import_job",
        "idempotency_key",
        "lease",
        "discarded",
        "parked",
        "applied",
        "consumer_offset",
        "outbox_pending",
        "journal",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION journal_is_append_only()")
