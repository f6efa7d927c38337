"""Examples for the operations about grids, people, plans and draws."""

from tests.edge.asks import HERE, Ask, made
from tests.services import Service

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
"""The public key of RFC 8037, appendix A."""

LED = {"members": [{"subject": "inspector-1", "name": "王"}], "leader": "inspector-1"}
"""The people of team-01."""


async def places(service: Service) -> dict[str, Ask]:
    return {"get_successions": Ask(query={"code": "g1"})} | await _rota(service) | await _devices(service)


async def _rota(service: Service) -> dict[str, Ask]:
    bureau = service("bureau")
    (team,) = (await bureau.get("/v1/teams")).json()["items"]
    days = {"subject": "inspector-1", "first_day": "2026-03-02", "last_day": "2026-03-08"}
    ids = {"team_id": team["id"]}
    duty = await made(bureau, f"/v1/teams/{team['id']}/duties", json=days)
    taken_back = await made(bureau, f"/v1/teams/{team['id']}/absences", json=days | {"reason": "事假"})
    later = days | {"first_day": "2026-04-01", "last_day": "2026-04-02"}
    return {
        "get_rota": Ask(ids, query={"from": "2026-03-01", "to": "2026-03-31"}, shows=duty),
        "assign_duty": Ask(ids, body=later | {"weekdays": [1, 2]}),
        "note_absence": Ask(ids, body=later | {"reason": "病假"}),
        "cancel_rota_entry": Ask(ids | {"entry_id": taken_back}),
    }


async def _devices(service: Service) -> dict[str, Ask]:
    inspector = service("inspector", district=HERE, team="team-01")
    phones = [{"id": f"019a4c1e-000{n}-7001-8a2b-5d0c6e7f0001", "label": "手机", "public_key": KEY} for n in range(3)]
    first, second = [await made(inspector, "/v1/devices", json=phone) for phone in phones[:2]]
    return {
        "enrol_device": Ask(body=phones[2]),
        "list_devices": Ask(shows=first),
        "get_device": Ask({"device_id": first}, shows=first),
        "revoke_device": Ask({"device_id": second}, body={"reason": "丢失"}),
    }
