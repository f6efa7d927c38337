"""Checks of stop orders, answers that officials record, orders confirmed or replaced when the calendar changes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stop_order_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("violation_id", sa.Uuid(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["stop_order_recipient.id"],
            name=op.f("fk_stop_order_check_recipient_id_stop_order_recipient"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_order_check")),
    )
    op.create_index(
        "uq_stop_order_check_visit",
        "stop_order_check",
        ["recipient_id", "visit_id"],
        unique=True,
        postgresql_where=sa.text("violation_id IS NULL"),
    )
    op.create_index(
        "uq_stop_order_check_violation",
        "stop_order_check",
        ["recipient_id", "violation_id"],
        unique=True,
        postgresql_where=sa.text("violation_id IS NOT NULL"),
    )
    # What was seen so far keeps counting, on the day in China.
    op.execute(
        """
        INSERT INTO stop_order_check (id, recipient_id, visit_id, checked_on, at, result, counts)
        SELECT gen_random_uuid(), id, visit_id, (verified_at AT TIME ZONE 'Asia/Shanghai')::date, verified_at, result,
               true
        FROM stop_order_recipient WHERE result IS NOT NULL
        """
    )
    op.add_column("stop_order_recipient", sa.Column("checked_on", sa.Date(), nullable=True))
    op.add_column("stop_order_recipient", sa.Column("violation_id", sa.Uuid(), nullable=True))
    op.add_column("stop_order_recipient", sa.Column("means", sa.Text(), nullable=True))
    op.add_column("stop_order_recipient", sa.Column("acknowledged_on", sa.Date(), nullable=True))
    op.add_column("stop_order_recipient", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("receipt", sa.Column("means", sa.Text(), nullable=True))
    op.add_column("receipt", sa.Column("confirmed_on", sa.Date(), nullable=True))
    op.add_column("receipt", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("violation_standing", sa.Column("visit_id", sa.Uuid(), nullable=True))
    op.add_column("violation_standing", sa.Column("found_on", sa.Date(), nullable=True))
    op.add_column("stop_order", sa.Column("replaces", sa.Uuid(), nullable=True))
    op.add_column("stop_order", sa.Column("confirmed_days", sa.ARRAY(sa.Date()), nullable=True))
    op.add_column("stop_order", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("stop_order", sa.Column("confirmed_by", sa.Text(), nullable=True))
    op.add_column("stop_order", sa.Column("confirmed_because", sa.Text(), nullable=True))


def downgrade() -> None:
    for column in ("confirmed_because", "confirmed_by", "confirmed_at", "confirmed_days", "replaces"):
        op.drop_column("stop_order", column)
    for column in ("found_on", "visit_id"):
        op.drop_column("violation_standing", column)
    for column in ("note", "confirmed_on", "means"):
        op.drop_column("receipt", column)
    for column in ("note", "acknowledged_on", "means", "violation_id", "checked_on"):
        op.drop_column("stop_order_recipient", column)
    op.drop_index("uq_stop_order_check_violation", table_name="stop_order_check")
    op.drop_index("uq_stop_order_check_visit", table_name="stop_order_check")
    op.drop_table("stop_order_check")
