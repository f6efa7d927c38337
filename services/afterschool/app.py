"""After-school's API: `uvicorn --factory services.afterschool.app:create_app`."""

from fastapi import FastAPI

from services.afterschool.placement.enrolments.counter import open_counter
from services.afterschool.placement.enrolments.domain import AlreadyEnrolled
from services.afterschool.placement.enrolments.routes import router as enrolments
from services.afterschool.placement.waitlists.routes import enrolments as withdrawals
from services.afterschool.placement.waitlists.routes import offerings as changes
from services.afterschool.placement.waitlists.routes import router as waitlists
from services.afterschool.programme.offerings.routes import router as offerings
from services.afterschool.programme.providers.routes import router as providers
from services.afterschool.quality.declarations.domain import DeclarationExists
from services.afterschool.quality.declarations.routes import router as declarations
from services.afterschool.quality.draws.routes import router as management_draws
from services.afterschool.quality.shortfalls.routes import router as shortfalls
from services.afterschool.quality.surveys.routes import router as surveys
from services.afterschool.roster.schools.domain import SchoolCodeTaken
from services.afterschool.roster.schools.routes import router as schools
from services.afterschool.rulebook.catalogue.routes import router as catalogue
from services.afterschool.rulebook.managements.routes import router as management_rules
from services.afterschool.rulebook.norms.routes import router as norms
from services.afterschool.settings import Settings
from shared.http.web import create_service


def create_app(settings: Settings | None = None) -> FastAPI:
    return create_service(
        settings or Settings(),
        title="Double Wings after-school",
        description="After-school courses, enrolment, and the institutions that a school may engage. 课后服务选课。",
        routers=[
            schools,
            offerings,
            changes,
            enrolments,
            withdrawals,
            waitlists,
            providers,
            catalogue,
            norms,
            management_rules,
            declarations,
            management_draws,
            shortfalls,
            surveys,
        ],
        resources=[open_counter],
        constraints={
            "uq_school_code": SchoolCodeTaken,
            "uq_enrolment_offering_id_student_id": AlreadyEnrolled,
            "uq_management_declaration_school_id_term_management": DeclarationExists,
        },
    )
