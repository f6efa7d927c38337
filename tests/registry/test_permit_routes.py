"""Permits over HTTP: rest, end, run longer; and what becomes of the institution's entry."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registry.licensing.permits.domain import Paper, Scope, Validity
from services.registry.licensing.permits.usecases import PaperOutcome, record_papers
from shared.domain.clock import china_date, utc_now
from shared.events.registry.permits import PermitStatus
from tests.registry.conftest import AT, World

TODAY = china_date(utc_now())
LATER = (TODAY + timedelta(days=30)).isoformat()
SUSPENSION = {"exception": "requested_by_holder", "cause": "自愿停业", "until": LATER}
GIVEN_UP = {"ground": "requested_by_holder", "reason": "自愿终止"}
DECEIVED = {"exception": "obtained_by_deception", "cause": "以虚假材料取得许可"}


async def permit(world: World, *, starts: int = -100, ends: int | None = 100, **more: Any) -> dict[str, Any]:
    """A permit taken over from a ledger, with its first and last day so many days from today."""
    institution = await world.institution(kind="non_subject", **more)
    validity = Validity(TODAY + timedelta(days=starts), None if ends is None else TODAY + timedelta(days=ends))
    await record(world, institution["id"], f"旧证{institution['id'][-6:]}", validity)
    listed = (await world.bureau.get("/v1/permits", params={"institution": institution["id"]})).json()
    made: dict[str, Any] = listed["items"][0]
    return made


async def record(
    world: World, institution: str, number: str, validity: Validity, kind: str = "non_subject"
) -> PaperOutcome:
    scope = Scope(kind, ("primary",), (), "1 号", "140213", None)
    async with world.sessions.begin() as session:
        told = await record_papers(session, [Paper(UUID(institution), number, scope, validity)], at=AT)
    return told[UUID(institution), number]


async def told(world: World, permit: dict[str, Any], step: str, **body: Any) -> Any:
    return await world.bureau.post(f"/v1/permits/{permit['id']}/{step}", json=body)


async def status_of(world: World, institution_id: str) -> str:
    status: str = (await world.bureau.get(f"/v1/institutions/{institution_id}")).json()["status"]
    return status


async def test_a_suspension_and_its_end(world: World) -> None:
    one = await permit(world)
    suspended = (await told(world, one, "suspension", **SUSPENSION)).json()
    assert (suspended["status"], suspended["suspended_until"], suspended["version"]) == ("suspended", LATER, 2)
    again = await told(world, one, "suspension", **SUSPENSION)
    assert (again.status_code, again.json()["code"], again.json()["facts"]) == (
        409, "permit-not-in-force", {"status": "suspended"},
    )  # fmt: skip
    reinstated = (await told(world, one, "reinstatement", reason="整改合格")).json()
    assert reinstated["status"] == "in_force"
    assert (await told(world, one, "reinstatement", reason="再次")).json()["code"] == "permit-not-suspended"
    assert [kind.split(".")[2] for kind, _, _ in await world.facts(one["id"])] == [
        "recorded", "suspended", "reinstated",
    ]  # fmt: skip
    past = await told(world, one, "suspension", **SUSPENSION | {"until": TODAY.isoformat()})
    assert (past.status_code, past.json()["code"]) == (422, "suspension-over")


async def test_revoked_and_told_to_the_city_in_one_decision(world: World) -> None:
    await world.institution("他校")
    one = await permit(world)
    revoked = await told(world, one, "revocation", **DECEIVED)
    assert revoked.status_code == 200, revoked.text
    said = revoked.json()
    assert (said["status"], said["ended_on"]) == ("revoked", TODAY.isoformat())
    notice = (await world.bureau.get(f"/v1/notices/{said['notice_id']}")).json()
    assert (notice["subjects"], notice["counts"]["recipients"]) == ([one["institution_id"]], 2)
    assert one["number"] in notice["title"]
    assert await status_of(world, one["institution_id"]) == "unlicensed"
    again = await told(world, one, "revocation", **DECEIVED)
    assert (again.status_code, again.json()["code"]) == (409, "permit-ended")
    assert len((await world.bureau.get("/v1/notices")).json()["items"]) == 1, "a refused revocation tells nobody"


async def test_a_penalty_needs_its_proposal_and_an_exception_brings_its_article(world: World) -> None:
    one = await permit(world)
    for step, body, code in (
        ("revocation", {"cause": "严重违规"}, "revocation-needs-a-proposal"),
        ("suspension", {"cause": "整改", "until": LATER}, "suspension-needs-a-proposal"),
    ):
        refused = await told(world, one, step, **body)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
        own = await told(world, one, step, **body, exception="obtained_by_deception", legal_basis="第一条")
        assert own.status_code == 422, "an exception brings its own article"
    assert (await told(world, one, "suspension", **SUSPENSION)).json()["suspension_basis"].endswith("第四十九条")
    unlawful = {"exception": "granted_unlawfully", "cause": "超越职权"}
    said = (await told(world, one, "revocation", **unlawful)).json()
    assert said["ending_basis"] == "《中华人民共和国行政许可法》第六十九条第一款"
    notice = (await world.bureau.get(f"/v1/notices/{said['notice_id']}")).json()
    assert notice["legal_basis"] == said["ending_basis"]
    (_, _, fact) = (await world.facts(one["id"]))[-1]
    assert fact["exception"] == "granted_unlawfully"


async def test_the_words_of_the_notice_may_be_given(world: World) -> None:
    one = await permit(world)
    notice = {"title": "通报", "body": "详情", "recipients": {"district": "140214"}, "confirm_by": LATER}
    said = (await told(world, one, "revocation", **DECEIVED, notice=notice)).json()
    published = (await world.bureau.get(f"/v1/notices/{said['notice_id']}")).json()
    assert (published["title"], published["body"], published["confirm_by"]) == ("通报", "详情", LATER)
    assert published["counts"]["recipients"] == 1, "whom it is about is told in any case"


async def test_words_too_long_for_a_headline_are_no_fault_of_ours(world: World) -> None:
    one = await permit(world)
    long = DECEIVED | {"cause": "x\n" * 999}
    late = await told(world, one, "revocation", **long, notice={"confirm_by": "2020-01-01"})
    assert (late.status_code, late.json()["code"]) == (422, "confirm-by-past")
    assert (await told(world, one, "revocation", **long)).status_code == 200


async def test_days_beyond_all_reason(world: World) -> None:
    """The driver takes 0001-01-01 and 9999-12-31 for minus and plus infinity, which no reader of JSON understands."""
    one = await permit(world)
    for day in ("9999-12-31", "0001-01-01"):
        refused = await told(world, one, "renewal", valid_to=day)
        assert (refused.status_code, refused.json()["code"]) == (422, "request-invalid")


async def test_cancelled_while_another_goes_on(world: World) -> None:
    one = await permit(world)
    await record(world, one["institution_id"], "旧证二", Validity(None, None))
    cancelled = (await told(world, one, "cancellation", **GIVEN_UP)).json()
    assert (cancelled["status"], cancelled["ending_cause"]) == ("cancelled", "自愿终止")
    assert await status_of(world, one["institution_id"]) == "active"
    (other,) = (await world.bureau.get("/v1/permits", params={"status": "in_force"})).json()["items"]
    await told(world, other, "cancellation", **GIVEN_UP)
    assert await status_of(world, one["institution_id"]) == "unlicensed"


async def test_misconduct_is_no_ground_of_a_cancellation(world: World) -> None:
    one = await permit(world)
    for body, code in (
        ({"reason": "违规"}, "request-invalid"),
        ({"ground": "misconduct", "reason": "违规"}, "request-invalid"),
        ({"ground": "expired", "reason": "违规"}, "permit-not-expired"),
    ):
        refused = await told(world, one, "cancellation", **body)
        assert (refused.status_code in (409, 422), refused.json()["code"]) == (True, code)
    assert (await told(world, one, "cancellation", **GIVEN_UP)).json()["status"] == "cancelled"
    assert (await world.facts(one["id"]))[-1][2]["ground"] == "requested_by_holder"


async def test_renewed(world: World) -> None:
    one = await permit(world, ends=10)
    end = (TODAY + timedelta(days=700)).isoformat()
    renewed = (await told(world, one, "renewal", valid_to=end)).json()
    assert (renewed["valid_to"], renewed["status"]) == (end, "in_force")
    (_, _, fact) = (await world.facts(one["id"]))[-1]
    assert fact["previous_valid_to"] == (TODAY + timedelta(days=10)).isoformat()
    earlier = await told(world, one, "renewal", valid_to=end)
    assert (earlier.status_code, earlier.json()["code"]) == (422, "end-not-later")
    lapsed = await permit(world, ends=-1)
    assert (await told(world, lapsed, "renewal", valid_to=end)).json()["code"] == "permit-not-in-force"


@pytest.mark.parametrize("status", PermitStatus)
async def test_the_list_and_the_permit_agree_on_what_it_is(world: World, status: PermitStatus) -> None:
    """SQL and Python derive the same status: one permit of every kind, each found under its own status alone."""
    made = {
        PermitStatus.PENDING: await permit(world, starts=1),
        PermitStatus.IN_FORCE: await permit(world, ends=0),
        PermitStatus.EXPIRED: await permit(world, ends=-1),
        PermitStatus.SUSPENDED: await permit(world, ends=None),
        PermitStatus.REVOKED: await permit(world),
        PermitStatus.CANCELLED: await permit(world, ends=-5),
    }
    await told(world, made[PermitStatus.SUSPENDED], "suspension", **SUSPENSION)
    await told(world, made[PermitStatus.REVOKED], "revocation", **DECEIVED)
    await told(world, made[PermitStatus.CANCELLED], "cancellation", ground="expired", reason="未延续")
    found = (await world.bureau.get("/v1/permits", params={"status": status})).json()["items"]
    assert [one["id"] for one in found] == [made[status]["id"]]
    assert found[0]["status"] == status


async def test_what_expires_soon(world: World) -> None:
    soon = await permit(world, ends=20)
    await permit(world, ends=40)
    await permit(world, ends=-1)
    found = (await world.bureau.get("/v1/permits", params={"expiring_before": LATER})).json()["items"]
    assert [one["id"] for one in found] == [soon["id"]]


async def test_who_may_see(world: World) -> None:
    one = await permit(world)
    url = f"/v1/permits/{one['id']}"
    mine = world.service("operator", institution=one["institution_id"])
    others = world.service("operator", institution=str(uuid4()))
    for client, status, number in (
        (mine, 200, 1), (others, 404, 0), (world.officer(), 200, 1), (world.officer("140214"), 404, 0)
    ):  # fmt: skip
        assert (await client.get(url)).status_code == status
        assert len((await client.get("/v1/permits")).json()["items"]) == number
    assert (await world.officer().post(f"{url}/revocation", json=DECEIVED)).status_code == 403


async def test_papers_of_a_ledger_are_taken_over_once(world: World) -> None:
    institution, other = await world.institution(), await world.institution("他校")
    validity = Validity(date(2024, 9, 1), date(2027, 8, 31))
    assert await record(world, institution["id"], "旧证1", validity) == "recorded"
    assert await record(world, institution["id"], "旧证1", validity) == "unchanged"
    assert await record(world, other["id"], "旧证1", validity) == "taken"
    assert await record(world, institution["id"], "旧证1", Validity(date(2024, 9, 1), None)) == "recorded"
    (one,) = (await world.bureau.get("/v1/permits")).json()["items"]
    assert (one["institution_id"], one["valid_to"], one["version"]) == (institution["id"], None, 2)
