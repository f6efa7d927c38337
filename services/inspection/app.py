"""The API of inspection: `uvicorn --factory services.inspection.app:create_app`."""

from fastapi import FastAPI

from services.inspection.accountability.routes import router as accountability
from services.inspection.campaign_reports.routes import router as campaign_reports
from services.inspection.campaigns import domain as campaign_rules
from services.inspection.campaigns.routes import router as campaigns
from services.inspection.cases import domain as case_rules
from services.inspection.cases.outcomes import router as case_outcomes
from services.inspection.cases.rights import router as case_rights
from services.inspection.cases.routes import filings
from services.inspection.cases.routes import router as cases
from services.inspection.checklists import domain as checklist_rules
from services.inspection.checklists.routes import router as checklists
from services.inspection.complaints import domain as complaint_rules
from services.inspection.complaints.routes import public_router as public_complaints
from services.inspection.complaints.routes import router as complaints
from services.inspection.devices import domain as device_rules
from services.inspection.devices.routes import router as devices
from services.inspection.discoveries.routes import router as discoveries
from services.inspection.draws.routes import published as published_draws
from services.inspection.draws.routes import router as draws
from services.inspection.evidence import domain as evidence_rules
from services.inspection.evidence.routes import key, of_cases, open_evidence
from services.inspection.evidence.routes import router as evidence
from services.inspection.grids.routes import router as grids
from services.inspection.handovers.routes import router as handovers
from services.inspection.norms import domain as norm_rules
from services.inspection.norms.routes import router as norms
from services.inspection.offences.routes import router as offences
from services.inspection.rechecks.routes import router as rechecks
from services.inspection.rotas.routes import router as rotas
from services.inspection.settings import Settings
from services.inspection.subscriptions import IMPORTERS
from services.inspection.sync import domain as sync_rules
from services.inspection.sync.routes import router as sync
from services.inspection.targets.routes import router as blind_spots
from services.inspection.teams import domain as team_rules
from services.inspection.teams.routes import router as teams
from services.inspection.violations import domain as violation_rules
from services.inspection.violations.routes import router as violations
from services.inspection.visits import domain as visit_rules
from services.inspection.visits.routes import router as visits
from services.inspection.worklists.routes import router as worklists
from shared.http.web import create_service
from shared.imports.routes import imports_router


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service with its routes; settings come from the environment unless given."""
    return create_service(
        settings or Settings(),
        title="Double Wings inspection",
        description="Street grids, teams, campaigns, visits, violations, penalty cases and complaints. 网格化检查。",
        routers=[
            grids,
            teams,
            handovers,
            blind_spots,
            campaigns,
            checklists,
            sync,
            visits,
            violations,
            evidence,
            of_cases,
            key,
            devices,
            offences,
            filings,
            cases,
            case_rights,
            case_outcomes,
            complaints,
            public_complaints,
            accountability,
            rotas,
            rechecks,
            draws,
            discoveries,
            published_draws,
            norms,
            worklists,
            campaign_reports,
            imports_router(IMPORTERS),
        ],
        constraints={
            **team_rules.CONSTRAINTS,
            **device_rules.CONSTRAINTS,
            **campaign_rules.CONSTRAINTS,
            **checklist_rules.CONSTRAINTS,
            **visit_rules.CONSTRAINTS,
            **violation_rules.CONSTRAINTS,
            **evidence_rules.CONSTRAINTS,
            **case_rules.CONSTRAINTS,
            **complaint_rules.CONSTRAINTS,
            **norm_rules.CONSTRAINTS,
            **sync_rules.CONSTRAINTS,
        },
        resources=[open_evidence],
    )
