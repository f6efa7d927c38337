"""The worker of inspection: `python -m services.inspection.worker`."""

from services.inspection.accountability.duties.watch import Watch
from services.inspection.findings.evidence.keeper import Keeper
from services.inspection.settings import Settings
from services.inspection.stories.territory.schedule import GridCalendar
from services.inspection.subscriptions import IMPORTERS, INBOX
from shared.worker import run_worker

if __name__ == "__main__":
    run_worker(Settings(), inbox=INBOX, importers=IMPORTERS, jobs=[GridCalendar, Keeper, Watch])
