"""After-school service: a course at every school, seats, and a day on which it is taught.

Attendance is taken of children who had a seat at the time of the session, and of no day to come. So nothing can be
recorded today of the past: the play teaches one day, its own, and where that is no school day the calendar is made up.
The session lasts until midnight, because a seat that is given in the evening would be too late for it otherwise.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from deploy.demo.acts.holiday import know_calendar
from deploy.demo.acts.schools import schools, teaching
from deploy.demo.acts.stage import PATIENCE, Stage, named, once_heard
from deploy.demo.player import Client, Json, PlayFailed
from shared.domain.clock import CHINA, china_date, utc_now

TERM: Final = "大同2021演示学期"
TERM_DAYS: Final = 28
COURSE: Final = "（演示）大同2021课后服务"
LEAST_DAYS: Final = "subsidy.least_days"
PERIODS: Final = [
    {"weekday": weekday, "number": 1, "starts_at": "16:30:00", "ends_at": "23:59:00"} for weekday in range(1, 6)
]
MAKEUP_WEEKDAY: Final = 1
OPEN: Final = {"opens_at": "2021-09-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z"}
CAPACITY: Final = 500


async def play(stage: Stage) -> None:
    await _one_day_counts(stage)
    await _open_term(stage)
    await _teach_today(stage)
    found, taught = await schools(stage), await teaching(stage)
    asked = {one["id"] for one in taught[: stage.size.asked_schools]}
    known = {one["school_id"]: one for one in await stage.all("afterschool", "/v1/offerings", term=TERM)}
    items = await stage.all("afterschool", "/v1/catalogue-items")

    async def publish(numbered: tuple[int, Json]) -> None:
        place, school = numbered
        if school["id"] not in known:
            known[school["id"]] = await _publish(stage, school, items[place % len(items)])

    await stage.each("courses published", list(enumerate(found)), publish)

    async def teach(school: Json) -> None:
        await _teach(stage, school, known[school["id"]], stage.size.seats if school["id"] in asked else 1)

    await stage.each("schools that taught", taught, teach)


async def _one_day_counts(stage: Stage) -> None:
    """A norm that says from today that one taught day is enough for the subsidy: the real one asks for a term."""
    source = "（演示）只演示一天"
    norms = await stage.all("afterschool", "/v1/norms")
    if not any(one["name"] == LEAST_DAYS and one["source"] == source for one in norms):
        norm = {"name": LEAST_DAYS, "value": 1, "source": source, "valid_from": f"{stage.on}"}
        await stage.bureau.post("afterschool", "/v1/norms", norm)


async def _open_term(stage: Stage) -> None:
    """A term of the city's schools that begins on the day of the play."""
    last = stage.on + timedelta(days=TERM_DAYS)
    entered = [one for one in await stage.all("registry", "/v1/calendar/terms") if one["name"] == TERM]
    if not entered:
        for year in sorted({stage.on.year, last.year}):
            await know_calendar(stage, year)
        term = {
            "period": "term", "name": TERM, "starts_on": f"{stage.on}", "ends_on": f"{last}", "source": "（演示）",
        }  # fmt: skip
        await stage.bureau.post("registry", "/v1/calendar/terms", term)
    elif not entered[0]["starts_on"] <= f"{stage.on}" <= entered[0]["ends_on"]:
        raise PlayFailed("The term of this play is over: remove the data with make clean, and begin again.")

    async def known() -> int:
        terms = (await stage.bureau.get("afterschool", "/v1/terms", on=f"{stage.on}"))["items"]
        return sum(one["name"] == TERM for one in terms)

    await stage.reach("term known to after-school", known, 1)


async def _teach_today(stage: Stage) -> None:
    """Today becomes a school day if it is none: a weekend day a make-up workday, a holiday an ordinary one."""
    day = f"{stage.on}"
    [today] = (await stage.bureau.get("registry", "/v1/calendar", **{"from": day, "to": day}))["days"]
    if today["kind"] in ("workday", "makeup_workday"):
        return
    weekend = stage.on.isoweekday() > 5
    correction = {"on": day, "kind": "makeup_workday" if weekend else None, "source": "（演示）"}
    correction |= {"name": "演示调休上班"} if weekend else {}
    await stage.bureau.post("registry", "/v1/calendar/corrections", correction)


