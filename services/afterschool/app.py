"""After-school's API: `uvicorn --factory services.afterschool.app:create_app`."""

from fastapi import FastAPI

from services.afterschool.delivery.attendance.domain import MarkIdTaken
from services.afterschool.delivery.attendance.routes import router as attendance
from services.afterschool.delivery.coverage.routes import router as coverage
from services.afterschool.delivery.pickups.domain import PickupIdReused
from services.afterschool.delivery.pickups.routes import of_session as pickups_of_session
from services.afterschool.delivery.pickups.routes import router as pickups
from services.afterschool.delivery.sessions.routes import makeup_days
from services.afterschool.delivery.sessions.routes import router as sessions
from services.afterschool.delivery.wishes.routes import router as wishes
from services.afterschool.finance.fees.routes import bills
from services.afterschool.finance.fees.routes import waivers as fee_waivers
from services.afterschool.finance.settlements.domain import SettledMeanwhile
from services.afterschool.finance.settlements.routes import provider_settlements, session_rates
from services.afterschool.finance.settlements.routes import router as settlements
from services.afterschool.finance.subsidies.domain import SubsidyRunOpen
from services.afterschool.finance.subsidies.routes import router as subsidy_runs
from services.afterschool.placement.allocations.routes import preferences
from services.afterschool.placement.allocations.routes import router as allocations
from services.afterschool.placement.enrolments.counter import open_counter
from services.afterschool.placement.enrolments.domain import AlreadyEnrolled
from services.afterschool.placement.enrolments.routes import router as enrolments
from services.afterschool.placement.waitlists.routes import enrolments as answers
from services.afterschool.placement.waitlists.routes import offerings as changes
from services.afterschool.placement.waitlists.routes import router as waitlists
from services.afterschool.programme.engagements import domain as engagement_rules
from services.afterschool.programme.engagements.routes import persons as outside_persons
from services.afterschool.programme.engagements.routes import router as white_list
from services.afterschool.programme.occupations import domain as occupation_rules
from services.afterschool.programme.offerings.routes import router as offerings
from services.afterschool.programme.providers.routes import router as providers
from services.afterschool.programme.publications.routes import router as publications
from services.afterschool.quality.declarations.domain import DeclarationExists
from services.afterschool.quality.declarations.routes import router as declarations
from services.afterschool.quality.draws.routes import router as management_draws
from services.afterschool.quality.homework import domain as homework_rules
from services.afterschool.quality.homework.routes import router as homework
from services.afterschool.quality.shortfalls.routes import router as shortfalls
from services.afterschool.quality.surveys.routes import router as surveys
from services.afterschool.roster.classes.domain import ClassCodeTaken
from services.afterschool.roster.classes.routes import router as classes
from services.afterschool.roster.gate.routes import requests as access_requests
from services.afterschool.roster.gate.routes import router as identities
from services.afterschool.roster.guardianships.domain import GuardianEntered
from services.afterschool.roster.guardianships.routes import of_student as guardianships_of_one
from services.afterschool.roster.guardianships.routes import router as guardianships
from services.afterschool.roster.people.domain import PersonNumberTaken, PersonReferenceTaken
from services.afterschool.roster.rights.routes import router as rights
from services.afterschool.roster.schools.domain import SchoolCodeTaken
from services.afterschool.roster.schools.routes import router as schools
from services.afterschool.roster.students.routes import router as students
from services.afterschool.roster.teachers.routes import router as teachers
from services.afterschool.roster.terms.routes import router as terms
from services.afterschool.rulebook.catalogue.routes import router as catalogue
from services.afterschool.rulebook.managements.routes import router as management_rules
from services.afterschool.rulebook.norms.routes import router as norms
from services.afterschool.sealing import Sealer
from services.afterschool.settings import Settings
from services.afterschool.stories.calendars.routes import published as calendars
from services.afterschool.stories.calendars.routes import router as calendar_feeds
from services.afterschool.stories.families.routes import router as families
from services.afterschool.stories.moves.routes import router as moves
from services.afterschool.stories.printouts.routes import bills as printed_bills
from services.afterschool.stories.printouts.routes import classes as class_lists
from services.afterschool.stories.printouts.routes import sessions as session_sheets
from services.afterschool.stories.rosters.kinds import importers
from services.afterschool.stories.rosters.routes import router as missing
from services.afterschool.stories.suspensions.routes import router as suspensions
from shared.http.web import create_service
from shared.imports.routes import imports_router


def create_app(settings: Settings | None = None) -> FastAPI:
    known = settings or Settings()
    sealer = Sealer.of(known)
    app = create_service(
        known,
        title="Double Wings after-school",
        description="After-school courses, enrolment, and the institutions that a school may engage. 课后服务选课。",
        routers=[
            schools,
            terms,
            classes,
            teachers,
            students,
            moves,
            identities,
            rights,
            access_requests,
            guardianships,
            guardianships_of_one,
            offerings,
            publications,
            suspensions,
            white_list,
            outside_persons,
            changes,
            enrolments,
            answers,
            waitlists,
            allocations,
            preferences,
            providers,
            sessions,
            makeup_days,
            attendance,
            pickups_of_session,
            pickups,
            wishes,
            coverage,
            catalogue,
            norms,
            management_rules,
            declarations,
            management_draws,
            shortfalls,
            homework,
            bills,
            fee_waivers,
            settlements,
            session_rates,
            provider_settlements,
            subsidy_runs,
            surveys,
            missing,
            families,
            class_lists,
            session_sheets,
            printed_bills,
            calendar_feeds,
            calendars,
            imports_router(importers(sealer)),
        ],
        resources=[open_counter],
        constraints={
            "uq_school_code": SchoolCodeTaken,
            "uq_school_class_school_id_school_year_code": ClassCodeTaken,
            "uq_person_number_print": PersonNumberTaken,
            "uq_person_reference_print": PersonReferenceTaken,
            "uq_guardianship_student_id_name_print": GuardianEntered,
            "uq_enrolment_offering_id_student_id": AlreadyEnrolled,
            "pk_attendance_mark": MarkIdTaken,
            "pk_pickup": PickupIdReused,
            **occupation_rules.CONSTRAINTS,
            **homework_rules.CONSTRAINTS,
            "uq_settlement_school_id_institution_id_number": SettledMeanwhile,
            "uq_subsidy_run_term_open": SubsidyRunOpen,
            **engagement_rules.CONSTRAINTS,
            "uq_management_declaration_school_id_term_management": DeclarationExists,
        },
    )
    app.state.sealer = sealer
    return app
