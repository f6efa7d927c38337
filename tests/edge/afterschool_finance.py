"""After-school's homework and money with an object for every operation."""

from datetime import date

from sqlalchemy import insert

from services.afterschool.programme.providers.domain import Provider
from shared.data.database import new_id
from shared.domain.clock import china_date
from tests.afterschool.roster import tell_calendar
from tests.edge.asks import HERE, NOW, STREET, Ask, made
from tests.services import Service

TODAY = china_date(NOW)


async def finance(service: Service, school: str, school_class: str) -> dict[str, Ask]:
    return {**await _homework(service, school, school_class), **await _subsidies(service, school)}


async def _homework(service: Service, school: str, school_class: str) -> dict[str, Ask]:
    staff = service("school_staff", school=school)
    row = {
        "name": "晨光", "kind": "subject", "status": "active", "district": HERE, "street": STREET, "sequence": 1,
    }  # fmt: skip
    institution, other = new_id(), new_id()
    async with service.sessions.begin() as session:
        await session.execute(insert(Provider), [row | {"institution_id": one} for one in (institution, other)])
    declared = {"class_id": school_class, "on": str(TODAY), "entries": [{"subject": "数学", "minutes": 90}]}
    assert (await staff.put("/v1/homework", json=declared)).status_code == 200
    days = (await staff.get("/v1/homework")).json()["items"]
    report = {"institution_id": str(institution), "on": str(TODAY), "text": "布置了两页习题"}
    reported = {}
    for role, client in (("school_staff", staff), ("guardian", service("guardian", subject="guardian-1"))):
        reported[role] = (await client.post("/v1/homework/reports", json=report)).json()["id"]
    return {
        "declare_homework": Ask(body=declared),
        "list_homework": Ask(shows=days[0]["id"]),
        "list_homework_weeks": Ask(query={"week": str(TODAY)}, shows=school_class),
        "get_class_homework": Ask({"class_id": school_class}),
        "report_homework": Ask(body=report | {"institution_id": str(other)}),
        "list_homework_reports": Ask(
            shows=reported["school_staff"], instead={"guardian": {"shows": reported["guardian"]}}
        ),
    }


async def _subsidies(service: Service, school: str) -> dict[str, Ask]:
    """Terms that are over, of one class each: a run of a term is open until it is locked or discarded."""
    url, computing = "/v1/subsidy-runs", service("bureau", subject="computes")
    runs = []
    for year in range(2022, 2027):
        name = f"edge-{year}"
        await tell_calendar(service, name=name, starts_on=date(year, 9, 1), ends_on=date(year, 12, 31))
        if year < 2026:
            formed = {"school_id": school, "code": "edge", "name": "一班", "grade": 3, "school_year": year}
            await made(computing, "/v1/classes", json=formed)
            runs.append(await made(computing, url, json={"term": name}))
    seen, to_review, to_lock, to_discard = runs
    await made(service("bureau", subject="reviews"), f"{url}/{to_lock}/review")
    line = (await computing.get(f"{url}/{seen}/lines")).json()["items"][0]["id"]
    return {
        "compute_subsidy_run": Ask(body={"term": "edge-2026"}),
        "list_subsidy_runs": Ask(query={"term": "edge-2022"}, shows=seen),
        "get_subsidy_run": Ask({"run_id": seen}, shows=seen),
        "review_subsidy_run": Ask({"run_id": to_review}),
        "lock_subsidy_run": Ask({"run_id": to_lock}),
        "discard_subsidy_run": Ask({"run_id": to_discard}, body={"reason": "重新核算"}),
        "list_subsidy_lines": Ask({"run_id": seen}, shows=line),
        "list_subsidy_schools": Ask({"run_id": seen}, shows=school),
        "export_subsidy_run": Ask({"run_id": seen}),
    }
