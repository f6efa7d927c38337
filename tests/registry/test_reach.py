"""Reach is judged on what is stored of an object, also where the body names it beside one that is the caller's own."""

from tests.registry.conftest import World
from tests.registry.test_advertisement_routes import FIND
from tests.registry.test_application_routes import WISH
from tests.registry.test_notices_routes import NOTICE
from tests.registry.test_stop_orders_routes import ORDER


async def test_what_a_body_names_is_judged_like_what_the_address_names(world: World) -> None:
    here, there = await world.institution("here"), await world.institution("there", district="140214")
    officer = world.officer()
    advertisement = (await officer.post("/v1/advertisements", json=FIND)).headers["location"]
    own = {"recipients": {"district": "140213"}}
    existing = {name: value for name, value in WISH.items() if name != "newcomer"}
    asked = {
        (f"{advertisement}/identification", "institution"): {"institution_id": there["id"]},
        ("/v1/notices", "subjects"): NOTICE | own | {"subjects": [there["id"]]},
        ("/v1/notices", "recipients"): NOTICE | {"recipients": {"district": "140214"}},
        (f"/v1/institutions/{here['id']}/merger", "duplicate"): {"duplicate_id": there["id"], "reason": "x"},
        (f"/v1/institutions/{there['id']}/merger", "survivor"): {"duplicate_id": here["id"], "reason": "x"},
        ("/v1/permit-applications", "institution"): existing | {"institution_id": there["id"]},
        ("/v1/stop-orders", "district"): ORDER | {"district": "140214"},
    }
    for (path, what), body in asked.items():
        refused = await officer.post(path, json=body)
        assert refused.status_code in (403, 404), (path, what, refused.text)
        assert refused.json()["code"] not in ("route-not-found", "role-not-allowed"), (path, what)
    assert (await world.bureau.get(f"/v1/institutions/{there['id']}")).json() == there
