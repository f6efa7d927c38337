"""references and numbers in their normal form, and a column to look entries up by"""

import sqlalchemy as sa
from alembic import op

from services.registry.ledger.institutions.searching import searchable
from shared.data.database import key_condition
from shared.domain.text import credit_code, key

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEYS = (("institution", "external_ref"), ("institution", "permit_no"), ("permit", "number"))
UNIQUE = frozenset({("institution", "external_ref"), ("permit", "number")})
CHUNK = 5000


def upgrade() -> None:
    op.add_column(
        "institution",
        sa.Column(
            "search", sa.Text(), server_default="", nullable=False, comment="name and address as they are looked up"
        ),
    )
    for table, column in KEYS:
        normalise(table, column, "id", unique=(table, column) in UNIQUE)
        op.create_check_constraint(op.f(f"ck_{table}_{column}_is_normal"), table, key_condition(column))
    normalise("institution", "uscc", "id", unique=True, fold=credit_code)
    op.create_check_constraint(op.f("ck_institution_uscc_is_normal"), "institution", "uscc ~ '^[0-9A-Z]{18}$'")
    fill()


def normalise(table: str, column: str, identity: str, *, unique: bool, fold=key) -> None:  # type: ignore[no-untyped-def]  # two folds of one shape
    """Of two that become one, the one that is in the normal form already keeps it, or else the older one.

    The other carries the end of its id behind it: nobody but a person can say whether they are one.
    """
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(f"SELECT {identity} AS id, {column} AS said FROM {table} WHERE {column} IS NOT NULL ORDER BY 1")  # noqa: S608  # names of ours
    ).all()
    taken = {row.said for row in rows if fold(row.said) == row.said}
    changes = []
    for row in rows:
        plain = fold(row.said)
        if plain == row.said:
            continue
        if not plain or (unique and plain in taken):
            plain = f"{plain} #{str(row.id)[-12:]}".strip()
        taken.add(plain)
        changes.append({"id": row.id, "plain": plain})
    if changes:
        connection.execute(sa.text(f"UPDATE {table} SET {column} = :plain WHERE {identity} = :id"), changes)  # noqa: S608  # as above


def fill() -> None:
    connection = op.get_bind()
    after = None
    while True:
        rows = connection.execute(
            sa.text(
                "SELECT id, name, address FROM institution WHERE (:after IS NULL OR id > :after) ORDER BY id LIMIT :n"
            ).bindparams(sa.bindparam("after", after, sa.Uuid()), n=CHUNK)
        ).all()
        if not rows:
            return
        connection.execute(
            sa.text("UPDATE institution SET search = :search WHERE id = :id"),
            [{"id": row.id, "search": searchable(row.name, row.address)} for row in rows],
        )
        after = rows[-1].id


def downgrade() -> None:
    op.drop_constraint(op.f("ck_institution_uscc_is_normal"), "institution", type_="check")
    for table, column in KEYS:
        op.drop_constraint(op.f(f"ck_{table}_{column}_is_normal"), table, type_="check")
    op.drop_column("institution", "search")
