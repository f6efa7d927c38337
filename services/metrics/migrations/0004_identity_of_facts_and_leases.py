"""Facts keep their identity, discarded records are kept, leaders hold leases."""

from deploy.alembic.facts_and_leases import downgrade, upgrade

__all__ = ["downgrade", "upgrade"]

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
