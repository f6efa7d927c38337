"""codes in their normal form"""

from alembic import op

from shared.data.database import key_condition

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

KEYS = (
    ("team", "code"),
    ("grid", "code"),
    ("checklist", "code"),
    ("offence", "code"),
    ("complaint", "hotline_no"),
)


def upgrade() -> None:
    for table, column in KEYS:
        op.create_check_constraint(op.f(f"ck_{table}_{column}_is_normal"), table, key_condition(column))


def downgrade() -> None:
    for table, column in KEYS:
        op.drop_constraint(op.f(f"ck_{table}_{column}_is_normal"), table, type_="check")
