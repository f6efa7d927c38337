"""The API of inspection: `uvicorn --factory services.inspection.app:create_app`."""

from fastapi import FastAPI

from services.inspection.accountability.routes import router as accountability
from services.inspection.campaigns import domain as campaign_rules
from services.inspection.campaigns.routes import router as campaigns
from services.inspection.cases import domain as case_rules
from services.inspection.cases.outcomes import router as case_outcomes
from services.inspection.cases.rights import router as case_rights
from services.inspection.cases.routes import filings
from services.inspection.cases.routes import router as cases
from services.inspection.complaints import domain as complaint_rules
from services.inspection.complaints.routes import public_router as public_complaints
from services.inspection.complaints.routes import router as complaints
from services.inspection.grids.routes import router as grids
from services.inspection.norms import domain as norm_rules
from services.inspection.norms.routes import router as norms
from services.inspection.offences.routes import router as offences
from services.inspection.settings import Settings
from services.inspection.subscriptions import IMPORTERS
from services.inspection.targets.routes import router as blind_spots
from services.inspection.teams import domain as team_rules
from services.inspection.teams.routes import router as teams
from services.inspection.violations import domain as violation_rules
from services.inspection.violations.routes import router as violations
from services.inspection.visits import domain as visit_rules
from services.inspection.visits.routes import router as visits
from shared.imports.routes import imports_router
from shared.web import create_service


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service with its routes; settings come from the environment unless given."""
    return create_service(
        settings or Settings(),
        title="Double Wings inspection",
        description="Street grids, teams, campaigns, visits and violations. 网格化检查。",
        routers=[
            grids,
            teams,
            blind_spots,
            campaigns,
            visits,
            offences,
            violations,
            filings,
            cases,
            case_rights,
            case_outcomes,
            complaints,
            public_complaints,
            accountability,
            norms,
            imports_router(IMPORTERS),
        ],
        constraints={
            **team_rules.CONSTRAINTS,
            **campaign_rules.CONSTRAINTS,
            **visit_rules.CONSTRAINTS,
            **violation_rules.CONSTRAINTS,
            **case_rules.CONSTRAINTS,
            **complaint_rules.CONSTRAINTS,
            **norm_rules.CONSTRAINTS,
        },
    )
