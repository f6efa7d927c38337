"""The API of inspection: `uvicorn --factory services.inspection.app:create_app`."""

from fastapi import FastAPI

from services.inspection.accountability.duties.routes import router as accountability
from services.inspection.field.devices import domain as device_rules
from services.inspection.field.devices.routes import router as devices
from services.inspection.field.grids.routes import router as grids
from services.inspection.field.rotas.routes import router as rotas
from services.inspection.field.targets.routes import router as blind_spots
from services.inspection.field.teams import domain as team_rules
from services.inspection.field.teams.routes import router as teams
from services.inspection.findings.complaints import domain as complaint_rules
from services.inspection.findings.complaints.routes import public_router as public_complaints
from services.inspection.findings.complaints.routes import router as complaints
from services.inspection.findings.evidence import domain as evidence_rules
from services.inspection.findings.evidence.routes import key, open_evidence
from services.inspection.findings.evidence.routes import router as evidence
from services.inspection.findings.violations import domain as violation_rules
from services.inspection.findings.violations.routes import router as violations
from services.inspection.oversight.rechecks.routes import router as rechecks
from services.inspection.oversight.reports.routes import router as campaign_reports
from services.inspection.penalties.cases import domain as case_rules
from services.inspection.penalties.cases.exhibits import router as exhibits
from services.inspection.penalties.cases.routes import router as cases
from services.inspection.penalties.deadlines.routes import router as case_deadlines
from services.inspection.penalties.decision.routes import router as decisions
from services.inspection.penalties.execution.routes import router as execution
from services.inspection.penalties.hearing.routes import router as hearings
from services.inspection.penalties.opening.routes import filings
from services.inspection.penalties.opening.routes import router as openings
from services.inspection.planning.draws.routes import published as published_draws
from services.inspection.planning.draws.routes import router as draws
from services.inspection.planning.worklists.routes import router as worklists
from services.inspection.rounds.campaigns import domain as campaign_rules
from services.inspection.rounds.campaigns.routes import router as campaigns
from services.inspection.rounds.discoveries.routes import router as discoveries
from services.inspection.rounds.visits import domain as visit_rules
from services.inspection.rounds.visits.routes import router as visits
from services.inspection.rulebook.checklists import domain as checklist_rules
from services.inspection.rulebook.checklists.routes import router as checklists
from services.inspection.rulebook.norms import domain as norm_rules
from services.inspection.rulebook.norms.routes import router as norms
from services.inspection.rulebook.offences.routes import router as offences
from services.inspection.settings import Settings
from services.inspection.stories.handovers.routes import router as handovers
from services.inspection.stories.rectification.routes import router as rectification
from services.inspection.stories.submissions.routes import router as submissions
from services.inspection.stories.sync import domain as sync_rules
from services.inspection.stories.sync.routes import router as sync
from services.inspection.stories.territory.routes import grids as grid_imports
from services.inspection.stories.territory.routes import teams as team_changes
from services.inspection.stories.withdrawals.routes import campaigns as campaign_withdrawal
from services.inspection.stories.withdrawals.routes import offences as offence_withdrawal
from services.inspection.stories.withdrawals.routes import violations as violation_withdrawal
from services.inspection.subscriptions import IMPORTERS
from shared.http.web import create_service
from shared.imports.routes import imports_router


def create_app(settings: Settings | None = None) -> FastAPI:
    return create_service(
        settings or Settings(),
        title="Double Wings inspection",
        description="Street grids, teams, campaigns, visits, violations, penalty cases and complaints. 网格化检查。",
        routers=[
            grids,
            grid_imports,
            teams,
            team_changes,
            handovers,
            blind_spots,
            campaigns,
            campaign_withdrawal,
            checklists,
            sync,
            visits,
            submissions,
            violations,
            rectification,
            violation_withdrawal,
            evidence,
            key,
            devices,
            offences,
            offence_withdrawal,
            filings,
            cases,
            case_deadlines,
            openings,
            hearings,
            decisions,
            execution,
            exhibits,
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
