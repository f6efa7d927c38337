"""The worker of metrics: `python -m services.metrics.worker`."""

from services.metrics.alerts.usecases import Lookout
from services.metrics.history.usecases import Historian
from services.metrics.names.usecases import NameKeeper
from services.metrics.rebuilds.usecases import Rebuilder
from services.metrics.settings import Settings
from services.metrics.sources.usecases import Watcher
from services.metrics.subscriptions import INBOX
from shared.worker import run_worker

if __name__ == "__main__":
    run_worker(Settings(), inbox=INBOX, jobs=[Rebuilder, Historian, NameKeeper, Watcher, Lookout])
