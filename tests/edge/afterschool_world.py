"""After-school's world: a school with a class, whose pupils are children of the guardian in scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert, text, update

from services.afterschool.placement.allocations.domain import Allocation
from services.afterschool.placement.allocations.drawing import draw_lots
from services.afterschool.programme.providers.domain import Provider
from services.afterschool.subscriptions import INBOX
from shared.data.database import new_id
from shared.domain.clock import china_date, utc_now
from shared.events.registry.calendars import CalendarDayCorrected
from shared.imports.tables import import_job
from tests.afterschool.roster import TERM, enter_child, tell_calendar
from tests.edge.afterschool_finance import finance
from tests.edge.afterschool_quality import quality
from tests.edge.afterschool_rulebook import rulebook
from tests.edge.asks import HERE, NOW, STREET, Ask, World, imports, made
from tests.metrics.deliveries import deliver_all
from tests.services import Service

TODAY = china_date(NOW)
PLACE = {"name": "第一小学", "stage": "primary", "district": HERE, "street": STREET}
Asks = dict[str, Ask]


@dataclass(frozen=True)
class Scene:
    """The world while it is made."""

    service: Service
    school: str
    school_class: str

    @property
    def bureau(self) -> httpx.AsyncClient:
        return self.service("bureau")

    @property
    def staff(self) -> httpx.AsyncClient:
        return self.service("school_staff", school=self.school)

    @property
    def guardian(self) -> httpx.AsyncClient:
        return self.service("guardian", subject="guardian-1")

    def course(self, **more: Any) -> dict[str, Any]:
        return {
            "school_id": self.school,
            "name": "合唱",
            "category": "artistic_cultivation",
            "term": TERM,
            "capacity": 1,
            "opens_at": (NOW - timedelta(days=1)).isoformat(),
            "closes_at": (NOW + timedelta(days=9)).isoformat(),
            **more,
        }

    async def offering(self, **more: Any) -> str:
        return await made(self.bureau, "/v1/offerings", json=self.course(**more))

    async def child(self, guardian: str = "guardian-1") -> str:
        async with self.service.sessions.begin() as session:
            return await enter_child(session, self.school_class, guardian)

    async def enrolment(self, offering: str, child: str) -> str:
        return await made(self.staff, "/v1/enrolments", json={"offering_id": offering, "student_id": child})

    async def offered(self, child: str) -> str:
        """An enrolment of a child to whom a seat is offered."""
        offering = await self.offering()
        seat = await self.enrolment(offering, await self.child("somebody"))
        waiting = await self.enrolment(offering, child)
        assert (await self.staff.post(f"/v1/enrolments/{seat}/withdrawal")).status_code == 200
        return waiting


async def afterschool(service: Service) -> World:
    await tell_calendar(service)
    school = await made(service("bureau"), "/v1/schools", json=PLACE | {"code": "school-1"})
    formed = {"school_id": school, "code": "3-1", "name": "三年级一班", "grade": 3, "school_year": TODAY.year}
    scene = Scene(service, school, await made(service("bureau"), "/v1/classes", json=formed))
    return World(
        service,
        {
            **await _schools(scene, formed),
            **await _pupils(scene),
            **await _identities(scene),
            **await _guardianships(scene),
            **await _enrolments(scene),
            **await _providers(scene),
            **await _delivery(scene),
            **await _allocations(scene),
            **await _rosters(scene),
            **await rulebook(service),
            **await quality(service, school),
            **await finance(service, school, scene.school_class),
        },
        school=school,
    )


async def _schools(scene: Scene, formed: Mapping[str, Any]) -> Asks:
    teacher = {"school_id": scene.school, "name": "张三", "valid_from": str(TODAY - timedelta(days=9))}
    employed = await made(scene.bureau, "/v1/teachers", json=teacher)
    one = {"teacher_id": employed}
    return {
        "register_school": Ask(body=PLACE | {"code": "school-2"}),
        "list_schools": Ask(shows=scene.school),
        "get_school": Ask({"school_id": scene.school}, shows=scene.school),
        "list_terms": Ask(),
        "form_class": Ask(body={**formed, "code": "3-2"}),
        "list_classes": Ask(shows=scene.school_class),
        "get_class": Ask({"class_id": scene.school_class}, shows=scene.school_class),
        "register_teacher": Ask(body=teacher),
        "list_teachers": Ask(shows=employed),
        "get_teacher": Ask(one, shows=employed),
        "let_teacher_go": Ask(one, body={"left_on": str(TODAY)}),
    }


async def _pupils(scene: Scene) -> Asks:
    other_class = {
        "school_id": scene.school,
        "code": "3-9",
        "name": "九班",
        "grade": 3,
        "school_year": TODAY.year,
    }
    elsewhere = await made(scene.bureau, "/v1/classes", json=other_class)
    child = await scene.child()
    one, moving, leaving = {"student_id": child}, await scene.child(), await scene.child()
    admitted = {"class_id": scene.school_class, "name": "李四", "valid_from": str(TODAY)}
    return {
        "admit_student": Ask(body=admitted),
        "list_students": Ask(shows=child),
        "get_student": Ask(one, shows=child),
        "set_group": Ask(one | {"group": "hardship"}, body={"belongs": True, "since": str(TODAY)}),
        "move_student": Ask({"student_id": moving}, body={"class_id": elsewhere, "valid_from": str(TODAY)}),
        "let_student_go": Ask({"student_id": leaving}, body={"left_on": str(TODAY)}),
    }


async def _identities(scene: Scene) -> Asks:
    """A child whose name everybody in scope may read: staff and guardian by right, others by approval."""
    named = {"class_id": scene.school_class, "name": "王五", "valid_from": str(TODAY - timedelta(days=9))}
    child = await made(scene.staff, "/v1/students", json=named)
    wanted = {"school_id": scene.school, "purpose": "verification", "reason": "抽查"}
    for role, claims in (("bureau", {}), ("district_officer", {"district": HERE}), ("auditor", {})):
        asked = await made(scene.service(role, **claims), "/v1/access-requests", json=wanted)
        await scene.staff.post(f"/v1/access-requests/{asked}/decision", json={"approved": True})
    open_request = await made(scene.service("auditor"), "/v1/access-requests", json=wanted)
    entered = {"student_id": child, "relation": "mother", "valid_from": str(TODAY - timedelta(days=9))}
    guardianship = await made(scene.staff, "/v1/guardianships", json=entered)
    code = (await scene.staff.post(f"/v1/guardianships/{guardianship}/code")).json()["code"]
    assert (await scene.guardian.post("/v1/guardianships/proof", json={"code": code})).status_code == 200
    gone, one = await scene.child(), {"student_id": child}
    left = await scene.staff.post(f"/v1/students/{gone}/departure", json={"left_on": str(TODAY)})
    assert left.status_code == 200, left.text
    return {
        "read_identity": Ask(
            one,
            {"purpose": "verification"},
            instead={role: {"query": {"purpose": "class_list"}} for role in ("school_staff", "guardian")},
        ),
        "correct_identity": Ask(one, body={"name": "王六", "reason": "笔误"}),
        "erase_identity": Ask({"student_id": gone}),
        "list_identity_reads": Ask(one),
        "set_consent": Ask(one | {"purpose": "publicity"}, body={"given": True}),
        "ask_for_access": Ask(body=wanted),
        "list_access_requests": Ask(query={"school": scene.school}, shows=open_request),
        "decide_access": Ask({"request_id": open_request}, body={"approved": False}),
    }


async def _guardianships(scene: Scene) -> Asks:
    child = await scene.child()
    entered = {"student_id": child, "relation": "father", "valid_from": str(TODAY - timedelta(days=9))}
    guardianship = await made(scene.staff, "/v1/guardianships", json=entered)
    of_another = await scene.child("somebody")
    proving = await made(scene.staff, "/v1/guardianships", json={**entered, "student_id": of_another})
    code = (await scene.staff.post(f"/v1/guardianships/{proving}/code")).json()["code"]
    one = {"guardianship_id": guardianship}
    changed = {"relation": "father", "may_act": False, "valid_from": entered["valid_from"], "reason": "家长申请"}
    return {
        "enter_guardianship": Ask(body=entered),
        "change_guardianship": Ask(one, body=changed),
        "give_code": Ask(one),
        "prove_guardianship": Ask(body={"code": code}),
        "list_guardianships": Ask({"student_id": child}),
    }


async def _enrolments(scene: Scene) -> Asks:
    offering, full = await scene.offering(capacity=5), await scene.offering()
    roomy = await scene.offering(capacity=9, pools=[{"group": "hardship", "size": 2}])
    first, second, third = [await scene.child() for _ in range(3)]
    enrolled = await scene.enrolment(offering, first)
    await scene.enrolment(full, await scene.child("somebody"))
    waiting = await scene.enrolment(full, second)
    accepting, declining = await scene.offered(await scene.child()), await scene.offered(await scene.child())
    wanted, kept = await scene.offered(third), await scene.enrolment(offering, third)
    frozen = await scene.offering()
    return {
        "publish_offering": Ask(body=scene.course()),
        "list_offerings": Ask(shows=offering),
        "get_offering": Ask({"offering_id": offering}, shows=offering),
        "change_offering": Ask({"offering_id": offering}, body={"capacity": 7, "reason": "room"}),
        "freeze_offering": Ask({"offering_id": frozen}, body={"reason": "停课"}),
        "release_reserve": Ask({"offering_id": roomy, "group": "hardship"}),
        "enrol_student": Ask(body={"offering_id": roomy, "student_id": first}),
        "list_enrolments": Ask(shows=enrolled),
        "get_enrolment": Ask({"enrolment_id": enrolled}, shows=enrolled),
        "withdraw_enrolment": Ask({"enrolment_id": enrolled}, body={"reason": "moved away"}),
        "list_waiting": Ask(query={"offering": full}, shows=waiting),
        "accept_offer": Ask({"enrolment_id": accepting}),
        "decline_offer": Ask({"enrolment_id": declining}),
        "set_promotion": Ask({"enrolment_id": waiting}, body={"accepts": True}),
        "exchange_seat": Ask({"enrolment_id": kept}, body={"wanted_id": wanted}),
    }


async def _allocations(scene: Scene) -> Asks:
    """An allocation that is open, one to be drawn, and one that was drawn."""
    monday = {"weekday": 1, "number": 1, "starts_at": "16:30", "ends_at": "17:30"}
    child = await scene.child()
    promised = {
        "name": "秋季选课",
        "term": TERM,
        "opens_at": (NOW - timedelta(days=1)).isoformat(),
        "closes_at": (NOW + timedelta(days=9)).isoformat(),
        "public_source": "福利彩票",
        "school_id": scene.school,
    }
    ids = [await made(scene.staff, "/v1/allocations", json=promised) for _ in range(3)]
    open_one, closed, drawn = ids
    first = await scene.offering(mode="allocation", periods=[monday])
    wish = {"student_id": child, "choices": [first]}
    ranked = await scene.staff.put("/v1/preferences", json=wish | {"allocation_id": drawn})
    assert ranked.status_code == 200, ranked.text
    async with scene.service.sessions.begin() as session:
        await session.execute(
            update(Allocation).where(Allocation.id.in_(map(UUID, (closed, drawn)))).values(closes_at=utc_now())
        )
    entered = await scene.staff.post(f"/v1/allocations/{drawn}/draw", json={"public_value": "03 07 11"})
    assert entered.status_code == 202, entered.text
    sealer = scene.service.app.state.sealer
    assert await draw_lots(scene.service.sessions, UUID(drawn), sealer=sealer, at=utc_now())
    another = await scene.offering(mode="allocation", periods=[monday])
    listed = wish | {"allocation_id": open_one, "student_id": await scene.child(), "choices": [another]}
    market = (await scene.staff.get(f"/v1/allocations/{drawn}/markets")).json()["items"][0]["name"]
    one = {"allocation_id": drawn}
    return {
        "open_allocation": Ask(body=promised),
        "list_allocations": Ask(shows=open_one),
        "get_allocation": Ask(one, shows=drawn),
        "draw_allocation": Ask({"allocation_id": closed}, body={"public_value": "1"}),
        "list_markets": Ask(one),
        "list_cutoffs": Ask(one, shows=first),
        "get_publication": Ask(one, {"market": market}, shows=first),
        "explain_allocation": Ask(one, {"student": child}, shows=first),
        "rank_choices": Ask(body=listed),
        "withdraw_choices": Ask(body={"allocation_id": open_one, "student_id": child, "slots": "*"}),
        "list_preferences": Ask(query={"allocation": drawn, "student": child}, shows=first),
    }


async def _rosters(scene: Scene) -> Asks:
    roster = {"file": ("roster.csv", "学籍号,学生姓名\nG140213201501010011,李一\n".encode())}
    officer = scene.service("district_officer", district=HERE)
    started, queued, done = [await made(officer, "/v1/imports", files=roster) for _ in range(3)]
    async with scene.service.sessions.begin() as session:
        await session.execute(
            update(import_job).where(import_job.c.id == UUID(done)).values(state="done", kind="students")
        )
    one = {"import_id": done}
    return {
        "list_missing": Ask(one),
        "let_missing_go": Ask(one, body={"left_on": str(TODAY), "reason": "转学"}),
    } | imports(started, queued, roster)


async def _providers(scene: Scene) -> Asks:
    """An institution as the registry's events would have left it here."""
    row = {
        "institution_id": new_id(),
        "name": "晨光",
        "kind": "non_subject",
        "status": "active",
        "district": HERE,
        "street": STREET,
        "sequence": 1,
    }
    async with scene.service.sessions.begin() as session:
        await session.execute(insert(Provider), [row])
    provider = str(row["institution_id"])
    listing = {"institution_id": provider, "district": HERE, "price": 5000, "valid_from": str(TODAY), "source": "公告"}
    listed = await made(scene.bureau, "/v1/white-list", json=listing)
    person = {"institution_id": provider, "name": "外聘教师"}
    entered = await made(scene.staff, "/v1/outside-persons", json=person)
    checked = {"checked_on": str(TODAY), "valid_to": str(TODAY), "reference": "2026-1"}
    frozen = await scene.offering()
    assert (await scene.staff.post(f"/v1/offerings/{frozen}/freeze", json={"reason": "停课"})).status_code == 200
    return {
        "unfreeze_offering": Ask({"offering_id": frozen}),
        "list_affected": Ask({"offering_id": frozen}),
        "list_provider": Ask(body=listing | {"valid_from": str(TODAY + timedelta(days=1))}),
        "list_white_list": Ask(shows=listed),
        "strike_listing": Ask({"listing_id": listed}, body={"reason": "停业"}),
        "enter_outside_person": Ask(body=person),
        "list_outside_persons": Ask(query={"institution": provider}, shows=entered),
        "check_outside_person": Ask({"person_id": entered}, body=checked),
        "list_providers": Ask(query={"standing": "none"}, shows=provider),
        "get_provider": Ask({"institution_id": provider}, shows=provider),
    }


