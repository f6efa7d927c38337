"""The API of inspection: `uvicorn --factory services.inspection.app:create_app`."""

from fastapi import FastAPI

from services.inspection.campaign_reports.routes import router as campaign_reports
from services.inspection.campaigns import domain as campaign_rules
from services.inspection.campaigns.routes import router as campaigns
from services.inspection.devices import domain as device_rules
from services.inspection.devices.routes import router as devices
from services.inspection.discoveries.routes import router as discoveries
from services.inspection.draws.routes import published as published_draws
from services.inspection.draws.routes import router as draws
from services.inspection.grids.routes import router as grids
from services.inspection.parameters import domain as parameter_rules
from services.inspection.parameters.routes import router as parameters
from services.inspection.rechecks.routes import router as rechecks
from services.inspection.rotas.routes import router as rotas
from services.inspection.settings import Settings
from services.inspection.subscriptions import IMPORTERS
from services.inspection.targets.routes import router as blind_spots
from services.inspection.teams import domain as team_rules
from services.inspection.teams.routes import router as teams
from services.inspection.violations import domain as violation_rules
from services.inspection.violations.routes import router as violations
from services.inspection.visits import domain as visit_rules
from services.inspection.visits.routes import router as visits
from services.inspection.worklists.routes import router as worklists
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
            rotas,
            devices,
            parameters,
            rechecks,
            draws,
            discoveries,
            published_draws,
            blind_spots,
            campaigns,
            worklists,
            campaign_reports,
            visits,
            violations,
            imports_router(IMPORTERS),
        ],
        constraints={
            **team_rules.CONSTRAINTS,
            **parameter_rules.CONSTRAINTS,
            **device_rules.CONSTRAINTS,
            **campaign_rules.CONSTRAINTS,
            **visit_rules.CONSTRAINTS,
            **violation_rules.CONSTRAINTS,
        },
    )
