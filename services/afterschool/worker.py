"""After-school's worker: `python -m services.afterschool.worker`.

It relays facts, keeps the copies of the ledger and the calendar, reads rosters, draws lots, ends offers, plans
sessions, computes subsidy runs and freezes offerings whose provider may not teach any more.
`… worker reseal` seals again with the active key whatever an older key sealed, and exits.
"""

import asyncio
import sys

from services.afterschool.delivery.sessions.planner import Planner
from services.afterschool.finance.subsidies.accountant import Accountant
from services.afterschool.placement.allocations.drawer import Drawer
from services.afterschool.placement.allocations.usecases import reseal_secrets
from services.afterschool.placement.waitlists.clerk import Clerk
from services.afterschool.roster.people.usecases import reseal
from services.afterschool.sealing import Sealer
from services.afterschool.settings import Settings
from services.afterschool.stories.rosters.kinds import importers
from services.afterschool.stories.suspensions.warden import Warden
from services.afterschool.subscriptions import INBOX
from shared.data.database import open_engine, open_sessions
from shared.worker import run_worker


async def reseal_everything(settings: Settings) -> int:
    """Seal again what another key sealed; returns how many rows."""
    engine = open_engine(settings)
    try:
        sessions, sealer = open_sessions(engine), Sealer.of(settings)
        return await reseal(sessions, sealer) + await reseal_secrets(sessions, sealer)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    if sys.argv[1:] == ["reseal"]:
        print(asyncio.run(reseal_everything(Settings())))  # noqa: T201  # a command's answer
    else:
        known = Settings()
        run_worker(
            known, inbox=INBOX, importers=importers(Sealer.of(known)), jobs=[Clerk, Drawer, Planner, Accountant, Warden]
        )