async def _publish(stage: Stage, school: Json, item: Json) -> Json:
    teacher = (await stage.bureau.get("afterschool", "/v1/teachers", school=school["id"], limit=1))["items"][0]
    course = {
        "school_id": school["id"], "name": COURSE, "category": item["category"], "item": item["code"], "term": TERM,
        "capacity": CAPACITY, "periods": PERIODS, "teacher_id": teacher["id"], **OPEN,
    }  # fmt: skip
    published: Json = (await stage.bureau.post("afterschool", "/v1/offerings", course)).json()
    return published


async def _teach(stage: Stage, school: Json, course: Json, seats: int) -> None:
    """Some children of every class get a seat, and are there on the day, with their teacher."""
    staff = stage.staff(school["id"])
    sessions = [one async for one in staff.pages("afterschool", "/v1/sessions", offering=course["id"])]
    if any(one["taken_at"] for one in sessions):
        return
    await _seat(staff, school, course, seats)
    if stage.on.isoweekday() > 5:
        await _follow_weekday(stage, staff, school)
    await _attend(stage, staff, course)


async def _seat(staff: Client, school: Json, course: Json, seats: int) -> None:
    await _not_at_midnight()
    enrolled = {one["student_id"] async for one in staff.pages("afterschool", "/v1/enrolments", offering=course["id"])}
    async for one in staff.pages("afterschool", "/v1/classes", school=school["id"]):
        page = await staff.get("afterschool", "/v1/students", class_id=one["id"], limit=seats)
        for child in page["items"]:
            if child["id"] not in enrolled:
                wish = {"offering_id": course["id"], "student_id": child["id"]}
                await staff.post("afterschool", "/v1/enrolments", wish)


async def _not_at_midnight() -> None:
    """A session of a day ends with it. Raises `PlayFailed` in its last minutes: then it is too late for seats."""
    now = utc_now().astimezone(CHINA)
    tomorrow = datetime.combine(china_date(now) + timedelta(days=1), datetime.min.time(), CHINA)
    if tomorrow - now < timedelta(minutes=3):
        raise PlayFailed("The day is nearly over, and the play teaches one day: start it again after midnight.")


async def _follow_weekday(stage: Stage, staff: Client, school: Json) -> None:
    """The school gives the make-up workday a timetable, as soon as its service has heard of that day."""
    wanted = {"school_id": school["id"], "on": f"{stage.on}", "weekday": MAKEUP_WEEKDAY}
    await once_heard("not-a-makeup-workday", lambda: staff.post("afterschool", "/v1/makeup-days", wanted))


async def _attend(stage: Stage, staff: Client, course: Json) -> None:
    """Marks of the day with ids of ours: what was sent before is recognised."""
    wanted = {"offering_id": course["id"]}
    async with asyncio.timeout(PATIENCE):
        while not await _planned(stage, staff, course):
            await once_heard("calendar-unknown", lambda: staff.post("afterschool", "/v1/sessions", wanted))
            await asyncio.sleep(0.3)
    people = [
        {"student_id": one["student_id"]}
        async for one in staff.pages("afterschool", "/v1/enrolments", offering=course["id"], state="enrolled")
    ]
    at = f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"
    marks = [
        {
            "id": named(course["id"], stage.on, *person.values()), "offering_id": course["id"], "on": f"{stage.on}",
            "number": 1, "state": "present", "at": at, **person,
        }
        for person in [*people, {"teacher_id": course["teacher_id"]}]
    ]  # fmt: skip
    answer = (await staff.post("afterschool", "/v1/attendance", {"marks": marks})).json()
    refused = {one["code"] for one in answer["verdicts"] if one["verdict"] not in ("applied", "already_applied")}
    if refused:
        raise PlayFailed(f"attendance was refused: {sorted(map(str, refused))}")


async def _planned(stage: Stage, staff: Client, course: Json) -> bool:
    day = f"{stage.on}"
    page = await staff.get("afterschool", "/v1/sessions", offering=course["id"], first=day, last=day)
    return any(one["state"] == "planned" for one in page["items"])
