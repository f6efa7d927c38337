"""terms in their normal form"""

import sqlalchemy as sa
from alembic import op

from shared.data.database import key_condition
from shared.domain.text import key

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    for (term,) in connection.execute(sa.text("SELECT DISTINCT term FROM offering")).all():
        if key(term) != term:
            plain = {"term": term, "plain": key(term)}
            connection.execute(sa.text("UPDATE offering SET term = :plain WHERE term = :term"), plain)
    op.create_check_constraint(op.f("ck_offering_term_is_normal"), "offering", key_condition("term"))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_offering_term_is_normal"), "offering", type_="check")
