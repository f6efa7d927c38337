"""`/v1/devices`: a phone is one person's."""

import pytest

from services.inspection.field.devices import queries
from services.inspection.field.devices.domain import DeviceNotEnrolled
from shared.data.database import new_id
from tests.inspection.conftest import World
from tests.services import version_of

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


async def test_a_phone_belongs_to_one_person(world: World) -> None:
    team = {"code": "t1", "name": "一组", "district": "140213", "grids": ["g1"]}
    assert (await world.bureau.post("/v1/teams", json=team)).status_code == 201
    holder, colleague = world.inspector("t1"), world.inspector("t1", subject="another")
    body = {"id": str(new_id()), "label": "手机", "public_key": KEY}
    made = await holder.post("/v1/devices", json=body)
    assert (made.status_code, made.json()["district"], made.json()["state"]) == (201, "140213", "enrolled")
    assert (await holder.post("/v1/devices", json=body)).status_code == 200
    refused = await colleague.post("/v1/devices", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "device-id-taken")
    path = made.headers["location"]
    assert (await colleague.get(path)).status_code == 404
    assert (await colleague.post(f"{path}/revocation", json={"reason": "x"})).status_code == 404
    assert (await colleague.get("/v1/devices")).json()["items"] == []
    assert (await world.officer("140214").get(path)).status_code == 404
    assert len((await world.officer("140213").get("/v1/devices", params={"state": "enrolled"})).json()["items"]) == 1
    async with world.sessions.begin() as session:
        assert (await queries.enrolled(session, made.json()["id"], "inspector-t1")).label == "手机"
    revoked = await world.officer("140213").post(f"{path}/revocation", json={"reason": "丢失"})
    assert (revoked.json()["state"], version_of(revoked)) == ("revoked", 2)
    again = await holder.post(f"{path}/revocation", json={"reason": "丢失"})
    assert (again.status_code, again.json()["code"]) == (409, "device-revoked")
    for device, subject in ((made.json()["id"], "inspector-t1"), (new_id(), "inspector-t1")):
        async with world.sessions.begin() as session:
            with pytest.raises(DeviceNotEnrolled):
                await queries.enrolled(session, device, subject)
    assert [(kind, version) for kind, version, _ in await world.facts(made.json()["id"])] == [
        ("inspection.device.enrolled.v1", 1),
        ("inspection.device.revoked.v1", 2),
    ]
