"""What the registry decides about a permit, seen by a school: from the decision over the broker to the answer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deploy.demo.dataset import Dataset
from deploy.demo.player import Player, player
from deploy.local.platform import Platform
from deploy.local.ports import Ports
from tests.system.broker_kind import BROKER

LEDGER = """external_ref,name,address,kind,district,permit_no,permit_valid_from,permit_valid_to
PC-1,（演示）舞蹈校,演示路1号,non_subject,140213,教民114021370000001号,2024-01-01,2999-12-31
PC-2,（演示）美术校,演示路2号,non_subject,140213,教民114021370000002号,2021-01-01,2024-01-01
"""
COLUMNS = LEDGER.split("\n", 1)[0].split(",")


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_who_loses_a_permit_is_engaged_by_no_school(scratch_folder: Path) -> None:
    folder = scratch_folder / f"licensing-{uuid4().hex[:8]}"
    folder.mkdir()
    (folder / "ledger.csv").write_text(LEDGER, encoding="utf-8")
    dataset = Dataset(folder, {"institutions": {"file": "ledger.csv", "mapping": {"columns": {c: c for c in COLUMNS}}}})
    async with (
        Platform(folder / "platform", ports=Ports.free(), broker=BROKER, durable=False, quiet=True) as platform,
        player(platform) as one,
    ):
        await one.import_file("registry", "institutions", dataset)
        assert await one.wait_for("engageable", lambda: number(one, standing="in_force"), 1, seconds=30) == 1
        assert await number(one, standing="lapsed") == 1, "its day passed, and no event said so"
        [provider] = [one async for one in one.bureau.pages("afterschool", "/v1/providers", standing="in_force")]
        assert provider["may_be_engaged"]
        decision = {"exception": "obtained_by_deception", "cause": "以虚假材料取得许可"}
        await one.bureau.post("registry", f"/v1/permits/{provider['permits'][0]['permit_id']}/revocation", decision)
        assert await one.wait_for("revoked", lambda: number(one, standing="lapsed"), 2, seconds=30) == 2
        after = await one.bureau.get("afterschool", f"/v1/providers/{provider['institution_id']}")
    assert after["may_be_engaged"] is False
    assert {reason["code"] for reason in after["reasons"]} >= {"permit-revoked"}
    assert ended(after) == {"status": "revoked", "ended_on": after["as_of"]}


async def number(one: Player, **query: str) -> int:
    return len([item async for item in one.bureau.pages("afterschool", "/v1/providers", **query)])


def ended(provider: Mapping[str, Any]) -> Mapping[str, Any]:
    [permit] = provider["permits"]
    return {name: permit[name] for name in ("status", "ended_on")}
