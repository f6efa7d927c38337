"""The job, its file and one row of report for every row of the file."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.data.database import shared_metadata

import_job = Table(
    "import_job",
    shared_metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("filename", Text, nullable=False),
    Column("mapping", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    Column("scope", Text, comment="district of the importer; null is the whole city"),
    Column("error", Text, comment="code of the reason why the whole file could not be read"),
    Column("total", Integer),
    Column("accepted", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column(
        "attempts", Integer, nullable=False, server_default="0", comment="attempts begun since the last chunk was done"
    ),
    Column("notes", JSONB, nullable=False, server_default="[]", comment="parts of the file that were not read"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state_is_known"),
    Index("ix_import_job_open", "created_at", postgresql_where=text("state IN ('queued', 'running')")),
)

import_file = Table(
    "import_file",
    shared_metadata,
    Column("job_id", Uuid, ForeignKey("import_job.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

import_row = Table(
    "import_row",
    shared_metadata,
    Column("job_id", Uuid, nullable=False),
    Column("row", Integer, nullable=False, comment="counted from 1 below the header"),
    Column("outcome", Text, nullable=False),
    Column("codes", ARRAY(Text), nullable=False),
    Column("entity_id", Uuid),
    PrimaryKeyConstraint("job_id", "row"),
)
