"""who ever investigated a case, its norm of the notice, notices replaced, aggravating circumstances"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("penalty_case", sa.Column("investigators", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("penalty_case", sa.Column("hearing_fen", sa.BigInteger(), nullable=True))
    op.add_column("penalty_case", sa.Column("superseded", JSONB(), server_default="[]", nullable=False))
    op.add_column("penalty_case", sa.Column("aggravations", JSONB(), server_default="[]", nullable=False))
    op.execute(
        """
        UPDATE penalty_case SET investigators = ARRAY(
            SELECT unnest(penalty_case.officers)
            UNION
            SELECT jsonb_array_elements_text(inquiry -> 'officers') FROM jsonb_array_elements(inquiries) AS inquiry
        )
        """
    )
    op.execute(
        """
        UPDATE penalty_case SET hearing_fen = (
            SELECT norm.value FROM norm
            WHERE norm.name = 'hearing_fen.' || penalty_case.party AND norm.valid_from <= penalty_case.notified_on
            ORDER BY norm.valid_from DESC LIMIT 1
        ) WHERE notice IS NOT NULL
        """
    )
    # Days do not tell whether an opinion of the hearing's day came before it or after: it is given again.
    op.execute(
        """
        UPDATE penalty_case SET review = review || jsonb_build_object('set_aside_on', hearing ->> 'on')
        WHERE state = 'hearing' AND hearing ->> 'on' IS NOT NULL AND review ->> 'on' <= hearing ->> 'on'
        """
    )
    op.alter_column("penalty_case", "investigators", nullable=False)
    op.alter_column("penalty_case", "superseded", server_default=None)
    op.alter_column("penalty_case", "aggravations", server_default=None)


def downgrade() -> None:
    for name in ("aggravations", "superseded", "hearing_fen", "investigators"):
        op.drop_column("penalty_case", name)
