"""codes in their normal form"""

from alembic import op

from shared.data.database import key_condition

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(op.f("ck_rule_code_is_normal"), "rule", key_condition("code"))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_rule_code_is_normal"), "rule", type_="check")
