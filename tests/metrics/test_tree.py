"""The tree is whole, says what it means, and knows of which dimensions it has numbers."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import case, func, insert, select

from services.metrics.indicators import queries
from services.metrics.indicators.domain import Scope
from services.metrics.projections.domain import DIMENSIONS, Cell, Generation, Mark
from services.metrics.projections.facts import PROJECTIONS
from services.metrics.tree.domain import Indicator, IndicatorNotFound, Office, Selection, Source, Unit, Words
from services.metrics.tree.indicators import BRANCHES, INDICATORS, REPORTED, indicator
from services.metrics.tree.nouns import LEVELS, NOUNS, PARTS
from tests.metrics.conftest import World
from tests.metrics.samples import SAMPLES

ALL = list(INDICATORS.values())
CHANGES = [list(PROJECTIONS[event](sample)) for event, sample in SAMPLES.items()]


def test_the_tree_is_whole() -> None:
    codes = {branch.code for branch in BRANCHES} | set(INDICATORS)
    assert len(codes) == len(BRANCHES) + len(INDICATORS)
    parents = [*(branch.parent for branch in BRANCHES), *(leaf.parent for leaf in ALL)]
    assert {parent for parent in parents if parent is not None} <= {branch.code for branch in BRANCHES}
    assert {branch.code for branch in BRANCHES} - set(parents) == set(), "no branch is bare"


def test_the_tree_has_the_reports_wings() -> None:
    under = {branch.code: [one.zh for one in BRANCHES if one.parent == branch.code] for branch in BRANCHES}
    assert under["outside.grasps"] == ["排查治理", "转型", "正面引导", "监督"]
    assert under["inside"] == ["教学质量", "作业管理", "课后服务", "X：特色项目"]
    assert len(under["outside"]) == 4


def test_the_figures_of_the_report_are_targets() -> None:
    printed = {one.code: one.target.value for one in ALL if one.target is not None}
    assert printed == {
        "permits.revoked": 3,
        "stop_orders.recipients": 154,
        "stop_orders.stopped": 154,
        "stop_orders.stopped_share": 1,
        "inspection.teams": 18,
        "responsibilities.district_officer_share": 1,
        "responsibilities.street_officer_share": 1,
        "responsibilities.industry_department_share": 1,
        "institutions.unplaced": 0,
        "institutions.placed_share": 1,
        "inspection.coverage": 1,
        "violations.investigated": 461,
        "advertisements.cleaned_up": 488,
        "commitments.signed": 311,
        "students.roll": 196_659,
        "students.reported": 205_000,
        "teachers.total": 14_510,
        "teachers.reported": 17_900,
        "catalogue.items": 22,
        "schools.serving_share": 1,
        "satisfaction.students": 0.9774,
        "satisfaction.guardians": 0.979,
        "subsidies.posted": 3_000_000_000,
        "x.air_classroom_lessons": 1_350,
        "x.air_classroom_visits": 5_000_000,
        "x.communities": 13,
        "x.joint_research": 70,
        "x.regional_research": 80,
        "x.model_teachers": 1_000,
        "x.gold_courses": 100,
        "x.gold_teachers": 100,
        "x.labour_bases": 20,
    }


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.code)
def test_every_indicator_says_what_it_is(one: Indicator) -> None:
    assert one.definition.zh.endswith("。")
    assert one.definition.en.endswith(".")
    assert one.definition.en[0].isupper()
    assert one.owner.words.zh
    assert (one.grain is None) == (one.source is Source.REPORTED) == (one.code in REPORTED)


def test_definitions_by_unit() -> None:
    def said(code: str) -> tuple[str, str]:
        return INDICATORS[code].definition.zh, INDICATORS[code].definition.en

    assert said("catalogue.items") == (
        "现行的课后服务项目的数量。",
        "The number of catalogue items that were enacted and have no last day.",
    )
    assert said("fines.paid")[1] == "The amount, in fen, of fines and confiscated income that were paid."
    assert said("homework.average_minutes")[1] == (
        "The minutes of written homework declared, divided by the number of "
        "days of classes whose homework was declared."
    )
    assert said("x.labour_bases")[0] == "劳动教育基地，由责任单位填报、附佐证并经他人审核。"


def test_every_noun_has_exactly_the_dimensions_that_its_events_say() -> None:
    """So a dimension that a noun lacks is null and not 0."""
    said: dict[str, set[str]] = {}
    for change in (one for changes in CHANGES for one in changes):
        said.setdefault(change.noun, {"state"}).update(change.says)
    assert said == {noun: set(known.dimensions) for noun, known in NOUNS.items()}
    assert all(known.dimensions <= set(DIMENSIONS) for known in NOUNS.values())


def test_a_part_is_told_with_its_whole_at_the_same_place() -> None:
    for changes in CHANGES:
        told = {(change.noun, change.id): change for change in changes}
        for change in changes:
            if change.noun in PARTS:
                whole = told[PARTS[change.noun], change.id]
                assert (change.says, change.marks) == (whole.says, whole.marks)
                assert 0 <= (change.amount or 0) <= (whole.amount or 0)
        wholes = {noun for noun, _ in told if noun in PARTS.values()}
        assert {PARTS[noun] for noun, _ in told if noun in PARTS} == wholes


def test_only_nouns_with_levels_are_asked_by_level() -> None:
    for one in ALL:
        for selection in one.selections:
            if selection.by_level:
                assert {dimension for dimension in LEVELS if dimension} <= NOUNS[selection.noun].dimensions
                assert not NOUNS[selection.noun].dimensions & {"street", "grid", "campaign"}


def chosen(noun: str, **more: Any) -> Selection:
    return Selection(noun, "甲", "a", **more)


def an(numerator: Selection | None, denominator: Selection | None = None, **more: Any) -> Indicator:
    return Indicator("x", "x", "x", "outside", Office.SUPERVISION, numerator, denominator, **more)


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        (chosen("target"), chosen("visit", states=("done",))),
        (chosen("visit"), chosen("visit", states=("done",))),
        (chosen("visit", states=("planned",)), chosen("visit", states=("done",))),
        (chosen("visit", kinds=("a", "b")), chosen("visit", kinds=("a",))),
        (chosen("visit", sums_amounts=True), chosen("visit")),
        (chosen("visit", sums_amounts=True), chosen("visit", sums_amounts=True)),
        (chosen("institution"), chosen("institution", mark=Mark.SERVING)),
        (chosen("institution"), chosen("institution", placed=True)),
        (chosen("attended"), chosen("attendance")),
        (chosen("attendance", sums_amounts=True), chosen("attended", sums_amounts=True)),
        (chosen("survey_favourable", sums_amounts=True, by_level=True), chosen("survey_answers", sums_amounts=True)),
    ],
)
def test_what_is_no_part_is_no_share(part: Selection, whole: Selection) -> None:
    with pytest.raises(TypeError, match="no part"):
        an(part, whole)


def test_parts_of_a_whole() -> None:
    for part, whole in (
        (chosen("visit", states=("done",), kinds=("a",)), chosen("visit", states=("done", "planned"))),
        (chosen("institution", placed=True, mark=Mark.SERVING), chosen("institution")),
        (chosen("attended", sums_amounts=True), chosen("attendance", sums_amounts=True)),
    ):
        assert an(part, whole).unit is Unit.RATIO


def test_what_is_no_indicator() -> None:
    with pytest.raises(TypeError, match="counted or reported"):
        an(None)
    with pytest.raises(TypeError, match="counted or reported"):
        an(chosen("visit"), reported=Words("甲", "a"))
    for part, whole in (
        (chosen("visit", sums_amounts=True), chosen("target")),
        (chosen("visit"), chosen("visit")),
    ):
        with pytest.raises(TypeError, match="no sum per member"):
            an(part, whole, average=True)
    with pytest.raises(IndicatorNotFound):
        indicator("nothing")
    assert indicator("catalogue.items") is INDICATORS["catalogue.items"]


def test_dimensions_of_indicators() -> None:
    assert INDICATORS["notices.confirmed_share"].dimensions == frozenset()
    assert INDICATORS["x.gold_courses"].dimensions == {"district"}
    assert INDICATORS["catalogue.items"].exists_for(None)
    assert not INDICATORS["catalogue.items"].exists_for("district")
    assert INDICATORS["schools.total"].exists_for("school")


def told_apart(dice: random.Random, generation: int) -> dict[str, Any]:
    """A cell of a noun, with states and kinds of indicators, at one of a few places."""
    noun = dice.choice(list(NOUNS))
    own = [part for one in ALL for part in one.selections if part.noun == noun]
    states = {state for part in own for state in part.states} | {"", "else"}
    kinds = {kind for part in own for kind in part.kinds} | {"", "else"}
    columns = dict.fromkeys(DIMENSIONS, "") | {
        "state": dice.choice(sorted(states)), "kind": dice.choice(sorted(kinds)),
        "district": dice.choice(["", "140213", "140214"]), "street": dice.choice(["", "140213050"]),
        "grid": dice.choice(["", "g1"]), "school": dice.choice(["", "s"]), "month": dice.choice(["", "2026-03"]),
        "marks": "".join(mark for mark in sorted(Mark) if dice.random() < 0.5),
    }  # fmt: skip
    members = dice.choice([0, 1, 2, 7])
    return {
        "generation": generation,
        "noun": noun,
        **columns,
        "members": members,
        "amount": members * dice.randrange(4),
    }


def case_sum(selection: Selection) -> Any:
    """One sum per selection in SQL: the meaning that the grouped query has to keep."""
    wanted = [
        Cell.noun == selection.noun,
        Cell.state != "",
        Cell.generation == select(Generation.live).scalar_subquery(),
    ]
    if selection.states:
        wanted.append(Cell.state.in_(selection.states))
    if selection.kinds:
        wanted.append(Cell.kind.in_(selection.kinds))
    if selection.placed is not None:
        wanted.append(Cell.grid != "" if selection.placed else Cell.grid == "")
    if selection.mark is not None:
        wanted.append(func.strpos(Cell.marks, selection.mark.value) > 0)
    summed = Cell.amount if selection.sums_amounts else Cell.members
    return func.coalesce(func.sum(case((_all(wanted), summed), else_=0)), 0)


def _all(conditions: Sequence[Any]) -> Any:
    together = conditions[0]
    for condition in conditions[1:]:
        together &= condition
    return together


@pytest.mark.parametrize("seed", range(4))
async def test_grouped_cells_give_the_numbers_of_a_sum_per_selection(world: World, seed: int) -> None:
    dice = random.Random(seed)
    cells = {tuple(cell[name] for name in ("generation", "noun", *DIMENSIONS)): cell for cell in (
        told_apart(dice, dice.choice([1, 1, 1, 2])) for _ in range(1500)
    )}  # fmt: skip
    async with world.sessions.begin() as session:
        await session.execute(insert(Cell), list(cells.values()))
        for scope in (Scope(), Scope("district", "140213"), Scope("street", "140213050"), Scope("school", "s")):
            found = await queries.values(session, ALL, scope)
            for one in ALL:
                if one.selections and one.exists_for(scope.dimension):
                    within = [] if scope.dimension is None else [getattr(Cell, scope.dimension) == scope.value]
                    columns = [case_sum(part.at(scope.dimension)) for part in one.selections]
                    row = (await session.execute(select(*columns).where(*within))).one()
                    assert [found[one.code].numerator, *([found[one.code].denominator] * (len(row) - 1))] == list(
                        row
                    ), one
                else:
                    assert not found[one.code].known
