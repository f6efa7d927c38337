"""The campaign in the street, in small, with the service killed under the phones."""

import pytest

from tests.system import street
from tests.system.broker_kind import BROKER

INSTITUTIONS = 40
KILLS = 5


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_promise_is_kept_while_the_service_is_killed(capfd: pytest.CaptureFixture[str]) -> None:
    kept = await street.run(INSTITUTIONS, KILLS, BROKER)
    said = capfd.readouterr().out
    assert kept, said
    assert said.rstrip().endswith("17 promises kept")
    assert "hard_conflict" in said, "two phones stood at one door"


def test_a_verdict_that_changes_is_a_broken_promise() -> None:
    assert street.consistent({"held", "applied", "already_applied"}, "applied")
    assert street.consistent({"hard_conflict"}, "hard_conflict")
    assert not street.consistent({"applied", "refused"}, "refused")
    assert not street.consistent({"hard_conflict", "already_applied"}, "hard_conflict")
    assert not street.Promise("targets with a reason", 40, 39).kept
