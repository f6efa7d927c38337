"""Commitments on paper, and advertisements that were found, ordered away, and looked for again."""

from datetime import date, timedelta
from typing import Final

from deploy.demo.acts.ledger import DISTRICT, institutions
from deploy.demo.acts.stage import Stage, named, unless
from deploy.demo.player import Json

TITLE: Final = "规范办学承诺书（演示，大同2021）"
MEDIA: Final = ("leaflet", "poster", "billboard", "online", "vehicle")
SOURCES: Final = ("visit", "complaint", "patrol")
FOUND: Final = date(2021, 8, 1)
"""The first day on which an advertisement was found; the others follow within 120 days."""


async def play(stage: Stage) -> None:
    entries = await institutions(stage)
    await _sign(stage, entries)
    await _clean_up(stage, entries)


async def _sign(stage: Stage, entries: list[Json]) -> None:
    texts = [one for one in await stage.all("registry", "/v1/commitment-texts") if one["title"] == TITLE]
    if not texts:
        wanted = {"title": TITLE, "body": "（演示）本机构承诺规范办学。", "valid_from": f"{stage.on}"}
        texts = [(await stage.bureau.post("registry", "/v1/commitment-texts", wanted)).json()]
    text = texts[-1]
    signature = {"text_id": text["id"], "sha256": text["sha256"], "signatory": "（演示）负责人", "on_paper": True}

    async def sign(entry: Json) -> None:
        path = f"/v1/institutions/{entry['id']}/commitments"
        await unless("commitment-signed-already", stage.bureau.post("registry", path, signature))

    await stage.each("commitments signed", entries, sign)


async def _clean_up(stage: Stage, entries: list[Json]) -> None:
    """Every advertisement has an id of ours; what its state says is left is done."""
    finder = stage.inspector("team-01", DISTRICT)
    order = {"due_on": f"{stage.on + timedelta(days=7)}", "requirement": "（演示）清除"}

    async def clean_up(place: int) -> None:
        entry = entries[place * 7 % len(entries)]
        found = {
            "id": named(stage.prefix, "advertisement", place),
            "source": SOURCES[place % len(SOURCES)], "medium": MEDIA[place % len(MEDIA)],
            "place": f"{entry['address']}（演示）", "institution_id": entry["id"] if place % 5 else None,
            "district": DISTRICT, "street": entry["street"],
            "found_on": f"{FOUND + timedelta(days=place % 120)}",
        }  # fmt: skip
        state = (await stage.bureau.post("registry", "/v1/advertisements", found)).json()["state"]
        path = f"/v1/advertisements/{found['id']}"
        steps = (
            ("found", stage.bureau, "removal-order", order),
            ("removal_ordered", stage.bureau, "removal", {"removed_on": f"{stage.on}"}),
            ("removed", finder, "verification", {"holds": True}),
        )
        for before, person, step, body in steps:
            if state == before:
                state = (await person.post("registry", f"{path}/{step}", body)).json()["state"]

    await stage.each("advertisements cleaned up", range(stage.size.advertisements), clean_up)
