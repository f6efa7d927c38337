"""A batch with an element that is no operation: every other operation gets its verdict, and nothing is lost."""

import json
import os
import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.inspection.conftest import World
from tests.inspection.phones import Phone

BATCHES = int(os.environ.get("BROKEN_BATCHES", "120"))
TEAM = {"code": "t1", "name": "一组", "district": "140213", "grids": ["g1"]}
Break = Callable[[dict[str, Any]], str]


def _with(**changed: Any) -> Break:
    return lambda one: json.dumps(one | changed)


def _without(name: str) -> Break:
    return lambda one: json.dumps({key: value for key, value in one.items() if key != name})


BROKEN: dict[str, tuple[Break, str]] = {
    "null": (lambda _: "null", "model-attributes-type"),
    "text": (lambda _: '"plan_visit"', "model-attributes-type"),
    "list": (lambda _: "[[]]", "model-attributes-type"),
    "before all clocks": (_with(at="1870-01-01T00:00:00Z"), "greater-than-equal"),
    "no zone": (_with(at="2026-03-02T09:00:00"), "timezone-aware"),
    "unknown kind": (_with(kind="dance"), "enum"),
    "content is null": (_with(content=None), "dict-type"),
    "id is a number": (_with(id=7), "uuid-type"),
    "no id": (_without("id"), "missing"),
    "too many at once": (_with(after=[str(uuid4()) for _ in range(21)]), "too-long"),
    "base version where there is none": (_with(base_version=1), "base-version-wrong"),
    "unknown member": (_with(colour="red"), "extra-forbidden"),
    "two mistakes": (_with(kind="dance", id=None), "element-invalid"),
    "half an emoji": (_with(content={"note": "好\ud83d"}), "json-lone-surrogate"),
    "half an emoji in a name": (_with(content={"\ud83d": 1}), "json-lone-surrogate"),
    "NUL": (_with(content={"note": "a\x00b"}), "json-nul"),
    "too deep": (_with(content={"x": json.loads("[" * 40 + "]" * 40)}), "json-too-deep"),
    "beyond bigint": (_with(content={"x": 10**40}), "json-number-out-of-range"),
    "NaN": (_with(content={"x": float("nan")}), "json-number-out-of-range"),
    "1e999": (lambda one: json.dumps(one)[:-1] + ', "x": 1e999}', "json-number-out-of-range"),
    "a name twice": (lambda one: json.dumps(one)[:-1] + ', "kind": "plan_visit"}', "json-duplicate-key"),
    "no UTF-8": (
        lambda one: json.dumps(one | {"content": {"note": "#"}}).replace("#", "\udcff"),
        "json-lone-surrogate",
    ),
}


@pytest.fixture
async def phone(world: World) -> Phone:
    assert (await world.bureau.post("/v1/teams", json=TEAM)).status_code == 201
    phone = Phone(world.inspector("t1", subject="i1", district="140213"))
    await phone.enrol()
    return phone


async def send(phone: Phone, elements: list[str]) -> list[dict[str, Any]]:
    envelope = json.dumps({"device_id": phone.id, "sent_at": phone.now().isoformat()})
    body = f'{envelope[:-1]}, "operations": [{",".join(elements)}]}}'.encode("utf-8", "surrogateescape")
    answer = await phone.client.post("/v1/sync", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    verdicts: list[dict[str, Any]] = answer.json()["verdicts"]
    return verdicts


@pytest.mark.parametrize("kind", BROKEN)
async def test_one_broken_element_refuses_no_other(world: World, phone: Phone, kind: str) -> None:
    institution = str(await world.institution("g1"))
    break_it, code = BROKEN[kind]
    good = [phone.operation("plan_visit", str(uuid4()), institution_id=institution) for _ in range(3)]
    broken = phone.operation("plan_visit", str(uuid4()), institution_id=institution)
    elements = [json.dumps(good[0]), break_it(broken), *map(json.dumps, good[1:])]
    first, again = [await send(phone, elements) for _ in range(2)]
    assert [one["verdict"] for one in first] == ["applied", "refused", "applied", "applied"]
    assert [one["verdict"] for one in again] == ["already_applied", "refused", "already_applied", "already_applied"]
    assert first[1]["code"] == again[1]["code"] == code
    legible = kind not in ("null", "text", "list", "id is a number", "no id", "two mistakes")
    assert first[1]["operation_id"] == (broken["id"] if legible else None)
    kept = (await world.officer("140213").get("/v1/sync/unreadable-operations")).json()["items"]
    assert [(one["code"], one["subject"], one["operation_id"]) for one in kept] == [
        (code, "i1", first[1]["operation_id"])
    ]
    assert (await world.officer("140214").get("/v1/sync/unreadable-operations")).json()["items"] == []


async def test_the_operation_may_be_sent_again_corrected(world: World, phone: Phone) -> None:
    institution = str(await world.institution("g1"))
    plan = phone.operation("plan_visit", str(uuid4()), institution_id=institution)
    after = phone.operation("start_visit", plan["entity_id"], base=1, after=[plan])
    first = await send(phone, [json.dumps(plan | {"kind": "dance"}), json.dumps(after)])
    assert [one["verdict"] for one in first] == ["refused", "held"]
    assert [one["verdict"] for one in await send(phone, [json.dumps(plan)])] == ["applied", "applied"]


async def test_a_clock_at_the_epoch_is_a_wrong_clock_and_no_more(world: World, phone: Phone) -> None:
    institution = str(await world.institution("g1"))
    plan = phone.operation("plan_visit", str(uuid4()), institution_id=institution)
    (verdict,) = await send(phone, [json.dumps(plan | {"at": "1970-01-01T00:00:00Z"})])
    assert verdict["verdict"] == "applied"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[]", 422), (b"{}", 422), (b"{", 400), (b'{"operations": null}', 422), (b'{"operations": [NaN]}', 422),
        (b'{"device_id": NaN, "operations": []}', 400), (b'{"operations": [], "operations": []}', 400), (b"\xff", 400),
    ],
)  # fmt: skip
async def test_a_body_that_is_no_batch_is_refused(phone: Phone, body: bytes, status: int) -> None:
    answer = await phone.client.post("/v1/sync", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status


@pytest.mark.timeout(1200)
async def test_random_batches(world: World, phone: Phone) -> None:
    """BROKEN_BATCHES=2000 is the full size."""
    dice = random.Random(20261126)
    institution = str(await world.institution("g1"))
    for _ in range(BATCHES):
        good = [
            phone.operation("plan_visit", str(uuid4()), institution_id=institution) for _ in range(dice.randint(1, 4))
        ]
        elements = [json.dumps(one) for one in good]
        place = dice.randint(0, len(good))
        break_it, code = dice.choice(list(BROKEN.values()))
        elements.insert(place, break_it(phone.operation("plan_visit", str(uuid4()), institution_id=institution)))
        verdicts = await send(phone, elements)
        assert verdicts.pop(place)["code"] == code
        assert [(one["operation_id"], one["verdict"]) for one in verdicts] == [(one["id"], "applied") for one in good]
