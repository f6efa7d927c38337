"""entries are looked up by single characters, whatever stands beside them"""

import sqlalchemy as sa
from alembic import op

from services.registry.ledger.institutions.searching import searchable

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CHUNK = 5000


def upgrade() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, name, address, search FROM institution")).all()
    stale = [
        {"id": row.id, "search": wanted} for row in rows if (wanted := searchable(row.name, row.address)) != row.search
    ]
    for start in range(0, len(stale), CHUNK):
        connection.execute(
            sa.text("UPDATE institution SET search = :search WHERE id = :id"), stale[start : start + CHUNK]
        )


def downgrade() -> None:
    """Nothing to undo: the version before reads the same column."""
