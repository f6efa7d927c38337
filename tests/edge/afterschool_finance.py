"""After-school's homework and money with an object for every operation."""

from sqlalchemy import insert

from services.afterschool.programme.providers.domain import Provider
from shared.data.database import new_id
from shared.domain.clock import china_date
from tests.edge.asks import HERE, NOW, STREET, Ask
from tests.services import Service

TODAY = china_date(NOW)


async def finance(service: Service, school: str, school_class: str) -> dict[str, Ask]:
    return await _homework(service, school, school_class)


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
