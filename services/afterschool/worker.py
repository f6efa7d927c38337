"""After-school's worker: `python -m services.afterschool.worker`. It relays facts and keeps the copy of the ledger."""

from services.afterschool.placement.waitlists.clerk import Clerk
from services.afterschool.settings import Settings
from services.afterschool.subscriptions import INBOX
from shared.worker import run_worker

if __name__ == "__main__":
    run_worker(Settings(), inbox=INBOX, jobs=[Clerk])
