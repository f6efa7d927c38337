"""The registry's API: `uvicorn --factory services.registry.app:create_app`."""

from fastapi import FastAPI

from services.registry.ledger.institutions.domain import ExternalRefTaken, KeyUnusual, UsccTaken
from services.registry.ledger.institutions.exports import router as exports
from services.registry.ledger.institutions.routes import router as institutions
from services.registry.ledger.responsibilities import domain as responsibility_rules
from services.registry.ledger.responsibilities.routes import router as responsibilities
from services.registry.licensing.applications.routes import router as applications
from services.registry.licensing.permits import domain as permit_rules
from services.registry.licensing.permits.routes import router as permits
from services.registry.licensing.transformations import domain as transformation_rules
from services.registry.licensing.transformations.routes import overview as transformations
from services.registry.licensing.transformations.routes import router as transformations_of_one
from services.registry.overview.files.routes import router as files
from services.registry.overview.quality import domain as quality_rules
from services.registry.overview.quality.routes import router as quality
from services.registry.overview.standings.routes import router as standings
from services.registry.rulebook.calendars import domain as calendar_rules
from services.registry.rulebook.calendars.routes import router as calendars
from services.registry.rulebook.procedures import domain as procedure_rules
from services.registry.rulebook.procedures.routes import router as procedures
from services.registry.rulebook.rules.routes import router as rules
from services.registry.settings import Settings
from services.registry.stories.corrections.routes import router as corrections
from services.registry.stories.mergers.routes import router as mergers
from services.registry.stories.penalties.routes import router as penalties
from services.registry.stories.recounts.routes import router as recounts
from services.registry.stories.revocations.routes import router as revocations
from services.registry.subscriptions import IMPORTERS
from services.registry.supervision.advertisements import domain as advertisement_rules
from services.registry.supervision.advertisements.routes import router as advertisements
from services.registry.supervision.commitments import domain as commitment_rules
from services.registry.supervision.commitments.routes import router as commitments
from services.registry.supervision.notices.routes import router as notices
from services.registry.supervision.proposals.routes import router as proposals
from services.registry.supervision.stop_orders.routes import router as stop_orders
from shared.http.web import create_service
from shared.imports.routes import imports_router


def create_app(settings: Settings | None = None) -> FastAPI:
    return create_service(
        settings or Settings(),
        title="Double Wings registry",
        description="The ledger of off-campus training institutions: one institution, one file. 校外培训机构台账。",
        routers=[
            institutions,
            corrections,
            files,
            procedures,
            applications,
            permits,
            revocations,
            transformations,
            transformations_of_one,
            calendars,
            recounts,
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
            penalties,
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
