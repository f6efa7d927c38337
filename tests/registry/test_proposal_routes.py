"""Proposals of penalty decisions: received once, followed or dismissed once, and what a standing says meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.registry.licensing.permits.domain import Validity
from services.registry.subscriptions import INBOX
from services.registry.supervision.proposals.domain import (
    TRANSITIONS,
    Action,
    PenaltyProposal,
    ProposalDecidedAlready,
    ProposalState,
)
from shared.data.database import new_id
from shared.events.inspection.cases import CaseClosed, CaseDecided, CaseProposal, CaseServed
from tests.metrics.deliveries import deliver
from tests.registry.conftest import AT, USCC, World
from tests.registry.test_permit_routes import TODAY, permit, record
from tests.registry.test_public_routes import codes, standing


def case(institution: object, **more: Any) -> dict[str, Any]:
    return {
        "case_id": new_id(), "violation_id": new_id(), "institution_id": UUID(str(institution)),
        "offence": "prepayment.limit", "grid": None, "district": "140213", "street": None, "at": AT, **more,
    }  # fmt: skip


def decided(about: dict[str, Any], *kinds: str) -> CaseDecided:
    proposals = [
        CaseProposal(
            kind=kind,
            cause="预收费",
            legal_basis="第二十条",
            until="2099-01-01" if kind == "suspension" else None,
            breached="第三条",
        )
        for kind in kinds
    ]
    return CaseDecided(**about, state="decided", penalties=[], fine_fen=0, on_the_spot=False, proposals=proposals)


async def hear(world: World, *events: Any) -> None:
    for number, event in enumerate(events, start=1):
        async with world.sessions.begin() as session:
            await INBOX.handle(session, [deliver(event, key=event.case_id, sequence=number)])


async def proposals(world: World) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await world.bureau.get("/v1/proposals")).json()["items"]
    return items


async def test_a_revocation_is_followed_in_one_decision(world: World) -> None:
    one = await permit(world, uscc=USCC)
    about = case(one["institution_id"])
    await hear(world, decided(about, "revocation"), decided(about, "revocation"))
    (proposal,) = await proposals(world)
    assert (proposal["state"], proposal["kind"]) == ("received", "revocation")
    path = f"/v1/proposals/{proposal['id']}"
    assert (await world.officer().post(f"{path}/acceptance", json={})).status_code == 403
    assert (await world.officer().get(path)).status_code == 200
    assert (await world.officer("140214").get(path)).status_code == 404
    followed = await world.bureau.post(f"{path}/acceptance", json={})
    assert followed.status_code == 200, followed.text
    assert followed.json()["permit_ids"] == [one["id"]]
    assert (await world.bureau.get(f"/v1/permits/{one['id']}")).json()["status"] == "revoked"
    assert (await world.bureau.get(f"/v1/notices/{followed.json()['notice_id']}")).status_code == 200
    again = await world.bureau.post(f"{path}/acceptance", json={})
    assert again.json()["code"] == "proposal-decided-already"
    assert [type_ for type_, _, _ in await world.facts(proposal["id"])] == [
        "registry.proposal.received.v1",
        "registry.proposal.accepted.v1",
    ]
    entries = (await world.bureau.get(f"/v1/institutions/{one['institution_id']}/file")).json()["entries"]
    assert "inspection.case.decided.v1" in {entry["type"] for entry in entries}


async def test_an_older_permit_that_expired_holds_nothing_up(world: World) -> None:
    one = await permit(world, uscc=USCC)
    await record(world, one["institution_id"], "旧证", Validity(None, TODAY - timedelta(days=900)))
    await hear(world, decided(case(one["institution_id"]), "revocation"))
    (proposal,) = await proposals(world)
    followed = await world.bureau.post(f"/v1/proposals/{proposal['id']}/acceptance", json={})
    assert (followed.status_code, followed.json()["permit_ids"]) == (200, [one["id"]])


async def test_a_suspension_a_notice_and_a_no(world: World) -> None:
    one = await permit(world, uscc=USCC)
    await hear(world, decided(case(one["institution_id"]), "suspension", "notice"))
    await hear(world, decided(case(one["institution_id"], district=None), "suspension"), decided(case(new_id())))
    rest, told, other = await proposals(world)
    assert (await world.bureau.post(f"/v1/proposals/{rest['id']}/acceptance", json={})).status_code == 200
    assert (await world.bureau.get(f"/v1/permits/{one['id']}")).json()["status"] == "suspended"
    notice = await world.bureau.post(f"/v1/proposals/{told['id']}/acceptance", json={"title": "通报", "body": "x"})
    shown = (await world.bureau.get(f"/v1/notices/{notice.json()['notice_id']}")).json()
    assert (shown["title"], shown["subjects"]) == ("通报", [one["institution_id"]])
    twice = await world.bureau.post(f"/v1/proposals/{other['id']}/acceptance", json={})
    assert twice.json()["code"] == "no-permit-left"
    no = await world.bureau.post(f"/v1/proposals/{other['id']}/dismissal", json={"grounds": "许可已暂停"})
    assert (no.json()["state"], no.json()["grounds"]) == ("dismissed", "许可已暂停")
    waiting = await world.bureau.get("/v1/proposals", params={"state": "received"})
    assert waiting.json()["items"] == []


@pytest.mark.parametrize("first", ["revocation", "notice"])
async def test_one_decision_has_one_notice(world: World, first: str) -> None:
    one = await permit(world, uscc=USCC)
    await record(world, one["institution_id"], "旧证二", Validity(None, None))
    await hear(world, decided(case(one["institution_id"]), "revocation", "notice"))
    both = sorted(await proposals(world), key=lambda proposal: str(proposal["kind"]) != first)
    paths = [f"/v1/proposals/{proposal['id']}/acceptance" for proposal in both]
    notice_id = (await world.bureau.post(paths[0], json={"title": "通报"})).json()["notice_id"]
    worded = await world.bureau.post(paths[1], json={"title": "再次通报"})
    assert (worded.status_code, worded.json()["code"]) == (409, "notice-published-already")
    assert (await world.bureau.post(paths[1], json={})).json()["notice_id"] == notice_id
    (notice,) = (await world.bureau.get("/v1/notices")).json()["items"]
    assert (notice["id"], notice["legal_basis"]) == (notice_id, "第二十条")
    assert "违反第三条" in notice["body"]
    held = (await world.bureau.get("/v1/permits", params={"status": "revoked"})).json()["items"]
    assert {permit["notice_id"] for permit in held} == {notice_id}
    assert len(held) == 2


async def test_a_served_decision_is_open_until_it_is_closed(world: World) -> None:
    one = await permit(world, uscc=USCC)
    about = case(one["institution_id"])
    served = CaseServed(**about, state="served", late=False)
    closed = CaseClosed(**about, state="closed", outcome="paid", fine_fen=1)
    await hear(world, decided(about))
    assert (await standing(world))["open_decisions"] == 0
    await hear(world, decided(about), served)
    said = await standing(world)
    assert (said["lawful"], said["open_decisions"]) == (True, 1)
    assert "open-penalty-decisions" in codes(said)
    await hear(world, decided(about), served, closed)
    assert (await standing(world))["open_decisions"] == 0


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.RECEIVED])
def test_a_proposal_is_decided_once(action: Action, state: ProposalState) -> None:
    assert state not in TRANSITIONS[action]
    one, _ = PenaltyProposal.receive(
        decided(case(new_id())), CaseProposal(kind="notice", cause="x", legal_basis="x"), institution_id=new_id(), at=AT
    )
    one.state = state
    acts: dict[Action, Callable[[], object]] = {
        Action.ACCEPT: lambda: one.accept(permit_ids=[], notice_id=None, by="b", at=AT),
        Action.DISMISS: lambda: one.dismiss("x", by="b", at=AT),
    }
    with pytest.raises(ProposalDecidedAlready):
        acts[action]()
