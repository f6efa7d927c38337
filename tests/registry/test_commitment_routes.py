"""Commitments over HTTP: published, signed online and on paper, broken, counted."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert

from services.registry.ledger.observations.domain import FileEntry
from tests.registry.conftest import AT, World

BODY = "一、不占用国家法定节假日、休息日及寒暑假期组织学科类培训。\n二、明码标价。\n"


async def publish(world: World, **more: Any) -> dict[str, Any]:
    body = {"title": "承诺书", "body": BODY, "valid_from": "2021-07-24", **more}
    answer = await world.bureau.post("/v1/commitment-texts", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def signature(text: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"text_id": text["id"], "sha256": text["sha256"], "signatory": "王强", **more}


async def signed(world: World, made: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
    answer = await world.bureau.post(f"/v1/institutions/{made['id']}/commitments", json=signature(text, on_paper=True))
    assert answer.status_code == 201, answer.text
    commitment: dict[str, Any] = answer.json()
    return commitment


async def violation(world: World, institution_id: str, *kinds: str) -> str:
    """Facts of inspection about one thing in the institution's file; without `kinds`, a violation that was reported."""
    key = uuid4()
    async with world.sessions.begin() as session:
        await session.execute(
            insert(FileEntry),
            [{
                "event_id": uuid4(), "institution_id": institution_id, "source": "/inspection", "key": key,
                "sequence": sequence, "type": kind, "actor": "inspector-1", "at": AT, "facts": {},
            } for sequence, kind in enumerate(kinds or ("inspection.violation.reported.v1",), start=1)],
        )  # fmt: skip
    return str(key)


async def test_texts(world: World) -> None:
    first, second = await publish(world), await publish(world, valid_from="2999-01-01")
    assert (first["number"], second["number"], first["body"]) == (1, 2, BODY)
    assert (await world.officer().get(f"/v1/commitment-texts/{first['id']}")).json() == first
    assert [one["number"] for one in (await world.bureau.get("/v1/commitment-texts?limit=1")).json()["items"]] == [1]
    refused = await world.bureau.post(
        "/v1/commitment-texts", json={"title": "x", "body": "y", "valid_from": "2022-01-01"}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "commitment-text-not-later")
    assert (await world.bureau.get(f"/v1/commitment-texts/{uuid4()}")).json()["code"] == "commitment-text-not-found"
    assert (await world.officer().post("/v1/commitment-texts", json={})).status_code == 403
    ((kind, version, fact),) = await world.facts(first["id"])
    assert (kind, version, fact["sha256"]) == ("registry.commitment_text.published.v1", 1, first["sha256"])
    assert "body" not in fact


