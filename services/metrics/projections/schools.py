"""What after-school's events say of what is counted.

All events of one pupil, offering, session or enrolment stand under one key, so they arrive in order. What two keys say
of one member sets different coordinates: an offering marks its school, whose registration may arrive later.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from services.metrics.projections.domain import Change, Mark, Projection, month, place
from shared.events import Event
from shared.events.afterschool.catalogue import (
    CatalogueItemContinued,
    CatalogueItemEnacted,
    CatalogueItemRepealed,
    CatalogueItemWithdrawn,
)
from shared.events.afterschool.engagements import ProviderListed, ProviderUnlisted
from shared.events.afterschool.enrolments import (
    EnrolmentEvent,
    EnrolmentPassedOver,
    EnrolmentReturned,
    EnrolmentWithdrawn,
    SeatOffered,
    StudentEnrolled,
    StudentPromoted,
    StudentWaitlisted,
)
from shared.events.afterschool.fees import (
    FeeCollected,
    FeeEntryEvent,
    FeeRefunded,
    FeeWaiverEnded,
    FeeWaiverEvent,
    FeeWaiverGranted,
)
from shared.events.afterschool.homework import HomeworkDeclared, HomeworkReported
from shared.events.afterschool.managements import (
    DeclarationDrawn,
    DeclarationEvent,
    DeclarationSigned,
    DeclarationVerified,
    DeclarationWithdrawn,
    ManagementDeclared,
    ShortfallClosed,
    ShortfallEvent,
    ShortfallFound,
)
from shared.events.afterschool.offerings import OfferingChanged, OfferingFrozen, OfferingPublished, OfferingUnfrozen
from shared.events.afterschool.schools import ClassFormed, SchoolRegistered, TeacherLeft, TeacherRegistered
from shared.events.afterschool.sessions import (
    AttendanceRecorded,
    SessionCancelled,
    SessionEvent,
    SessionRestored,
    SessionsPlanned,
)
from shared.events.afterschool.students import StudentAdmitted, StudentLeft, StudentMoved
from shared.events.afterschool.subsidies import (
    SubsidyRunComputed,
    SubsidyRunDiscarded,
    SubsidyRunEvent,
    SubsidyRunLocked,
    SubsidyRunReviewed,
)
from shared.events.afterschool.surveys import SurveyResult, SurveyResultsListed
from shared.events.afterschool.wishes import WishRecorded


def _at_school(event: Any) -> dict[str, str]:
    return {"school": str(event.school_id), **place(event)}


def _month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def school(event: SchoolRegistered) -> Iterable[Change]:
    yield Change("school", event.school_id, {"state": "active", **_at_school(event)})


def formed(event: ClassFormed) -> Iterable[Change]:
    """Classes are formed anew each school year, which begins in September."""
    says = {"state": "formed", "kind": str(event.grade), "month": f"{event.school_year:04}-09", **_at_school(event)}
    yield Change("class", event.class_id, says)


def teacher(state: str) -> Projection:
    """By the last decision: a teacher who is to leave later has left."""

    def project(event: TeacherRegistered | TeacherLeft) -> Iterable[Change]:
        yield Change("teacher", event.teacher_id, {"state": state, **_at_school(event)})

    return project


def on_roll(event: StudentAdmitted | StudentMoved) -> Iterable[Change]:
    """By the last decision, whichever day it takes effect. A pupil who moves stands at the new school alone."""
    says = {"state": "on_roll", "kind": str(event.grade), **_at_school(event)}
    yield Change("student", event.student_id, says)


def left(event: StudentLeft) -> Iterable[Change]:
    yield Change("student", event.student_id, {"state": "left", **_at_school(event)})


def offering(event: OfferingPublished) -> Iterable[Change]:
    """The amount is the number of seats."""
    says = {"state": "open", "kind": event.category, **_at_school(event)}
    yield Change("offering", event.offering_id, says, amount=event.capacity)
    yield Change("school", event.school_id, {}, marks={Mark.SERVING: True})


def offering_changed(event: OfferingChanged) -> Iterable[Change]:
    yield Change("offering", event.offering_id, {}, amount=event.capacity)


def offering_turned(state: str) -> Projection:
    def project(event: OfferingFrozen | OfferingUnfrozen) -> Iterable[Change]:
        yield Change("offering", event.offering_id, {"state": state})

    return project


def enrolment(state: str) -> Projection:
    def project(event: EnrolmentEvent) -> Iterable[Change]:
        yield Change("enrolment", event.enrolment_id, {"state": state, "month": month(event.at), **_at_school(event)})

    return project


def wish(event: WishRecorded) -> Iterable[Change]:
    says = {"state": "wanted" if event.wanted else "not_wanted", "month": month(event.at), **_at_school(event)}
    yield Change("wish", event.wish_id, says)


def planned(event: SessionsPlanned) -> Iterable[Change]:
    """The amount is the number of new sessions; those cancelled or restored have events of their own."""
    says = {"state": "planned", "month": month(event.at), **_at_school(event)}
    yield Change("session_plan", event.run_id, says, amount=event.planned)


def _session(event: SessionEvent, state: str, kind: str = "") -> Change:
    says = {"state": state, "kind": kind, "month": _month_of(event.on), **_at_school(event)}
    return Change("session", event.session_id, says)


def session_cancelled(event: SessionCancelled) -> Iterable[Change]:
    yield _session(event, "cancelled", event.cancelled_for)


def session_restored(event: SessionRestored) -> Iterable[Change]:
    yield _session(event, "restored")


def attendance(event: AttendanceRecorded) -> Iterable[Change]:
    """The amounts are children: all whose attendance was taken, and those who were there. A correction replaces
    both."""
    yield _session(event, "held" if event.held else "not_held")
    says = {"state": "taken", "month": _month_of(event.on), **_at_school(event)}
    attended = event.present + event.late + event.left_early
    yield Change("attendance", event.session_id, says, amount=attended + event.absent + event.excused)
    yield Change("attended", event.session_id, says, amount=attended)


def homework(event: HomeworkDeclared) -> Iterable[Change]:
    """A class on a day. The amounts are minutes: of written homework, and of other homework."""
    says = {"state": "declared", "kind": str(event.grade), "month": _month_of(event.on), **_at_school(event)}
    yield Change("homework_day", event.homework_id, says, amount=event.written_minutes)
    yield Change("homework_unwritten", event.homework_id, says, amount=event.other_minutes)


def homework_report(event: HomeworkReported) -> Iterable[Change]:
    says = {"state": "filed", "kind": event.source, "month": _month_of(event.on), **place(event)}
    yield Change("homework_report", event.report_id, says)


def results(event: SurveyResultsListed) -> Iterable[Change]:
    """The amounts are answers: all, and the favourable ones. A row with a hidden number is not counted.

    The state is the level of the row: what is hidden at schools is part of the row of their district. The whole of a
    survey of one district is a row of that district.
    """
    for row in event.results:
        if row.answers is not None and row.favourable is not None:
            level, district = row.level, row.district or event.district or ""
            if level == "all" and district:
                level = "district"
            says = {
                "state": level,
                "kind": row.audience,
                "district": district,
                "school": str(row.school_id or ""),
                "month": month(event.at),
            }
            yield Change("survey_answers", _row_id(event.survey_id, row), says, amount=row.answers)
            yield Change("survey_favourable", _row_id(event.survey_id, row), says, amount=row.favourable)


def _row_id(survey_id: UUID, row: SurveyResult) -> UUID:
    return uuid5(survey_id, f"{row.audience} {row.level} {row.district} {row.school_id}")


def catalogue_item(state: str) -> Projection:
    """A version of an item, by the last decision: one that gets a last day is no longer counted."""

    def project(event: Any) -> Iterable[Change]:
        kind = {"kind": event.category} if isinstance(event, CatalogueItemEnacted) else {}
        yield Change("catalogue_item", event.item_id, {"state": state, **kind})

    return project


def continued(event: CatalogueItemContinued) -> Iterable[Change]:
    yield Change("catalogue_item", event.item_id, {"state": "enacted" if event.valid_to is None else "repealed"})


def declaration(state: str) -> Projection:
    def project(event: DeclarationEvent) -> Iterable[Change]:
        says = {"state": state, "kind": event.management, "month": month(event.at), **_at_school(event)}
        yield Change("declaration", event.declaration_id, says)

    return project


def verified(event: DeclarationVerified) -> Iterable[Change]:
    yield from declaration("confirmed" if event.confirmed else "refuted")(event)


def _shortfall(event: ShortfallEvent, state: str) -> Change:
    says = {"state": state, "kind": event.management, "month": month(event.at), **_at_school(event)}
    return Change("shortfall", event.shortfall_id, says)


def shortfall(event: ShortfallFound) -> Iterable[Change]:
    yield _shortfall(event, "open")


def shortfall_closed(event: ShortfallClosed) -> Iterable[Change]:
    yield _shortfall(event, "closed_late" if event.late else "closed")


def listing(state: str) -> Projection:
    def project(event: ProviderListed | ProviderUnlisted) -> Iterable[Change]:
        yield Change("listing", event.listing_id, {"state": state, **place(event)})

    return project


def subsidy_run(state: str) -> Projection:
    """The amount is the sum of the run's lines, in fen."""

    def project(event: SubsidyRunEvent) -> Iterable[Change]:
        says = {"state": state, "month": month(event.at)}
        yield Change("subsidy_run", event.run_id, says, amount=event.total_fen)

    return project


