"""Columns and tables of every service for facts with an identity and leases with an end. Frozen, as `shared_tables`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def upgrade() -> None:
    """The fact behind a version, what was given up, and leases with an end."""
    op.create_table(
        "discarded",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="as it was parked"),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=True, comment="null where the record does not say"),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=True,
            comment="null where the record takes no place among the facts of its key",
        ),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("record_key", sa.LargeBinary(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("discarded_by", sa.Text(), nullable=False),
        sa.Column("discarded_because", sa.Text(), nullable=True),
        sa.Column("discarded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discarded")),
    )
    op.create_index(
        "ix_discarded_consumer_topic_key_version", "discarded", ["consumer", "topic", "key", "version"], unique=False
    )
    op.create_table(
        "lease",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_lease")),
    )
    op.add_column(
        "applied",
        sa.Column(
            "event_id",
            sa.Uuid(),
            nullable=True,
            comment="the fact that had the version `event_version`; null where it is not known",
        ),
    )
    op.add_column(
        "applied",
        sa.Column(
            "event_version",
            sa.BigInteger(),
            nullable=True,
            comment="below `version` where a worker of before this column moved it",
        ),
    )
    op.add_column("parked", sa.Column("event_id", sa.Uuid(), nullable=True))
    op.add_column("parked", sa.Column("record_key", sa.LargeBinary(), nullable=True))
    op.alter_column(
        "parked",
        "version",
        existing_type=sa.BIGINT(),
        comment="null where the record takes no place among the facts of its key",
        existing_nullable=True,
    )
    op.drop_index(op.f("uq_parked_consumer_topic_key_version"), table_name="parked")
    op.create_index(
        "ix_parked_consumer_topic_key_version", "parked", ["consumer", "topic", "key", "version"], unique=False
    )


def downgrade() -> None:
    """Drop the tables and columns; discarded records are lost."""
    op.drop_index("ix_parked_consumer_topic_key_version", table_name="parked")
    # An older worker keeps one record per version: of several, the later ones lose their place, and none is lost.
    op.execute(
        """UPDATE parked SET version = NULL FROM parked AS earlier
        WHERE (earlier.consumer, earlier.topic, earlier.key, earlier.version)
            = (parked.consumer, parked.topic, parked.key, parked.version) AND earlier.id < parked.id"""
    )
    op.create_index(
        op.f("uq_parked_consumer_topic_key_version"), "parked", ["consumer", "topic", "key", "version"], unique=True
    )
    op.alter_column(
        "parked",
        "version",
        existing_type=sa.BIGINT(),
        comment=None,
        existing_comment="null where the record takes no place among the facts of its key",
        existing_nullable=True,
    )
    op.drop_column("parked", "record_key")
    op.drop_column("parked", "event_id")
    op.drop_column("applied", "event_version")
    op.drop_column("applied", "event_id")
    op.drop_table("lease")
    op.drop_index("ix_discarded_consumer_topic_key_version", table_name="discarded")
    op.drop_table("discarded")
