"""What comes into inspection besides requests: the ledger, by events; past visits and violations, as files."""

from services.inspection.targets.usecases import copy_institutions
from services.inspection.violations.importer import ViolationImporter
from services.inspection.visits.importer import VisitImporter
from shared.events.registry import InstitutionChanged, InstitutionRegistered
from shared.imports.runner import Importer
from shared.inbox import Inbox

INBOX = Inbox.of("inspection", wanted=[InstitutionRegistered, InstitutionChanged], handle=copy_institutions)

IMPORTERS: dict[str, Importer] = {"visits": VisitImporter(), "violations": ViolationImporter()}