def fee(state: str) -> Projection:
    """The amount is in fen."""

    def project(event: FeeEntryEvent) -> Iterable[Change]:
        says = {"state": state, "month": month(event.at), **_at_school(event)}
        yield Change("fee_entry", event.entry_id, says, amount=event.fen)

    return project


def waiver(state: str) -> Projection:
    def project(event: FeeWaiverEvent) -> Iterable[Change]:
        says = {"state": state, "month": month(event.at), **_at_school(event)}
        yield Change("fee_waiver", event.waiver_id, says)

    return project


SCHOOLS: Final[Mapping[type[Event], Projection]] = {
    SchoolRegistered: school,
    ClassFormed: formed,
    TeacherRegistered: teacher("active"),
    TeacherLeft: teacher("left"),
    StudentAdmitted: on_roll,
    StudentMoved: on_roll,
    StudentLeft: left,
    OfferingPublished: offering,
    OfferingChanged: offering_changed,
    OfferingFrozen: offering_turned("frozen"),
    OfferingUnfrozen: offering_turned("open"),
    StudentEnrolled: enrolment("enrolled"),
    StudentWaitlisted: enrolment("waiting"),
    SeatOffered: enrolment("offered"),
    EnrolmentPassedOver: enrolment("passed_over"),
    EnrolmentReturned: enrolment("waiting"),
    StudentPromoted: enrolment("enrolled"),
    EnrolmentWithdrawn: enrolment("withdrawn"),
    WishRecorded: wish,
    SessionsPlanned: planned,
    SessionCancelled: session_cancelled,
    SessionRestored: session_restored,
    AttendanceRecorded: attendance,
    HomeworkDeclared: homework,
    HomeworkReported: homework_report,
    SurveyResultsListed: results,
    CatalogueItemEnacted: catalogue_item("enacted"),
    CatalogueItemRepealed: catalogue_item("repealed"),
    CatalogueItemWithdrawn: catalogue_item("withdrawn"),
    CatalogueItemContinued: continued,
    ManagementDeclared: declaration("declared"),
    DeclarationSigned: declaration("signed"),
    DeclarationWithdrawn: declaration("withdrawn"),
    DeclarationDrawn: declaration("drawn"),
    DeclarationVerified: verified,
    ShortfallFound: shortfall,
    ShortfallClosed: shortfall_closed,
    ProviderListed: listing("listed"),
    ProviderUnlisted: listing("unlisted"),
    SubsidyRunComputed: subsidy_run("computed"),
    SubsidyRunReviewed: subsidy_run("reviewed"),
    SubsidyRunLocked: subsidy_run("locked"),
    SubsidyRunDiscarded: subsidy_run("discarded"),
    FeeCollected: fee("collected"),
    FeeRefunded: fee("refunded"),
    FeeWaiverGranted: waiver("granted"),
    FeeWaiverEnded: waiver("ended"),
}
