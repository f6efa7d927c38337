"""Attempts, notes and a state for cancellation in every table of imports. Frozen, as `shared_tables`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

CHECK = "ck_import_job_state_is_known"


def upgrade() -> None:
    """Add the columns and the state `cancelled`."""
    op.add_column(
        "import_job",
        sa.Column(
            "attempts",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="begun since the last chunk was done",
        ),
    )
    op.add_column(
        "import_job",
        sa.Column(
            "notes", postgresql.JSONB(), server_default="[]", nullable=False, comment="what of the file was not read"
        ),
    )
    op.drop_constraint(op.f(CHECK), "import_job", type_="check")
    op.create_check_constraint(
        op.f(CHECK), "import_job", "state IN ('queued', 'running', 'done', 'failed', 'cancelled')"
    )


def downgrade() -> None:
    """Drop the columns; cancelled jobs become failed ones."""
    op.drop_constraint(op.f(CHECK), "import_job", type_="check")
    op.execute("UPDATE import_job SET state = 'failed', error = 'cancelled' WHERE state = 'cancelled'")
    op.create_check_constraint(op.f(CHECK), "import_job", "state IN ('queued', 'running', 'done', 'failed')")
    op.drop_column("import_job", "notes")
    op.drop_column("import_job", "attempts")
