"""Every open step that a slice offers, in one statement, each with the day by which it is owed."""

from datetime import date
from typing import Any

from sqlalchemy import Date, Integer, Subquery, Text, Uuid, bindparam, column, text

from services.inspection.accountability.duties.steps import OWNERS
from services.inspection.findings.complaints.owed import OWED as COMPLAINTS
from services.inspection.findings.evidence.owed import OWED as EVIDENCE
from services.inspection.findings.violations.owed import OWED as VIOLATIONS
from services.inspection.oversight.rechecks.owed import OWED as RECHECKS
from services.inspection.owed import COLUMNS
from services.inspection.penalties.deadlines.owed import OWED as CASES
from services.inspection.rounds.visits.owed import OWED as VISITS
from services.inspection.rulebook.norms.queries import NORMS_ON
from services.inspection.stories.sync.owed import OWED as OPERATIONS

_OPEN = "\nUNION ALL\n".join([*VISITS, *VIOLATIONS, *CASES, *COMPLAINTS, *EVIDENCE, *OPERATIONS, *RECHECKS])
_ROLES = ", ".join(f"('{step.value}', '{role.value}')" for step, role in OWNERS.items())

_DUTIES = f"""
    WITH norm AS ({NORMS_ON}), open ({", ".join(COLUMNS)}) AS ({_OPEN})
    SELECT open.step, open.subject_id, open.part, open.institution_id, open.district, open.street, open.team,
           open.due_on, open.number, greatest(:on - open.due_on, 0) AS days_late, owner.role,
           responsible.officer AS owner
    FROM open
    JOIN (VALUES {_ROLES}) AS owner (step, role) ON owner.step = open.step
    LEFT JOIN responsible ON responsible.institution_id = open.institution_id AND responsible.role = owner.role
"""  # noqa: S608 -- constants of ours

_COLUMNS: dict[str, Any] = {
    "step": Text, "subject_id": Uuid, "part": Text, "institution_id": Uuid, "district": Text, "street": Text,
    "team": Text, "due_on": Date, "number": Integer, "days_late": Integer, "role": Text, "owner": Text,
}  # fmt: skip


def duties_on(on: date) -> Subquery:
    statement = text(_DUTIES).bindparams(bindparam("on", on, type_=Date))
    return statement.columns(*[column(name, kind) for name, kind in _COLUMNS.items()]).subquery("duty")
