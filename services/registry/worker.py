"""The registry's worker: `python -m services.registry.worker`."""

from services.registry.settings import Settings
from services.registry.subscriptions import IMPORTERS, INBOX
from shared.worker import run_worker

if __name__ == "__main__":
    run_worker(Settings(), inbox=INBOX, importers=IMPORTERS)
