"""The field: street grids, institutions as targets, teams with their rotas, and phones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.data.database import key_condition

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _grids()
    _targets()
    _teams()
    _rotas()
    _devices()


def _grids() -> None:
    """Versions of the street grids, their polygons, and which codes replaced an old code."""
    op.create_table(
        "grid_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_reason", sa.Text()),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name=op.f("ck_grid_set_withdrawn_for_a_reason")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_set")),
    )
    op.create_index(
        "uq_grid_set_number", "grid_set", ["number"], unique=True, postgresql_where=sa.text("withdrawn_at IS NULL")
    )
    op.create_table(
        "grid",
        sa.Column("grid_set_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("geometry", postgresql.JSONB(), nullable=False),
        sa.Column("area_km2", sa.Float(), nullable=False),
        sa.CheckConstraint(key_condition("code"), name=op.f("ck_grid_code_is_normal")),
        sa.ForeignKeyConstraint(["grid_set_id"], ["grid_set.id"], name=op.f("fk_grid_grid_set_id_grid_set")),
        sa.PrimaryKeyConstraint("grid_set_id", "code", name=op.f("pk_grid")),
    )
    op.create_table(
        "grid_succession",
        sa.Column("grid_set_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("successor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["grid_set_id"], ["grid_set.id"], name=op.f("fk_grid_succession_grid_set_id_grid_set")),
        sa.PrimaryKeyConstraint("grid_set_id", "code", "successor", name=op.f("pk_grid_succession")),
    )
    op.create_index("ix_grid_succession_code", "grid_succession", ["code"])


def _targets() -> None:
    """A local copy of each ledger entry, with the grid it lies in or the reason why it lies in none."""
    op.create_table(
        "target",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Uuid()),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("lon", sa.Double()),
        sa.Column("lat", sa.Double()),
        sa.Column("uscc", sa.Text()),
        sa.Column("permit_no", sa.Text()),
        sa.Column("external_ref", sa.Text()),
        sa.Column("grid", sa.Text()),
        sa.Column(
            "left_grids",
            sa.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="grids it lay in before; phones of these grids are told that it left",
        ),
        sa.Column("blind_spot", sa.Text()),
        sa.Column("last_visited_on", sa.Date()),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("changed_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(key_condition("external_ref"), name=op.f("ck_target_external_ref_is_normal")),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_target")),
    )
    op.create_index(
        "ix_target_blind_spot",
        "target",
        ["blind_spot", "institution_id"],
        postgresql_where=sa.text("blind_spot IS NOT NULL"),
    )
    op.create_index("ix_target_grid_changed_in_institution_id", "target", ["grid", "changed_in", "institution_id"])
    op.create_index("ix_target_last_visited_on", "target", ["last_visited_on", "institution_id"])
    op.create_index(
        "ix_target_left_grids",
        "target",
        ["left_grids"],
        postgresql_using="gin",
        postgresql_where=sa.text("left_grids <> '{}'"),
    )
    op.create_index(
        "uq_target_external_ref",
        "target",
        ["external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )


def _teams() -> None:
    """Street inspection teams. The key of `team_grid` allows one team in service per grid."""
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("street", sa.Text()),
        sa.Column("grids", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("members", postgresql.JSONB(), nullable=False),
        sa.Column("leader", sa.Text()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("formed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(key_condition("code"), name=op.f("ck_team_code_is_normal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    op.create_index("ix_team_district_id", "team", ["district", "id"])
    op.create_index("uq_team_code", "team", ["code"], unique=True)
    op.create_table(
        "team_grid",
        sa.Column("grid", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_grid_team_id_team")),
        sa.PrimaryKeyConstraint("grid", name=op.f("pk_team_grid")),
    )
    op.create_index(op.f("ix_team_grid_team_id"), "team_grid", ["team_id"])


def _rotas() -> None:
    """Duties and absences of the members of a team."""
    op.create_table(
        "rota_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("weekdays", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(kind = 'absence') = (reason IS NOT NULL)", name=op.f("ck_rota_entry_absent_for_a_reason")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_rota_entry_days_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota_entry")),
    )
    op.create_index("ix_rota_entry_team_id_last_day", "rota_entry", ["team_id", "last_day"])


def _devices() -> None:
    """Phones, each enrolled to one person with its public key."""
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("district", sa.Text()),
        sa.Column("team", sa.Text()),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="Ed25519 public key, 32 bytes"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("revocation_reason", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name=op.f("ck_device_revoked_at_a_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index("ix_device_district_id", "device", ["district", "id"])
    op.create_index("ix_device_subject_id", "device", ["subject", "id"])


def downgrade() -> None:
    for table in ("device", "rota_entry", "team_grid", "team", "target", "grid_succession", "grid", "grid_set"):
        op.drop_table(table)
