"""Facts keep their identity, discarded records are kept, leaders hold leases."""

from deploy.alembic.facts_and_leases import downgrade, upgrade

__all__ = ["downgrade", "upgrade"]

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None
