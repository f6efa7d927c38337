"""Examples for the operations about grids, people, plans and draws."""

from tests.edge.asks import HERE, Ask, made
from tests.services import Service

KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
"""The public key of RFC 8037, appendix A."""

LED = {"members": [{"subject": "inspector-1", "name": "王"}], "leader": "inspector-1"}
"""The people of team-01."""


async def places(service: Service) -> dict[str, Ask]:
    return (
        {"get_successions": Ask(query={"code": "g1"})}
        | await _discoveries(service)
        | await _rechecks(service)
        | await _draws(service)
        | await _rota(service)
        | await _devices(service)
    )


async def _discoveries(service: Service) -> dict[str, Ask]:
    inspector = service("inspector", district=HERE, team="team-01")
    visit = await made(inspector, "/v1/visits", json={"grid": "g1"})
    await made(inspector, f"/v1/visits/{visit}/start")
    seen = {"name": "启航托管", "address": "迎宾街 12 号", "kind": "subject", "lon": 113.05, "lat": 40.05}
    await made(inspector, f"/v1/visits/{visit}/submission", json={"outcome": "newly_found", "discovery": seen})
    return {"list_discoveries": Ask(shows=visit)}


async def _rechecks(service: Service) -> dict[str, Ask]:
    """Visits of team-08, two of which team-01 is to look at again."""
    bureau, inspector = service("bureau"), service("inspector", district=HERE, team="team-08", subject="inspector-8")
    await made(bureau, "/v1/teams", json={"code": "team-08", "name": "八组", "district": HERE})
    for _ in range(3):
        visit = await made(inspector, "/v1/visits", json={"grid": "g2"})
        await made(inspector, f"/v1/visits/{visit}/start")
        await made(inspector, f"/v1/visits/{visit}/submission", json={"outcome": "inspected"})
    days = {"team": "team-08", "first_day": "2026-01-01", "last_day": "2999-12-31"}
    looked_at = await made(bureau, "/v1/rechecks", json=days | {"share_bp": 3334, "by_team": "team-01"})
    (first, second) = (await bureau.get("/v1/rechecks")).json()["items"]
    return {
        "draw_rechecks": Ask(body=days | {"share_bp": 10_000, "by_team": "team-01"}),
        "list_rechecks": Ask(query={"team": "team-08"}, shows=first["id"]),
        "get_agreement": Ask(query={"from": "2026-01-01", "to": "2026-12-31"}),
        "get_round": Ask({"round_id": looked_at}, shows=looked_at),
        "get_recheck": Ask({"recheck_id": first["id"]}, shows=first["id"]),
        "conclude_recheck": Ask({"recheck_id": second["id"]}, body={"outcome": "inspected", "note": "属实"}),
    }


async def _draws(service: Service) -> dict[str, Ask]:
    """Drawn before the world's visits are looked at again: a pair of a team that visited nobody yet."""
    members = [{"subject": f"drawn-{n}", "name": "李", "certificate_no": f"晋{n}"} for n in range(2)]
    members = [one | {"certificate_expires_on": "2999-12-31"} for one in members]
    team = {"code": "team-07", "name": "七组", "district": HERE, "members": members}
    await made(service("bureau"), "/v1/teams", json=team)
    officer = service("district_officer", district=HERE)
    draw = {"name": "双随机", "share_bp": 5000, "scope": {"districts": [HERE]}, "pool": {"teams": ["team-07"]}}
    committed, given_up, revealed = [await made(officer, "/v1/draws", json=draw) for _ in range(3)]
    await made(officer, f"/v1/draws/{revealed}/reveal")
    (one, *_) = (await officer.get(f"/v1/draws/{revealed}/result")).json()["items"]
    return {
        "commit_draw": Ask(body=draw | {"certified_per_pair": 2}),
        "list_draws": Ask(shows=committed),
        "get_draw": Ask({"draw_id": committed}, shows=committed),
        "reveal_draw": Ask({"draw_id": committed}),
        "cancel_draw": Ask({"draw_id": given_up}, body={"reason": "名录有误"}),
        "list_draw_result": Ask({"draw_id": revealed}, shows=one["institution_id"]),
        "get_proof": Ask({"draw_id": revealed}, shows=revealed),
        "list_published_draws": Ask(shows=committed),
        "get_published_draw": Ask({"draw_id": revealed}, shows=revealed),
        "get_published_proof": Ask({"draw_id": revealed}, shows=revealed),
    }


async def _rota(service: Service) -> dict[str, Ask]:
    bureau = service("bureau")
    team = (await bureau.get("/v1/teams")).json()["items"][0]
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
