"""After-school's homework and money with an object for every operation."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update

from services.afterschool.delivery.sessions.domain import CourseSession
from services.afterschool.finance.fees.domain import FeeEntry
from services.afterschool.finance.subsidies.accountant import Accountant
from services.afterschool.programme.engagements.domain import Listing
from services.afterschool.programme.offerings.domain import Offering
from services.afterschool.programme.providers.domain import Provider
from shared.data.database import new_id, open_engine
from shared.domain.clock import china_date
from tests.afterschool.roster import TERM, enter_child, tell_calendar
from tests.edge.asks import HERE, NOW, STREET, Ask, made
from tests.services import Service

TODAY = china_date(NOW)


async def finance(service: Service, school: str, school_class: str) -> dict[str, Ask]:
    return {
        **await _homework(service, school, school_class),
        **await _fees(service, school, school_class),
        **await _settlements(service, school),
        **await _subsidies(service, school),
    }


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


async def _fees(service: Service, school: str, school_class: str) -> dict[str, Ask]:
    """Children of guardian-1: one with a lesson to come, one for whom too much was collected, and another one."""
    staff, on = service("school_staff", school=school), TODAY + timedelta(days=1)
    async with service.sessions.begin() as session:
        child = await enter_child(session, school_class, "guardian-1")
    course = {
        "school_id": school, "name": "书法", "category": "artistic_cultivation", "term": TERM, "capacity": 9,
        "fee": 10, "opens_at": (NOW - timedelta(days=1)).isoformat(),
        "closes_at": (NOW + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    offering = await made(service("bureau"), "/v1/offerings", json=course)
    await made(staff, "/v1/enrolments", json={"offering_id": offering, "student_id": child})
    await _lesson(service, school, offering, on)
    async with service.sessions.begin() as session:
        other = await enter_child(session, school_class, "guardian-1")
    back = await _overpaid(service, school, school_class)
    waiver = {"student_id": back, "valid_from": str(TODAY), "reason": "低保"}
    granted = await made(staff, "/v1/fee-waivers", json=waiver)
    return {
        "get_bill": Ask({"student_id": child}, {"term": TERM}, shows=offering),
        "print_bill": Ask({"student_id": child}, {"term": TERM}),
        "collect_fees": Ask({"student_id": child}, body={"term": TERM, "fen": 1}),
        "refund_fees": Ask({"student_id": back}, body={"term": TERM, "fen": 1, "reason": "多收"}),
        "grant_fee_waiver": Ask(body=waiver | {"student_id": other}),
        "list_fee_waivers": Ask(query={"student": back}, shows=granted),
        "end_fee_waiver": Ask({"waiver_id": granted}, body={"valid_to": str(on + timedelta(days=1)), "reason": "变更"}),
    }


async def _lesson(service: Service, school: str, offering: str, on: date, **more: object) -> None:
    lesson = {
        "id": new_id(), "version": 1, "offering_id": UUID(offering), "school_id": UUID(school), "on_day": on,
        "weekday": on.isoweekday(), "number": 1, "care": "after_school", "state": "planned",
        "starts_at": NOW + (on - TODAY), "ends_at": NOW + (on - TODAY) + timedelta(hours=1), **more,
    }  # fmt: skip
    async with service.sessions.begin() as session:
        term = await session.scalar(select(Offering.term_id).where(Offering.id == UUID(offering)))
        table = CourseSession.__table__
        await session.execute(insert(table).values(lesson | {"term_id": term}))  # type: ignore[arg-type]  # a table


async def _settlements(service: Service, school: str) -> dict[str, Ask]:
    """A session that a provider delivered yesterday."""
    provider, on = new_id(), TODAY - timedelta(days=1)
    row = {"name": "新苗", "kind": "non_subject", "status": "active", "district": HERE, "street": STREET, "sequence": 1}
    async with service.sessions.begin() as session:
        await session.execute(insert(Provider), [row | {"institution_id": provider}])
    course = {
        "school_id": school, "name": "棋类", "category": "school_based_courses", "term": TERM, "capacity": 9,
        "opens_at": (NOW - timedelta(days=1)).isoformat(), "closes_at": (NOW + timedelta(days=9)).isoformat(),
    }  # fmt: skip
    offering = await made(service("bureau"), "/v1/offerings", json=course)
    await _lesson(service, school, offering, on, provider_id=provider, present=1, led="present", taken_at=NOW)
    period = {"first": str(on), "last": str(TODAY)}
    listed = {
        "institution_id": provider, "district": HERE, "price": 9000, "valid_from": on, "source": "公告",
        "listed_at": NOW,
    }  # fmt: skip
    async with service.sessions.begin() as session:
        await session.execute(insert(Listing), [listed | {"id": new_id(), "version": 1}])
        table = Offering.__table__
        theirs = update(table).where(table.c.id == UUID(offering))  # type: ignore[arg-type]  # a table
        await session.execute(theirs.values(provider_id=provider))
    staff, rate = service("school_staff", school=school), {"offering_id": offering, "valid_from": str(on)}
    agreed = await made(staff, "/v1/session-rates", json=rate | {"fen": 8000})
    settling = {"institution_id": str(provider), "school_id": school, "until": str(on)}
    settled = await made(staff, "/v1/provider-settlements", json=settling)
    await _lesson(service, school, offering, TODAY, provider_id=provider, present=1, led="present", taken_at=NOW)
    return {
        "get_settlement": Ask({"institution_id": str(provider)}, period, shows=offering),
        "agree_session_rate": Ask(body=rate | {"fen": 7000}),
        "list_session_rates": Ask(query={"offering": offering}, shows=agreed),
        "settle_provider": Ask(body=settling | {"until": str(TODAY)}),
        "list_provider_settlements": Ask(query={"school": school}, shows=settled),
        "get_provider_settlement": Ask({"settlement_id": settled}, shows=settled),
    }


async def _overpaid(service: Service, school: str, school_class: str) -> str:
    """A child for whom more was collected than was taught."""
    async with service.sessions.begin() as session:
        child = await enter_child(session, school_class, "guardian-1")
        paid = {"student_id": UUID(child), "school_id": UUID(school), "term": TERM, "recorded_at": NOW}
        entry = {"id": new_id(), "version": 1, "kind": "collection", "fen": 10_000, "recorded_by": "staff"}
        await session.execute(insert(FeeEntry), [paid | entry])
    return child


async def _computed(service: Service) -> None:
    """The worker computes the run that was asked for."""
    settings = service.app.state.settings
    engine = open_engine(settings)
    try:
        assert await Accountant(settings, engine, service.sessions).look()
    finally:
        await engine.dispose()


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
            await _computed(service)
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