async def test_the_operator_signs_the_text_in_force_once(world: World) -> None:
    made, text = await world.institution(street="s1"), await publish(world)
    operator = world.service("operator", institution=made["id"])
    url = f"/v1/institutions/{made['id']}/commitments"
    for body, status, code in (
        (signature(text, sha256="0" * 64), 422, "commitment-text-differs"),
        (signature(text, on_paper=True), 422, "signature-form-wrong"),
        (signature(text, text_id=str(uuid4())), 404, "commitment-text-not-found"),
    ):
        answer = await operator.post(url, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    answer = await operator.post(url, json=signature(text))
    assert (answer.status_code, answer.json()["signed_by"]) == (201, "operator-1")
    again = await operator.post(url, json=signature(text))
    assert (again.status_code, again.json()["code"]) == (409, "commitment-signed-already")
    assert (await operator.get(url)).json() == [answer.json()]
    ((kind, _, fact),) = await world.facts(answer.json()["id"])
    assert (kind, fact["district"], fact["street"]) == ("registry.commitment.signed.v1", "140213", "s1")
    assert not {"signatory", "signed_by"} & fact.keys()


async def test_who_may_sign_for_whom(world: World) -> None:
    made, other, text = await world.institution(), await world.institution("别家"), await publish(world)
    url = f"/v1/institutions/{made['id']}/commitments"
    stranger = world.service("operator", institution=other["id"])
    assert (await stranger.post(url, json=signature(text))).json()["code"] == "institution-not-found"
    assert (await stranger.get(url)).status_code == 404
    answer = await world.bureau.post(url, json=signature(text))
    assert (answer.status_code, answer.json()["code"]) == (422, "signature-form-wrong")
    assert (await world.officer("140214").post(url, json=signature(text, on_paper=True))).status_code == 404
    assert (
        await world.service("inspector", district="140213", team="t1").post(url, json=signature(text))
    ).status_code == 403
    answer = await world.officer().post(url, json=signature(text, on_paper=True))
    assert (answer.status_code, answer.json()["on_paper"]) == (201, True)


async def test_texts_that_are_not_the_one_to_sign(world: World) -> None:
    made, closed = await world.institution(), await world.institution("关", status="closed")
    old, new, future = await publish(world), await publish(world), await publish(world, valid_from="2999-01-01")
    for institution, text, code in (
        (made, old, "commitment-text-superseded"),
        (made, future, "commitment-text-not-in-force"),
        (closed, new, "institution-ended"),
    ):
        answer = await world.bureau.post(
            f"/v1/institutions/{institution['id']}/commitments", json=signature(text, on_paper=True)
        )
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    await signed(world, made, new)


async def test_a_violation_in_the_file_breaks_it_once(world: World) -> None:
    made, other, text = await world.institution(), await world.institution("别家"), await publish(world)
    commitment = await signed(world, made, text)
    url = f"/v1/institutions/{made['id']}/commitments/{commitment['id']}/breaches"
    foreign, visit = (
        await violation(world, other["id"]),
        await violation(world, made["id"], "inspection.visit.started.v1"),
    )
    reported_by_mistake = await violation(
        world, made["id"], "inspection.violation.reported.v1", "inspection.violation.withdrawn.v1"
    )
    for unknown in (str(uuid4()), foreign, visit, reported_by_mistake):
        answer = await world.bureau.post(url, json={"violation_id": unknown})
        assert (answer.status_code, answer.json()["code"]) == (404, "violation-unknown")
    known = await violation(world, made["id"])
    answer = await world.officer().post(url, json={"violation_id": known, "note": "占用假期"})
    assert answer.status_code == 201
    again = await world.bureau.post(url, json={"violation_id": known})
    assert (again.status_code, again.json()["code"]) == (409, "breach-recorded-already")
    (shown,) = (await world.bureau.get(f"/v1/institutions/{made['id']}/commitments")).json()
    assert [one["violation_id"] for one in shown["breaches"]] == [known]
    assert shown["breached_at"] is not None
    assert [kind for kind, _, _ in await world.facts(commitment["id"])] == [
        "registry.commitment.signed.v1", "registry.commitment.breached.v1"
    ]  # fmt: skip
    wrong = url.replace(made["id"], other["id"])
    assert (await world.bureau.post(wrong, json={"violation_id": foreign})).json()["code"] == "commitment-not-found"
    assert (await world.officer("140214").post(url, json={"violation_id": known})).status_code == 404


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("text", [("1", 2, 1), ("2", 1, 0)]),
        ("district", [("140213", 2, 1), ("140214", 1, 0)]),
        ("street", [("s1", 1, 1), ("s2", 1, 0), (None, 1, 0)]),
    ],
)
async def test_counts(world: World, by: str, expected: list[tuple[str | None, int, int]]) -> None:
    first = await publish(world)
    broken = await world.institution(street="s1")
    commitment = await signed(world, broken, first)
    await signed(world, await world.institution("b", street="s2"), first)
    await signed(world, await world.institution("c", district="140214"), await publish(world))
    url = f"/v1/institutions/{broken['id']}/commitments/{commitment['id']}/breaches"
    for _ in range(2):
        assert (
            await world.bureau.post(url, json={"violation_id": await violation(world, broken["id"])})
        ).status_code == 201
    told = (await world.bureau.get(f"/v1/commitments/counts?by={by}")).json()
    assert [(one["value"], one["signed"], one["breached"]) for one in told] == expected
    near = (await world.officer("140214").get("/v1/commitments/counts?by=district")).json()
    assert near == [{"value": "140214", "signed": 1, "breached": 0}]
    own = world.service("operator", institution=broken["id"])
    assert (await own.get("/v1/commitments/counts?by=text")).json() == [{"value": "1", "signed": 1, "breached": 1}]
