"""One institution under one key, whatever door it came through; and found however its name is written."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.registry.ledger.institutions.searching import searchable
from tests.registry.conftest import USCC, World
from tests.registry.test_importer import listed, load, row

ENTRY = {"name": "晨光", "kind": "subject", "address": "1 号"}


async def test_one_reference_is_one_institution_at_every_door(world: World) -> None:
    made = await world.bureau.post("/v1/institutions", json=ENTRY | {"external_ref": "Ａ１"})
    assert (made.status_code, made.json()["external_ref"]) == (201, "A1")
    assert await load(world, [row("A1", phone="1")]) == [("updated", [])]
    twice = await world.bureau.post("/v1/institutions", json=ENTRY | {"external_ref": " A1\u200b"})
    assert (twice.status_code, twice.json()["code"]) == (409, "external-ref-taken")
    other = (await world.bureau.post("/v1/institutions", json=ENTRY | {"external_ref": "B"})).json()
    patched = await world.bureau.patch(
        f"/v1/institutions/{other['id']}", json={"external_ref": "Ａ１"}, headers={"If-Match": '"1"'}
    )
    assert (patched.status_code, patched.json()["code"]) == (409, "external-ref-taken")
    coded = await world.bureau.post(
        "/v1/institutions", json=ENTRY | {"district": "１４０２１３", "uscc": f"{USCC[:8]} {USCC[8:]}"}
    )
    assert (coded.json()["district"], coded.json()["uscc"]) == ("140213", USCC)
    found = (await world.bureau.get("/v1/institutions", params={"district": "１４０２１３"})).json()["items"]
    assert coded.json()["id"] in {one["id"] for one in found}


@pytest.mark.parametrize("written", ["Ａ1", " A1", "A  1", "A\u3000B"])
async def test_the_database_holds_the_normal_form(world: World, written: str) -> None:
    await load(world, [row("a")])
    with pytest.raises(IntegrityError):
        async with world.sessions.begin() as session:
            await session.execute(text("UPDATE institution SET external_ref = :ref"), {"ref": written})


WAYS = ("（平城）", "(平城)", "晨光·培训", "晨光•培訓", "晨光・培训", "⼤同", " 大同 ", "ＡＢＣ",
        "abc", "DaTong", "chenguang",
        "dtcg", "解放路１０号", "解放路10號")  # fmt: skip


async def test_a_name_is_found_however_it_is_written(world: World) -> None:
    entry = ENTRY | {"name": "大同晨光·培训（平城）ABC学校", "address": "解放路10号"}
    made = (await world.bureau.post("/v1/institutions", json=entry)).json()
    await world.bureau.post("/v1/institutions", json=ENTRY | {"name": "別家"})
    for q in WAYS:
        found = (await world.bureau.get("/v1/institutions", params={"q": q})).json()["items"]
        assert [one["id"] for one in found] == [made["id"]], q
    for q in ("%", "_", "·"):
        assert len((await world.bureau.get("/v1/institutions", params={"q": q})).json()["items"]) == (q == "·")


@pytest.mark.parametrize(
    ("name", "q"),
    [
        ("⻓城教育", "长城"), ("长城教育", "⻓城"), ("乾 元培训", "乾元"), ("乾元教育", "乾"), ("后里学堂", "後里"),
        ("二○一学堂", "二〇一"), ("二〇一学堂", "二○一"), ("绿洲教育", "lüzhou"), ("绿洲教育", "lvzhou"),
    ],
)  # fmt: skip
async def test_what_stands_beside_a_character_changes_nothing(world: World, name: str, q: str) -> None:
    made = (await world.bureau.post("/v1/institutions", json=ENTRY | {"name": name})).json()
    found = (await world.bureau.get("/v1/institutions", params={"q": q})).json()["items"]
    assert [one["id"] for one in found] == [made["id"]]


async def test_every_door_writes_what_is_looked_up(world: World) -> None:
    made = (await world.bureau.post("/v1/institutions", json=ENTRY | {"external_ref": "p"})).json()
    await world.bureau.patch(f"/v1/institutions/{made['id']}", json={"name": "曉星"}, headers={"If-Match": '"1"'})
    await load(world, [row("a"), row("b")])
    await load(world, [row("b", name="启明（分校）")])
    async with world.sessions() as session:
        rows = (await session.execute(text("SELECT name, address, search FROM institution"))).all()
    assert len(rows) == 3
    assert all(one.search == searchable(one.name, one.address) for one in rows)
    assert {one["name"] for one in await listed(world)} == {"曉星", "晨光", "启明（分校）"}