async def _delivery(scene: Scene) -> Asks:
    """A course on every weekday that began weeks ago, and a child that has had its seat since then."""
    weekly = [
        {"weekday": weekday, "number": 12, "starts_at": "19:00", "ends_at": "20:00"} for weekday in (1, 2, 3, 4, 5)
    ]
    offering = await scene.offering(capacity=9, periods=weekly)
    other = await scene.offering(capacity=9, periods=weekly)
    child = await scene.child()
    await scene.enrolment(offering, child)
    async with scene.service.sessions.begin() as session:
        await session.execute(text("UPDATE enrolment SET decided_at = decided_at - interval '40 days'"))
    await made_sessions(scene, offering)
    listed = await scene.bureau.get("/v1/sessions", params={"offering": offering, "last": str(TODAY), "limit": 200})
    past, cancelling, substituting = [one["id"] for one in listed.json()["items"][-3:]]
    taught = next(one for one in listed.json()["items"] if one["id"] == past)
    one = {"session_id": past}
    mark = {"offering_id": offering, "on": taught["on"], "number": 12, "student_id": child, "state": "present"}
    taken = await scene.staff.post(
        "/v1/attendance", json={"marks": [{**mark, "id": str(new_id()), "at": NOW.isoformat()}]}
    )
    assert [verdict["verdict"] for verdict in taken.json()["verdicts"]] == ["applied"], taken.text
    attendance = (await scene.staff.get("/v1/attendance", params={"student": child})).json()["items"][0]["id"]
    person = {"id": str(new_id()), "student_id": child, "name": "赵六", "at": NOW.isoformat()}
    pickup = await made(scene.staff, f"/v1/sessions/{past}/pickups", json=person)
    teacher = {"school_id": scene.school, "name": "孙七", "valid_from": str(TODAY - timedelta(days=90))}
    free = await made(scene.bureau, "/v1/teachers", json=teacher)
    wish = {"student_id": child, "term": TERM, "wanted": True}
    wished = (await scene.guardian.put("/v1/wishes", json=wish)).json()["id"]
    feeds = [(await scene.guardian.post("/v1/calendar-feeds", json={"student_id": child})).json() for _ in range(2)]
    makeup = await _makeup_day(scene)
    await _approve(scene)
    days = {"first": str(TODAY - timedelta(days=40)), "last": str(TODAY)}
    return {
        "generate_sessions": Ask(body={"offering_id": other}),
        "list_sessions": Ask(query={"offering": offering}, shows=past),
        "get_session": Ask(one, shows=past),
        "substitute_teacher": Ask({"session_id": substituting}, body={"teacher_id": free, "reason": "病假"}),
        "cancel_session": Ask({"session_id": cancelling}, body={"reason": "停电"}),
        "set_makeup_day": Ask(body={"school_id": scene.school, "on": makeup, "weekday": 5}),
        "list_makeup_days": Ask(query={"school": scene.school}),
        "take_attendance": Ask(body={"marks": [{**mark, "id": str(new_id()), "at": NOW.isoformat()}]}),
        "list_attendance": Ask(query={"student": child}, shows=attendance),
        "list_days_attended": Ask(query={"offering": offering, **days}, shows=child),
        "record_pickup": Ask(one, body=person),
        "list_pickups": Ask(one, shows=pickup),
        "read_pickup": Ask(
            {"pickup_id": pickup},
            {"purpose": "verification"},
            shows=pickup,
            instead={role: {"query": {"purpose": "contact"}} for role in ("school_staff", "guardian")},
        ),
        "record_wish": Ask(body=wish),
        "list_wishes": Ask(query={"student": child}, shows=wished),
        "get_coverage": Ask(query={"on": taught["on"]}),
        "list_coverage_shortfalls": Ask(query={"on": taught["on"]}, shows=scene.school),
        "make_calendar_feed": Ask(body={"student_id": child}),
        "list_calendar_feeds": Ask(shows=feeds[0]["id"]),
        "revoke_calendar_feed": Ask({"feed_id": feeds[1]["id"]}),
        "read_calendar_feed": Ask({"key": feeds[0]["path"].rpartition("/")[2]}, shows=past),
        "print_class_list": Ask({"class_id": scene.school_class}),
        "print_session_sheet": Ask(one),
        "list_served_pupils": Ask({"school_id": scene.school}, {"on": taught["on"]}, shows=child),
        "get_school_coverage": Ask({"school_id": scene.school}, {"on": taught["on"]}, shows=scene.school),
    }


async def made_sessions(scene: Scene, offering: str) -> None:
    answer = await scene.staff.post("/v1/sessions", json={"offering_id": offering})
    assert answer.status_code == 200, answer.text
    assert answer.json()["planned"] > 20


async def _makeup_day(scene: Scene) -> str:
    """A Saturday on which people work."""
    saturday = TODAY + timedelta(days=(5 - TODAY.weekday()) % 7 + 7)
    corrected = CalendarDayCorrected(
        year_id=new_id(), on=saturday, kind="makeup_workday", name="调休", source="test", at=NOW
    )
    async with scene.service.sessions.begin() as session:
        await INBOX.handle(session, deliver_all([corrected]))
    return str(saturday)


async def _approve(scene: Scene) -> None:
    """Officers and auditors may read identities of the school's children."""
    wanted = {"school_id": scene.school, "purpose": "verification", "reason": "抽查"}
    for role, claims in (("bureau", {}), ("district_officer", {"district": HERE}), ("auditor", {})):
        asked = await made(scene.service(role, **claims), "/v1/access-requests", json=wanted)
        await scene.staff.post(f"/v1/access-requests/{asked}/decision", json={"approved": True})
