"""The registry's API: `uvicorn --factory services.registry.app:create_app`."""

from fastapi import FastAPI

from services.registry.advertisements import domain as advertisement_rules
from services.registry.advertisements.routes import router as advertisements
from services.registry.applications.routes import router as applications
from services.registry.calendars import domain as calendar_rules
from services.registry.calendars.routes import router as calendars
from services.registry.commitments import domain as commitment_rules
from services.registry.commitments.routes import router as commitments
from services.registry.files.routes import router as files
from services.registry.institutions.domain import ExternalRefTaken, KeyUnusual, UsccTaken
from services.registry.institutions.exports import router as exports
from services.registry.institutions.routes import router as institutions
from services.registry.notices.routes import router as notices
from services.registry.permits import domain as permit_rules
from services.registry.permits.routes import router as permits
from services.registry.procedures import domain as procedure_rules
from services.registry.procedures.routes import router as procedures
from services.registry.proposals.routes import router as proposals
from services.registry.quality import domain as quality_rules
from services.registry.quality.routes import mergers
from services.registry.quality.routes import router as quality
from services.registry.responsibilities import domain as responsibility_rules
from services.registry.responsibilities.routes import router as responsibilities
from services.registry.rules.routes import router as rules
from services.registry.settings import Settings
from services.registry.standings.routes import router as standings
from services.registry.stop_orders.routes import router as stop_orders
from services.registry.subscriptions import IMPORTERS
from services.registry.transformations import domain as transformation_rules
from services.registry.transformations.routes import overview as transformations
from services.registry.transformations.routes import router as transformations_of_one
from shared.http.web import create_service
from shared.imports.routes import imports_router


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service with its routes; settings come from the environment unless given."""
    return create_service(
        settings or Settings(),
        title="Double Wings registry",
        description="The ledger of off-campus training institutions: one institution, one file. 校外培训机构台账。",
        routers=[
            institutions,
            files,
            procedures,
            applications,
            permits,
            transformations,
            transformations_of_one,
            calendars,
            rules,
            notices,
            stop_orders,
            commitments,
            advertisements,
            responsibilities,
            quality,
            mergers,
            standings,
            proposals,
            exports,
            imports_router(IMPORTERS),
        ],
        constraints={
            "uq_institution_uscc": UsccTaken,
            "uq_institution_external_ref": ExternalRefTaken,
            "ck_institution_external_ref_is_normal": KeyUnusual,
            "ck_institution_permit_no_is_normal": KeyUnusual,
            "ck_permit_number_is_normal": KeyUnusual,
            **procedure_rules.CONSTRAINTS,
            **quality_rules.CONSTRAINTS,
            **permit_rules.CONSTRAINTS,
            **transformation_rules.CONSTRAINTS,
            **calendar_rules.CONSTRAINTS,
            **commitment_rules.CONSTRAINTS,
            **advertisement_rules.CONSTRAINTS,
            **responsibility_rules.CONSTRAINTS,
        },
    )
