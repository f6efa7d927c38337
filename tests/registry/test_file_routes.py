"""One institution, one file: every slice and every service in it, in order of time, to read and to print."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.registry.licensing.permits.domain import Validity
from services.registry.overview.files.domain import Entry, as_the_institution_reads
from services.registry.overview.files.wording import TITLES, details
from services.registry.subscriptions import INBOX
from shared.events.catalogue import EVENTS
from shared.events.inspection.visits import VisitPlanned, VisitStarted, VisitSubmitted
from tests.metrics.deliveries import deliver
from tests.registry.conftest import AT, World
from tests.registry.test_commitment_routes import publish, signed
from tests.registry.test_permit_routes import SUSPENSION, TODAY, record, told


async def lived(world: World) -> dict[str, Any]:
    """An institution to which one thing of each kind has happened."""
    made = await world.institution("晨光<b>", phone="13800000000", street="140213050")
    institution = made["id"]
    await record(world, institution, "旧证1", Validity(None, None), "subject")
    (permit,) = (await world.bureau.get("/v1/permits")).json()["items"]
    await told(world, permit, "suspension", **SUSPENSION)
    await signed(world, made, await publish(world))
    advertisement = {
        "source": "patrol", "medium": "poster", "place": "站前街", "district": "140213", "street": "140213050",
        "institution_id": institution, "found_on": TODAY.isoformat(),
    }  # fmt: skip
    officer = {"officer": "officer-7", "officer_name": "李明", "reason": "分工"}
    order = {
        "title": "寒假停课", "legal_basis": "双减意见", "first_day": "2026-01-24", "last_day": "2026-02-28",
        "acknowledge_by": TODAY.isoformat(),
    }  # fmt: skip
    for answer in (
        await world.bureau.post("/v1/advertisements", json=advertisement),
        await world.bureau.put(f"/v1/institutions/{institution}/responsibilities/street_officer", json=officer),
        await world.bureau.post("/v1/notices", json={"title": "通知", "body": "详", "confirm_by": TODAY.isoformat()}),
        await world.bureau.post("/v1/stop-orders", json=order),
        await world.bureau.post(f"/v1/institutions/{institution}/transformations", json={"target": "non_subject"}),
    ):
        assert answer.status_code in (200, 201), answer.text
    visit = VisitPlanned(
        visit_id=uuid4(), institution_id=UUID(institution), campaign_id=None, team="t1", grid="g1", district="140213",
        street="140213050", at=AT,
    )  # fmt: skip
    async with world.sessions.begin() as session:
        await INBOX.handle(session, [deliver(visit)])
    return made


async def test_everything_is_in_it_in_order_of_time(world: World) -> None:
    made = await lived(world)
    await world.institution("他校")
    file = (await world.officer().get(f"/v1/institutions/{made['id']}/file")).json()
    assert file["institution"]["name"] == "晨光<b>"
    entries = file["entries"]
    assert [one["at"] for one in entries] == sorted(one["at"] for one in entries)
    assert {one["type"].removesuffix(".v1").split(".", 1)[1] for one in entries} == {
        "institution.registered", "permit.recorded", "permit.suspended", "commitment.signed", "advertisement.found",
        "responsibility.assigned", "notice.published", "stop_order.issued", "transformation.started", "visit.planned",
    }  # fmt: skip
    by_type = {one["type"]: one for one in entries}
    assert by_type["registry.permit.suspended.v1"]["reason"] == "自愿停业"
    assert by_type["registry.permit.suspended.v1"]["actor"] == "bureau-1"
    assert by_type["inspection.visit.planned.v1"]["source"] == "/inspection"
    assert (await world.officer("140214").get(f"/v1/institutions/{made['id']}/file")).status_code == 404


async def test_the_institution_is_not_warned_and_does_not_learn_who_complained(world: World) -> None:
    made = await lived(world)
    about = {
        "visit_id": uuid4(), "institution_id": UUID(made["id"]), "campaign_id": None, "team": "t1", "grid": "g1",
        "district": "140213", "street": "140213050", "purpose": "complaint", "reference_id": uuid4(), "at": AT,
    }  # fmt: skip
    came = VisitStarted(**about, visited_on=TODAY)
    ended = VisitSubmitted(**about, outcome="inspected", visited_on=TODAY, score=90, violations=0, passed=None)
    async with world.sessions.begin() as session:
        await INBOX.handle(session, [deliver(VisitPlanned(**about)), deliver(came), deliver(ended)])
    operator = world.service("operator", institution=made["id"])
    url = f"/v1/institutions/{made['id']}/file"
    read = {one["type"]: one["facts"] for one in (await operator.get(url)).json()["entries"]}
    assert "inspection.visit.planned.v1" not in read
    assert read["inspection.visit.submitted.v1"]["outcome"] == "inspected"
    assert not {"purpose", "reference_id"} & read["inspection.visit.submitted.v1"].keys()
    page = (await operator.get(f"{url}/page")).text
    assert "到场检查" in page
    assert "安排检查" not in page
    whole = {one["type"]: one["facts"] for one in (await world.officer().get(url)).json()["entries"]}
    assert whole["inspection.visit.submitted.v1"]["purpose"] == "complaint"


async def test_a_page_for_the_printer(world: World) -> None:
    made = await lived(world)
    answer = await world.officer().get(f"/v1/institutions/{made['id']}/file/page")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = answer.text
    assert "晨光&lt;b&gt;" in page
    assert "<b>" not in page, "what people typed is text"
    for said in (
        "暂停许可",
        "自愿停业",
        "发现培训广告",
        "安排检查",
        "收到停课令",
        "确定责任人",
        "监督检查",
        "全部记录（10 条",
    ):
        assert said in page
    assert "src=" not in page
    assert "http" not in page, "the page needs nothing from anywhere"
    assert (await world.officer("140214").get(f"/v1/institutions/{made['id']}/file/page")).status_code == 404


def test_a_withdrawn_case_is_not_for_the_institution_to_read() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    entries = [
        Entry("inspection", "inspection.case.dropped.v1", at, "b", "x", {"outcome": outcome, "grounds": "x"})
        for outcome in ("withdrawn", "not_punished", "leniency")
    ]
    assert list(as_the_institution_reads(entries)) == entries[1:]


def test_every_fact_that_a_file_may_hold_has_a_title() -> None:
    """Complaints and escalations are none of them: the operator reads the file."""
    about_one = {
        event.type
        for event in EVENTS.values()
        if "institution_id" in event.model_fields and (event.type.startswith("registry.") or event in INBOX.wanted)
    }
    assert about_one - set(TITLES) == {"registry.quality_finding.dismissed.v1"}


def test_details_leave_out_what_is_not_said() -> None:
    assert details({"note": None, "missing": [], "holds": False, "medium": "poster", "district": "1"}) == [
        ("媒介", "海报"),
        ("是否通过核查", "否"),
    ]


def test_of_a_change_only_what_is_new_is_told() -> None:
    said = {"changed": ["kind", "phone", "stages"], "kind": "subject", "stages": ["primary", "junior"], "mode": "both"}
    assert details(said) == [("类别", "学科类"), ("学段", "小学、初中")], "a telephone is in no event"
