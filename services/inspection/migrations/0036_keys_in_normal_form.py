"""references in their normal form"""

import sqlalchemy as sa
from alembic import op

from shared.data.database import key_condition
from shared.domain.text import key

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TABLES = (("target", "institution_id"), ("visit", "id"), ("violation", "id"))


def upgrade() -> None:
    for table, identity in TABLES:
        normalise(table, identity)
        op.create_check_constraint(op.f(f"ck_{table}_external_ref_is_normal"), table, key_condition("external_ref"))


def normalise(table: str, identity: str) -> None:
    """As the registry does it with the same references: of two that become one, the other carries the end of its id."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            f"SELECT {identity} AS id, external_ref AS said FROM {table} WHERE external_ref IS NOT NULL ORDER BY 1"  # noqa: S608  # names of ours
        )
    ).all()
    taken = {row.said for row in rows if key(row.said) == row.said}
    changes = []
    for row in rows:
        plain = key(row.said)
        if plain == row.said:
            continue
        if not plain or plain in taken:
            plain = f"{plain} #{str(row.id)[-12:]}".strip()
        taken.add(plain)
        changes.append({"id": row.id, "plain": plain})
    if changes:
        connection.execute(
            sa.text(f"UPDATE {table} SET external_ref = :plain WHERE {identity} = :id"),  # noqa: S608  # as above
            changes,
        )


def downgrade() -> None:
    for table, _ in TABLES:
        op.drop_constraint(op.f(f"ck_{table}_external_ref_is_normal"), table, type_="check")
