"""An entry, its standing and the white list say the same of its permits, whatever was done."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from services.registry.licensing.permits.domain import Validity
from shared.domain.clock import utc_now
from tests.registry.conftest import USCC, World
from tests.registry.test_importer import load, row
from tests.registry.test_permit_routes import DECEIVED, GIVEN_UP, LATER, SUSPENSION, TODAY, permit, record, told
from tests.registry.test_proposal_routes import case, decided, hear, proposals
from tests.registry.test_public_routes import standing
from tests.registry.test_transformation_routes import all_steps, done, path

Act = Callable[[World, dict[str, Any]], Awaitable[object]]


async def transform(world: World, one: dict[str, Any], target: str) -> None:
    begun = await done(world.bureau, path(one["institution_id"]), target=target)
    await all_steps(world, begun)
    await done(world.bureau, path(one["institution_id"], begun["id"], "completion"))


async def penalise(world: World, one: dict[str, Any], kind: str) -> None:
    await hear(world, decided(case(one["institution_id"]), kind))
    (proposal,) = await proposals(world)
    assert (await world.bureau.post(f"/v1/proposals/{proposal['id']}/acceptance", json={})).status_code == 200


async def revoke_and_import(world: World, one: dict[str, Any]) -> None:
    """The next month's ledger still names the permit."""
    await told(world, one, "revocation", **DECEIVED)
    said = row("ref", name="晨光", kind="non_subject", uscc=USCC, permit_no=one["number"], permit_valid_to=LATER)
    assert await load(world, [said | {"status": "正常"}], at=utc_now()) == [("updated", ["permit-contradicted"])]


async def merge(world: World, one: dict[str, Any]) -> None:
    """The other entry names a permit that was revoked."""
    other = await permit(world, name="晨光二")
    await told(world, other, "revocation", **DECEIVED)
    await told(world, one, "cancellation", **GIVEN_UP)
    body = {"duplicate_id": other["institution_id"], "reason": "同一机构"}
    answer = await world.bureau.post(f"/v1/institutions/{one['institution_id']}/merger", json=body)
    assert answer.status_code == 200, answer.text


ACTS: dict[str, tuple[Act, str]] = {
    "suspension": (lambda w, p: told(w, p, "suspension", **SUSPENSION), "active"),
    "renewal": (lambda w, p: told(w, p, "renewal", valid_to="2099-01-01"), "active"),
    "revocation": (lambda w, p: told(w, p, "revocation", **DECEIVED), "unlicensed"),
    "cancellation": (
        lambda w, p: told(w, p, "cancellation", **GIVEN_UP),
        "unlicensed",
    ),
    "penalty: revocation": (lambda w, p: penalise(w, p, "revocation"), "unlicensed"),
    "penalty: suspension": (lambda w, p: penalise(w, p, "suspension"), "active"),
    "to non-profit": (lambda w, p: transform(w, p, "non_profit"), "active"),
    "to closure": (lambda w, p: transform(w, p, "closure"), "closed"),
    "ledger": (revoke_and_import, "unlicensed"),
    "merger": (merge, "unlicensed"),
}


async def agree(world: World, institution: str) -> dict[str, Any]:
    entry: dict[str, Any] = (await world.bureau.get(f"/v1/institutions/{institution}")).json()
    said = await standing(world)
    listed = (await world.service().get("/v1/public/institutions")).json()["items"]
    held = (await world.bureau.get("/v1/permits", params={"institution": institution})).json()["items"]
    living = {one["number"] for one in held if one["status"] in ("pending", "in_force", "suspended")}
    assert said["lawful"] == (institution in {one["id"] for one in listed})
    assert (entry["permit_no"] in living) if living else entry["permit_no"] is None
    assert bool(living) == (entry["status"] == "active")
    return entry


@pytest.mark.parametrize("name", ACTS)
async def test_after_every_transition(world: World, name: str) -> None:
    act, status = ACTS[name]
    one = await permit(world, uscc=USCC)
    url = f"/v1/institutions/{one['institution_id']}"
    await world.bureau.patch(url, json={"permit_no": one["number"]}, headers={"if-match": '"1"'})
    assert (await agree(world, one["institution_id"]))["status"] == "active"
    await act(world, one)
    assert (await agree(world, one["institution_id"]))["status"] == status


async def test_transformed_without_a_permit_left(world: World) -> None:
    institution = (await world.institution(uscc=USCC, permit_no="旧证1"))["id"]
    await record(world, institution, "旧证1", Validity(None, None), "subject")
    await transform(world, {"institution_id": institution}, "non_subject")
    entry = await agree(world, institution)
    assert (entry["kind"], entry["status"], entry["permit_no"]) == ("non_subject", "unlicensed", None)


async def test_another_permit_takes_the_place_of_the_one_that_ended(world: World) -> None:
    one = await permit(world, uscc=USCC)
    await record(world, one["institution_id"], "旧证二", Validity(None, None))
    await told(world, one, "cancellation", ground="replaced", reason="换证")
    assert (await agree(world, one["institution_id"]))["permit_no"] == "旧证二"


async def test_a_correction_does_not_bring_a_permit_back(world: World) -> None:
    one = await permit(world, uscc=USCC)
    await told(world, one, "revocation", **DECEIVED)
    url = f"/v1/institutions/{one['institution_id']}"
    for change in ({"status": "active"}, {"permit_no": one["number"]}):
        tag = (await world.bureau.get(url)).headers["etag"]
        refused = await world.bureau.patch(url, json=change, headers={"if-match": tag})
        assert (refused.status_code, refused.json()["code"]) == (409, "entry-contradicts-permits")
    tag = (await world.bureau.get(url)).headers["etag"]
    assert (await world.bureau.patch(url, json={"status": "closed"}, headers={"if-match": tag})).status_code == 200


async def test_a_permit_that_begins_later_keeps_its_institution_licensed(world: World) -> None:
    one = await permit(world, uscc=USCC)
    assert TODAY.isoformat() < LATER
    await record(world, one["institution_id"], "旧证二", Validity(TODAY + timedelta(days=365), None))
    await told(world, one, "cancellation", ground="replaced", reason="换证")
    assert (await agree(world, one["institution_id"]))["permit_no"] == "旧证二"
