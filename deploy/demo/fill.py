"""`make demo size=city`: fill the running platform with a small city."""

import os
from datetime import date
from pathlib import Path

from deploy.demo import pingcheng
from deploy.demo.dataset import Dataset
from deploy.demo.licensing import Licensing
from deploy.demo.player import Player, player
from deploy.demo.remedies import Remedies
from deploy.demo.running import RunningPlatform, require_running
from deploy.demo.school_life import SchoolLife
from deploy.demo.street import Street
from deploy.failures import StartFailed
from deploy.local.platform import Platform
from deploy.local.ports import Ports
from deploy.local.processes import HOST

CAMPAIGN_STREETS = ("140213051", "140213057")
SCHOOLS = 6
CATEGORIES = ("moral_education", "sunshine_sports", "homework_guidance")


async def fill(folder: Path, *, on: date) -> None:
    """Everything is made up but the streets; a city that is there already is left as it is.

    Raises `StartFailed` if the platform is not running, or holds other data: then nothing is touched.
    """
    place = RunningPlatform.of(folder)
    await require_running(place)
    data = folder / "demo"
    pingcheng.write(data, on=on)
    dataset = Dataset.of(data)
    tell = _Told()
    async with player(place, tell) as one:
        if await _is_filled(one):
            print("The city is there already.")
            return
        await one.import_grids(dataset)
        teams = await one.form_teams(list(pingcheng.STREETS), pingcheng.DISTRICT)
        await one.import_file("registry", "institutions", dataset)
        await one.wait_for("placed", lambda: _known(one), pingcheng.INSTITUTIONS, seconds=60)
        await one.import_file("inspection", "visits", dataset)
        await one.import_file("inspection", "violations", dataset)
        await one.play_campaign(teams, CAMPAIGN_STREETS, on=on)
        await Licensing(one, pingcheng.DISTRICT, list(pingcheng.STREETS), tell).everything(on=on)
        street = Street(one, pingcheng.DISTRICT, data, tell)
        walked = await street.everything(on=on)
        await Remedies(one, street, pingcheng.DISTRICT, _database(folder, place.ports), tell).everything(walked, on=on)
        await _open_schools(one)
        tell("schools", SCHOOLS, SCHOOLS)
    print(f"{dataset.title}: filled. See the dashboard: http://{HOST}:{place.ports.portal}/dashboard")


def _database(folder: Path, ports: Ports) -> str:
    """Where inspection's database is: only time is turned back there."""
    platform = Platform(folder, ports=ports, database_url=os.environ.get("DATABASE_URL") or None)
    return platform.database_url("inspection", driver=None)


async def _is_filled(one: Player) -> bool:
    found = (await one.bureau.get("registry", "/v1/institutions", limit=1))["items"]
    if found and not (found[0]["external_ref"] or "").startswith("PC-"):
        raise StartFailed("This platform holds other data than the city; nothing was touched.")
    return bool(found)


async def _known(one: Player) -> int:
    spots = await one.bureau.get("inspection", "/v1/blind-spots")
    return int(spots["placed"] + spots["unplaced"])


async def _open_schools(one: Player) -> None:
    """Schools with three courses each; two children more than there are places in every fourth course."""
    life = SchoolLife(one.bureau, one.guardian)
    term = await life.open_term()
    for number, (street, name) in enumerate(list(pingcheng.STREETS.items())[:SCHOOLS], start=1):
        school = await one.bureau.post(
            "afterschool",
            "/v1/schools",
            {
                "code": f"PC-S{number:02d}",
                "name": f"（演示）{name[:-2]}小学",
                "stage": "primary",
                "district": pingcheng.DISTRICT,
                "street": street,
            },
        )
        school_class = await life.form_class(school.json()["id"], grade=3)
        pupils = [await life.admit(school_class, f"（演示）学生{place + 1}") for place in range(12)]
        for place, category in enumerate(CATEGORIES):
            offering = await one.bureau.post(
                "afterschool",
                "/v1/offerings",
                {
                    "school_id": school.json()["id"],
                    "name": f"（演示）课程{place + 1}",
                    "category": category,
                    "term": term,
                    "capacity": 10,
                    "opens_at": "2020-01-01T00:00:00Z",
                    "closes_at": "2099-01-01T00:00:00Z",
                },
            )
            children = 12 if (number + place) % 4 == 0 else 6
            for pupil in pupils[:children]:
                body = {"offering_id": offering.json()["id"], "student_id": pupil}
                await one.guardian.post("afterschool", "/v1/enrolments", body)


class _Told:
    """One line for each step that came to its end."""

    def __init__(self) -> None:
        self._steps: set[str] = set()

    def __call__(self, what: str, done: int, total: int) -> None:
        if done >= total > 0 and what not in self._steps:
            self._steps.add(what)
            print(f"  {what}: {total:,}")
