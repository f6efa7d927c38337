"""The rulebook: catalogue items and norms. Seeded with twenty-two items and the numbers known; the journal publishes
each seeded record.
"""

import sqlalchemy as sa
from alembic import op

from services.afterschool.rulebook.catalogue import seed as catalogue_seed
from services.afterschool.rulebook.norms import seed as norm_seed
from shared.data.database import key_condition

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PUBLISH = """
    WITH fact AS (
        INSERT INTO journal (event_id, topic, type, key, key_version, payload, actor, reason)
        SELECT gen_random_uuid(), '{topic}', '{type}', id, version, {payload}, 'migration', 'came with the database'
        FROM {table} ORDER BY id
        RETURNING id
    )
    INSERT INTO outbox_pending (journal_id) SELECT id FROM fact
"""
ITEM = """
    json_build_object('item_id', id, 'code', code, 'title', title_zh, 'category', category, 'path', path,
                      'source', source, 'valid_from', valid_from, 'at', now())
"""
NORM = """
    json_build_object('norm_id', id, 'name', name, 'district', district, 'value', value, 'source', source,
                      'valid_from', valid_from, 'at', now())
"""


def upgrade() -> None:
    _catalogue()
    _norms()
    _publish("catalogue_item", "afterschool.catalogue.v1", "afterschool.catalogue_item.enacted.v1", ITEM)
    _publish("norm", "afterschool.norms.v1", "afterschool.norm.enacted.v1", NORM)


def _catalogue() -> None:
    """Dated versions of catalogue items."""
    item = op.create_table(
        "catalogue_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        *_dated(),
        *_constraints("catalogue_item"),
    )
    _one_version_a_day("catalogue_item")
    op.bulk_insert(item, catalogue_seed.rows())


def _norms() -> None:
    """Numbers that an office decides, each from a day on."""
    norm = op.create_table(
        "norm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("value", sa.BigInteger(), nullable=False),
        *_dated(),
        *_constraints("norm"),
    )
    _one_version_a_day("norm")
    op.bulk_insert(norm, norm_seed.rows())


def _dated() -> list[sa.Column[object]]:
    """The columns of every dated, sourced version."""
    return [
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("enacted_at", sa.DateTime(timezone=True)),
        sa.Column("predecessor_id", sa.Uuid()),
        sa.Column("predecessor_valid_to", sa.Date()),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
    ]


def _constraints(table: str) -> list[sa.Constraint]:
    return [
        sa.CheckConstraint(key_condition("code"), name=op.f(f"ck_{table}_code_is_normal")),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f(f"ck_{table}_days_in_order")),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f(f"ck_{table}_withdrawn_for_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _one_version_a_day(table: str) -> None:
    op.create_index(
        f"uq_{table}_code_valid_from",
        table,
        ["code", "valid_from"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def _publish(table: str, topic: str, kind: str, payload: str) -> None:
    """Write the fact of each seeded record to the journal, with version 1, so that other services receive it."""
    op.execute(PUBLISH.format(table=table, topic=topic, type=kind, payload=payload))


def downgrade() -> None:
    for table in ("norm", "catalogue_item"):
        op.drop_table(table)
