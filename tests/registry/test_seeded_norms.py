"""What came with the database is published like everything else."""

import json

from sqlalchemy import func, select

from services.registry.rulebook.calendars.seed import YEARS
from services.registry.rulebook.rules.seed import RULES
from shared.events.catalogue import EVENTS
from shared.events.registry.calendars import CalendarYearPublished
from shared.events.registry.procedures import ProcedureEnacted
from shared.events.registry.rules import RuleEnacted
from shared.facts.journal import journal, outbox_pending
from tests.registry.conftest import World


async def test_years_rules_and_procedures_are_told(world: World) -> None:
    async with world.sessions() as session:
        rows = (await session.execute(select(journal).order_by(journal.c.id))).all()
        pending = await session.scalar(select(func.count()).select_from(outbox_pending))
    told = [EVENTS[row.type].model_validate_json(json.dumps(row.payload)) for row in rows]
    assert pending == len(told)
    assert [one.year for one in told if isinstance(one, CalendarYearPublished)] == list(YEARS)
    assert {one.code for one in told if isinstance(one, RuleEnacted)} == {rule.code for rule in RULES}
    matters = [one.matter for one in told if isinstance(one, ProcedureEnacted)]
    assert matters == ["new_permit", "to_non_subject", "to_non_profit", "closure"]
    assert {(row.key_version, row.topic, row.actor) for row in rows} == {(1, "registry.norms.v1", "migration")}
    (decided,) = [one for one in told if isinstance(one, ProcedureEnacted) and one.matter == "new_permit"]
    assert (decided.overall_days, decided.days["submitted"], decided.documents[0]) == (20, 5, "application_form")


async def test_a_repeal_is_the_second_fact_of_its_rule(world: World) -> None:
    (rule,) = (await world.bureau.get("/v1/rules", params={"code": RULES[0].code})).json()["items"]
    repealed = await world.bureau.post(
        f"/v1/rules/{rule['id']}/repeal", json={"effective_to": "2099-12-31", "reason": "废止"}
    )
    assert repealed.status_code == 200, repealed.text
    ((kind, version, _),) = await world.facts(rule["id"])
    assert (kind, version) == ("registry.rule.repealed.v1", 2)
