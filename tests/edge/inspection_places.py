"""Examples for the operations about grids, people, plans and draws."""

from tests.edge.asks import HERE, Ask, made
from tests.services import Service

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
"""The public key of RFC 8037, appendix A."""


async def places(service: Service) -> dict[str, Ask]:
    return {"get_successions": Ask(query={"code": "g1"})} | await _devices(service)


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
