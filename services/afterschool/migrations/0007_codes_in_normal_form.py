"""codes in their normal form"""

from alembic import op

from shared.data.database import key_condition

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(op.f("ck_school_code_is_normal"), "school", key_condition("code"))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_school_code_is_normal"), "school", type_="check")
