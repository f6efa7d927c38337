"""The ledger of institutions with their permits, the eighteen street teams, and the three responsibilities."""

import csv
import io
from datetime import date, timedelta
from typing import Final

from deploy.demo import pingcheng
from deploy.demo.acts.stage import Stage
from deploy.demo.dataset import Dataset
from deploy.demo.player import Json

DISTRICT: Final = pingcheng.DISTRICT
GRID_SETS: Final = "/v1/grids/versions"
CERTIFIED_UNTIL: Final = timedelta(days=3 * 365)
BEGAN: Final = date(2021, 9, 1)
"""The day from which the days of made-up permits are counted."""


async def play(stage: Stage) -> None:
    """One institution, one file; one street, one grid, one team."""
    pingcheng.write(stage.folder, institutions=stage.size.institutions, on=BEGAN)
    dataset = Dataset.of(stage.folder)
    institutions = csv.DictReader(io.StringIO(dataset.path("institutions").read_text(encoding="utf-8")))
    rows = [_row(stage, row) for row in institutions]
    file = io.StringIO()
    table = csv.DictWriter(file, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    await stage.import_file("registry", "institutions", file.getvalue().encode(), dataset.mapping("institutions"))
    if not await stage.bureau.get("inspection", GRID_SETS):
        await stage.one.import_grids(dataset)
    await _form_teams(stage)

    async def known() -> int:
        spots = await stage.bureau.get("inspection", "/v1/blind-spots")
        return int(spots["placed"] + spots["unplaced"])

    await stage.reach("institutions known to inspection", known, stage.size.institutions)


def _row(stage: Stage, row: dict[str, str]) -> dict[str, str]:
    """The generator's institution with our reference, and a permit that is in force today."""
    number = row["编号"].removeprefix("PC-")
    permit = {} if not row["许可证编号"] else {"有效期止": f"{stage.on + timedelta(days=365)}"}
    return row | {"编号": f"{stage.prefix}-{number}"} | permit


async def _form_teams(stage: Stage) -> None:
    """A leader and a colleague with certificates in every team."""
    known = {team["code"] for team in await stage.all("inspection", "/v1/teams")}
    wanted = list(enumerate(pingcheng.STREETS.items(), start=1))

    async def form(one: tuple[int, tuple[str, str]]) -> None:
        number, (street, name) = one
        code = f"team-{number:02d}"
        if code in known:
            return
        members = [
            {
                "subject": f"inspector-{code}{suffix}", "name": f"（演示）{title}",
                "certificate_no": f"演示-{number:02d}-{place}",
                "certificate_expires_on": f"{stage.on + CERTIFIED_UNTIL}",
            }
            for place, (suffix, title) in enumerate((("", "组长"), ("-b", "检查员")), 1)
        ]  # fmt: skip
        team = {
            "code": code, "name": f"（演示）{name}检查组", "grids": [street], "district": DISTRICT, "street": street,
            "members": members, "leader": members[0]["subject"],
        }  # fmt: skip
        await stage.bureau.post("inspection", "/v1/teams", team)

    await stage.each("street teams", wanted, form)


async def institutions(stage: Stage) -> list[Json]:
    """The institutions of the play, in the order of the ledger."""
    found = await stage.all("registry", "/v1/institutions")
    return [one for one in found if (one["external_ref"] or "").startswith(stage.prefix)]
