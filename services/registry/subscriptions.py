"""What comes into the registry by other ways than requests: inspection's facts for the files, and ledgers as files."""

from services.registry.files.usecases import file_facts
from services.registry.institutions.importer import InstitutionImporter
from shared.events import inspection
from shared.inbox import Inbox

INBOX = Inbox.of(
    "registry",
    wanted=[
        inspection.TargetPlaced,
        inspection.CampaignTargetClosed,
        inspection.VisitPlanned,
        inspection.VisitStarted,
        inspection.VisitSubmitted,
        inspection.VisitRecorded,
        inspection.VisitReviewed,
        inspection.ViolationReported,
        inspection.RectificationOrdered,
        inspection.ViolationRectified,
        inspection.ViolationVerified,
    ],
    handle=file_facts,
)

IMPORTERS = {"institutions": InstitutionImporter()}
