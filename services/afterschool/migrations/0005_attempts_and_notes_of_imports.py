"""Imports count their attempts, keep notes and can be cancelled."""

from deploy.alembic.attempts_of_imports import downgrade, upgrade

__all__ = ["downgrade", "upgrade"]

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
