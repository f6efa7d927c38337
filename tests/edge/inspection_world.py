"""Inspection with an object for every operation: grids, a team, campaigns, visits, violations."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from services.inspection.field.targets.domain import Target
from shared.data.database import new_id
from tests.edge.asks import HERE, STREET, Ask, World, imports, made
from tests.edge.inspection_field import field_work
from tests.edge.inspection_findings import TODAY, findings
from tests.edge.inspection_places import LED, places
from tests.services import Service

DAY = {"order": "risk", "lon": "113.05", "lat": "40.05", "limit": "5", "on": "2999-01-01"}
"""A work list with everything that may be asked of it."""


def _square(code: str, west: float) -> dict[str, Any]:
    ring = [[west, 40.0], [west + 0.1, 40.0], [west + 0.1, 40.1], [west, 40.1], [west, 40.0]]
    return {
        "type": "Feature",
        "properties": {"code": code, "name": code},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


async def inspection(service: Service) -> World:
    bureau, inspector = service("bureau"), service("inspector", district=HERE, team="team-01")
    grids = {"type": "FeatureCollection", "features": [_square("g1", 113.0), _square("g2", 113.1)]}
    assert (await bureau.post("/v1/grids/import", json=grids)).status_code == 201
    to_come = await bureau.post("/v1/grids/import", json=grids, params={"valid_from": str(TODAY + timedelta(days=9))})
    team = {"code": "team-01", "name": "一组", "district": HERE, "grids": ["g1"], **LED}
    team_id = await made(bureau, "/v1/teams", json=team)
    institution = await _target(service, "g1")
    plan = {"institution_id": institution, "team": "team-01"}
    campaign = {"name": "春季", "scope": {"districts": [HERE]}, "starts_on": "2026-03-01", "ends_on": "2026-04-01"}
    officer = service("district_officer", district=HERE)
    draft, launched, ended, planned = [await made(officer, "/v1/campaigns", json=campaign) for _ in range(4)]
    for one in (launched, ended):
        await made(officer, f"/v1/campaigns/{one}/launch")
    visits = [await made(bureau, "/v1/visits", json=plan) for _ in range(3)]
    unwanted = await made(bureau, "/v1/visits", json=plan)
    idle, _ = [
        await made(bureau, "/v1/teams", json={"code": code, "name": code, "district": HERE})
        for code in ("team-30", "team-31")
    ]
    for visit in visits[1:]:
        await made(inspector, f"/v1/visits/{visit}/start")
    await made(inspector, f"/v1/visits/{visits[2]}/submission", json={"outcome": "inspected"})
    reason = await made(bureau, "/v1/visits", json=plan | {"campaign_id": ended})
    await made(inspector, f"/v1/visits/{reason}/start")
    await made(inspector, f"/v1/visits/{reason}/submission", json={"outcome": "inspected"})
    breach = {"institution_id": institution, "severity": "low", "description": "无公示"}
    violations = [await made(bureau, "/v1/violations", json=breach) for _ in range(4)]
    for violation in violations[1:3]:
        await made(bureau, f"/v1/violations/{violation}/rectification-order", json={"requirement": "公示"})
    await made(inspector, f"/v1/violations/{violations[2]}/rectification", json={"statement": "已公示"})
    past = {"file": ("visits.csv", b"external_ref,outcome,visited_on\na,inspected,2026-01-05\n")}
    started = await made(service("district_officer", district=HERE), "/v1/imports", files=past)
    queued = await made(service("district_officer", district=HERE), "/v1/imports", files=past)
    return World(
        service,
        {
            "import_grids": Ask(
                body=grids,
                query={"source": "test", "accept": "valid", "valid_from": "2999-01-01", "accept_far_date": "true"},
            ),
            "list_grids": Ask(query={"geometry": "true", "on": "2999-01-01"}),
            "list_grid_versions": Ask(),
            "withdraw_grids": Ask({"grid_set_id": to_come.json()["grid_set_id"]}, body={"reason": "录入有误"}),
            "locate": Ask(query={"lon": "113.05", "lat": "40.05", "on": "2999-01-01"}),
            "form_team": Ask(body=team | {"code": "team-02", "grids": ["g2"]}),
            "list_teams": Ask(shows=team_id),
            "get_team": Ask({"team_id": team_id}, shows=team_id),
            "change_team": Ask({"team_id": team_id}, body={"name": "一组二"}),
            "hand_over": Ask({"team_id": idle}, body={"to": "team-31", "reason": "街道合并"}),
            "get_blind_spots": Ask(),
            "list_blind_targets": Ask(shows=await _target(service, None)),
            "list_unvisited_targets": Ask(query={"days": "30"}, shows=await _target(service, "g1")),
            "plan_campaign": Ask(body=campaign | {"purpose": "年检"}),
            "list_campaigns": Ask(shows=draft),
            "get_campaign": Ask({"campaign_id": draft}, shows=draft),
            "launch_campaign": Ask({"campaign_id": draft}),
            "close_campaign": Ask({"campaign_id": ended}),
            "withdraw_campaign": Ask({"campaign_id": planned}, body={"reason": "录入有误"}),
            "get_coverage": Ask({"campaign_id": launched}, shows=launched),
            "list_campaign_targets": Ask({"campaign_id": launched}, shows=institution),
            "get_worklist": Ask({"campaign_id": launched}, query=DAY | {"team": "team-01"}, shows=institution),
            "get_report": Ask({"campaign_id": launched}, shows=launched),
            "print_report": Ask({"campaign_id": launched}, shows=launched),
            "plan_visit": Ask(body=plan | {"note": "年检", "visit_type": "routine"}),
            "list_visits": Ask(shows=visits[0]),
            "get_visit": Ask({"visit_id": visits[0]}, shows=visits[0]),
            "start_visit": Ask({"visit_id": visits[0]}, body={"inspectors": ["colleague"]}),
            "submit_visit": Ask({"visit_id": visits[1]}, body={"outcome": "inspected", "score": 90, "note": "好"}),
            "review_visit": Ask({"visit_id": visits[2]}, body={"accepted": True, "note": "好"}),
            "call_off_visit": Ask({"visit_id": unwanted}, body={"reason": "重复安排"}),
            "report_violation": Ask(body=breach | {"clause": "第三条"}),
            "list_violations": Ask(shows=violations[0]),
            "get_violation": Ask({"violation_id": violations[0]}, shows=violations[0]),
            "order_rectification": Ask({"violation_id": violations[0]}, body={"requirement": "公示"}),
            "rectify_violation": Ask({"violation_id": violations[1]}, body={"statement": "已公示"}),
            "withdraw_violation": Ask({"violation_id": violations[3]}, body={"reason": "误报"}),
            "verify_violation": Ask({"violation_id": violations[2]}, body={"holds": True, "note": "好"}),
        }
        | imports(started, queued, past)
        | await places(service)
        | await findings(service, institution)
        | await field_work(service, visits[0], violations[0], institution),
        institution=institution,
    )


async def _target(service: Service, grid: str | None) -> str:
    """An institution as the registry's events would have left it here."""
    row = {
        "institution_id": new_id(),
        "version": 1,
        "name": "晨光",
        "address": "1 号",
        "kind": "subject",
        "status": "active",
        "district": HERE,
        "street": STREET,
        "grid": grid,
        "blind_spot": None if grid else "no_coordinates",
        "visits": 0,
    }
    async with service.sessions.begin() as session:
        await session.execute(insert(Target), [row])
    return str(row["institution_id"])
