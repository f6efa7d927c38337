"""Rules, declarations, draws and shortfalls of the five managements: every transition, and each one refused."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from deploy.verify.sample import differences
from services.afterschool.quality.declarations.domain import (
    Declaration,
    DeclarationDetails,
    DeclarationState,
    DeclarationStateUnfit,
    Evidence,
    Figure,
    SignerDeclared,
    VerdictUnfit,
)
from services.afterschool.quality.draws import domain as draws
from services.afterschool.quality.draws.domain import (
    Candidate,
    ManagementDraw,
    ManagementDrawDetails,
    ManagementDrawEmpty,
    ManagementDrawNotCommitted,
    ManagementDrawNotRevealed,
    ManagementDrawTooLarge,
    PublicValueNotLater,
    PublicValueTooEarly,
    SampleTooSmall,
)
from services.afterschool.quality.shortfalls.domain import FoundBy, Shortfall, ShortfallNotOpen
from services.afterschool.roster.schools.domain import School, SchoolDetails, Stage
from services.afterschool.rulebook.managements.domain import (
    FigureOutOfRange,
    FiguresIncomplete,
    FigureUnit,
    Management,
    ManagementRule,
    ManagementRuleContent,
    Question,
    TaughtStage,
    shortfalls,
)
from services.afterschool.rulebook.managements.seed import RULES
from services.afterschool.rulebook.norms.domain import NormName, NormUnknown
from services.afterschool.rulebook.norms.seed import NORMS
from services.afterschool.rulebook.versions import VersionBeginsPast
from shared.domain.dated import SourceStatus

AT = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 27)
DAY = timedelta(days=1)
SCRIPT = Path(__file__).parents[2] / "deploy" / "verify" / "sample.py"
KEPT = Question(key="kept", zh="统一保管", en="Kept", unit=FigureUnit.YES_NO, expected=1)
SLEEP = Question(
    key="sleep", zh="睡眠", en="Sleep", unit=FigureUnit.MINUTES, stage=TaughtStage.PRIMARY,
    at_least=NormName.SLEEP_PRIMARY,
)  # fmt: skip
HOMEWORK = Question(
    key="homework", zh="作业", en="Homework", unit=FigureUnit.MINUTES, stage=TaughtStage.JUNIOR,
    at_most=NormName.HOMEWORK_GRADES_7_9,
)  # fmt: skip
LIMITS = {NormName.SLEEP_PRIMARY: 600, NormName.HOMEWORK_GRADES_7_9: 90}


def a_school(stage: Stage = Stage.PRIMARY) -> School:
    details = SchoolDetails(code="2114000001", name="第一小学", stage=stage, district="140213", street="140213050")
    return School.register(details, at=AT)[0]


def content(first: date = TODAY, *questions: Question) -> ManagementRuleContent:
    return ManagementRuleContent(
        management=Management.PHONES, summary="手机", questions=list(questions or [KEPT]), source="s", valid_from=first
    )


def a_rule(*questions: Question) -> ManagementRule:
    return ManagementRule.enact(content(TODAY, *questions), at=AT)[0]


def details() -> DeclarationDetails:
    return DeclarationDetails(
        term="2026-autumn",
        management=Management.PHONES,
        figures=[Figure(question="kept", value=1)],
        evidence=[Evidence(title="规定", reference="校办3号")],
    )


SCHOOL, RULE = a_school(), a_rule(KEPT, SLEEP)


def declared(falls_short: list[str] | None = None) -> Declaration:
    return Declaration.declare(details(), school=SCHOOL, rule=RULE, falls_short=falls_short or [], by="staff-1", at=AT)[
        0
    ]


def signed() -> Declaration:
    declaration = declared()
    declaration.sign(school=SCHOOL, by="staff-2", at=AT)
    return declaration


def drawn() -> Declaration:
    declaration = signed()
    declaration.be_drawn(uuid4(), school=SCHOOL, at=AT)
    return declaration


def verify(declaration: Declaration, *, confirmed: bool, falls_short: list[str]) -> Any:
    return declaration.verify(
        confirmed=confirmed, falls_short=falls_short, rule=RULE, note="核对", school=SCHOOL, by="bureau-1", at=AT
    )


# Rules


def test_a_rule_has_versions() -> None:
    old, new = a_rule(), ManagementRule.enact(content(TODAY + DAY * 3), at=AT)[0]
    assert (old.management, old.keys, old.status) == ("phones", ["kept"], "verified")
    ended = old.give_way(new, at=AT)
    assert ended is not None
    assert ended.type == "afterschool.management_rule.repealed.v1"
    assert new.withdraw("slip", by="b", at=AT).type == "afterschool.management_rule.withdrawn.v1"
    continued = old.continue_after(new, at=AT)
    assert continued is not None
    assert continued.type == "afterschool.management_rule.continued.v1"
    with pytest.raises(VersionBeginsPast):
        ManagementRule.enact(content(TODAY - DAY), at=AT)


@pytest.mark.parametrize(
    "odd",
    [
        {"unit": "yes_no"},
        {"unit": "minutes", "expected": 1},
        {"unit": "yes_no", "expected": 1, "at_least": "sleep.primary_minutes"},
        {"unit": "minutes", "at_least": "lessons.primary_first_minute_of_day"},
        {"unit": "minutes", "at_most": "fee.lesson_fen"},
    ],
)
def test_a_question_has_limits_of_its_own_unit(odd: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate({"key": "a", "zh": "甲", "en": "A", **odd})


def test_a_key_is_used_once() -> None:
    with pytest.raises(ValidationError):
        content(TODAY, KEPT, KEPT)
    with pytest.raises(ValidationError):
        DeclarationDetails(
            term="t", management=Management.PHONES, figures=[Figure(question="a", value=1)] * 2,
            evidence=[Evidence(title="a", reference="b")],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "asked"),
    [
        ("primary", ["kept", "sleep"]),
        ("junior", ["kept", "homework"]),
        ("nine_year", ["kept", "sleep", "homework"]),
    ],
)
def test_a_school_is_asked_what_its_stage_is_asked(stage: str, asked: list[str]) -> None:
    assert [one.key for one in a_rule(KEPT, SLEEP, HOMEWORK).asked_of(stage)] == asked


@pytest.mark.parametrize(
    ("figures", "short"),
    [
        ({"kept": 1, "sleep": 600, "homework": 90}, []),
        ({"kept": 0, "sleep": 599, "homework": 91}, ["kept", "sleep", "homework"]),
        ({"kept": 1, "sleep": 700, "homework": 0}, []),
    ],
)
def test_figures_are_held_against_the_norms(figures: dict[str, int], short: list[str]) -> None:
    assert shortfalls([KEPT, SLEEP, HOMEWORK], figures, LIMITS) == short


def test_figures_answer_all_questions_within_reason() -> None:
    for odd in ({"kept": 1}, {"kept": 1, "sleep": 600, "more": 1}):
        with pytest.raises(FiguresIncomplete) as refused:
            shortfalls([KEPT, SLEEP], odd, LIMITS)
        assert refused.value.facts == {"questions": ["kept", "sleep"]}
    for odd, most in (({"kept": 2}, 1), ({"kept": 1441}, 1)):
        with pytest.raises(FigureOutOfRange) as absurd:
            shortfalls([KEPT], odd, LIMITS)
        assert absurd.value.facts == {"question": "kept", "most": most}
    with pytest.raises(FigureOutOfRange):
        shortfalls([SLEEP], {"sleep": 1441}, LIMITS)
    with pytest.raises(NormUnknown):
        shortfalls([SLEEP], {"sleep": 1}, {})


def test_the_platform_starts_with_all_five_and_knows_their_norms() -> None:
    assert [rule.management for rule in RULES] == list(Management)
    read = {rule.management for rule in RULES if rule.status is SourceStatus.VERIFIED}
    assert read == {Management.SLEEP, Management.PHONES}
    wanted = {name for rule in RULES for question in rule.questions for name in question.norms}
    assert wanted <= {norm.name for norm in NORMS}


# Declarations


def test_a_declaration_is_signed_by_another_person() -> None:
    declaration = declared(["kept"])
    with pytest.raises(SignerDeclared):
        declaration.sign(school=SCHOOL, by="staff-1", at=AT)
    said = declaration.sign(school=SCHOOL, by="staff-2", at=AT)
    assert (declaration.state, declaration.signed_by, said.falls_short) == ("signed", "staff-2", ["kept"])
    with pytest.raises(DeclarationStateUnfit) as refused:
        declaration.sign(school=SCHOOL, by="staff-3", at=AT)
    assert refused.value.facts == {"state": DeclarationState.SIGNED}


def test_only_an_unsigned_declaration_is_withdrawn() -> None:
    declaration = declared()
    assert declaration.withdraw(school=SCHOOL, at=AT).type == "afterschool.declaration.withdrawn.v1"
    with pytest.raises(DeclarationStateUnfit):
        declaration.sign(school=SCHOOL, by="staff-2", at=AT)
    with pytest.raises(DeclarationStateUnfit):
        signed().withdraw(school=SCHOOL, at=AT)


def test_only_a_signed_declaration_is_drawn_and_only_a_drawn_one_verified() -> None:
    with pytest.raises(DeclarationStateUnfit):
        declared().be_drawn(uuid4(), school=SCHOOL, at=AT)
    with pytest.raises(DeclarationStateUnfit):
        verify(signed(), confirmed=True, falls_short=[])
    declaration = drawn()
    with pytest.raises(DeclarationStateUnfit):
        declaration.be_drawn(uuid4(), school=SCHOOL, at=AT)


@pytest.mark.parametrize(("confirmed", "short", "state"), [(True, [], "confirmed"), (False, ["sleep"], "refuted")])
def test_a_verification_confirms_or_names_what_falls_short(confirmed: bool, short: list[str], state: str) -> None:
    declaration = drawn()
    verified = verify(declaration, confirmed=confirmed, falls_short=short)
    assert (declaration.state, verified.confirmed, verified.falls_short) == (state, confirmed, short)
    with pytest.raises(DeclarationStateUnfit):
        verify(declaration, confirmed=confirmed, falls_short=short)


@pytest.mark.parametrize(("confirmed", "short"), [(True, ["sleep"]), (False, []), (False, ["other"])])
def test_a_verdict_fits_its_rule(confirmed: bool, short: list[str]) -> None:
    with pytest.raises(VerdictUnfit) as refused:
        verify(drawn(), confirmed=confirmed, falls_short=short)
    assert refused.value.facts == {"questions": ["kept", "sleep"]}


# Shortfalls


def test_a_shortfall_has_a_deadline_and_is_closed_once() -> None:
    found, told = Shortfall.find(
        uuid4(), school=SCHOOL, term="t", management="sleep", questions=["sleep"], found_by=FoundBy.DECLARATION,
        days=15, at=AT,
    )  # fmt: skip
    assert (found.state, found.due_on, told.due_on) == ("open", TODAY + DAY * 15, TODAY + DAY * 15)
    assert not found.close("已整改", school=SCHOOL, by="bureau-1", at=AT).late
    with pytest.raises(ShortfallNotOpen):
        found.close("已整改", school=SCHOOL, by="bureau-1", at=AT)
    late, _ = Shortfall.find(
        uuid4(), school=SCHOOL, term="t", management="sleep", questions=["sleep"], found_by=FoundBy.VERIFICATION,
        days=0, at=AT,
    )  # fmt: skip
    assert late.close("已整改", school=SCHOOL, by="bureau-1", at=AT + DAY).late


# Draws

CANDIDATES = [
    Candidate(UUID(int=number), ("140213", "140214")[number % 2], ("sleep", "phones", "reading")[number % 3])
    for number in range(1, 121)
]
WANTED = {"term": "2026-autumn", "share_bp": 500, "public_source": "双色球", "public_on": str(TODAY + DAY)}


def committed(candidates: list[Candidate] = CANDIDATES, *, minimum: int = 500, **more: Any) -> ManagementDraw:
    wanted = ManagementDrawDetails.model_validate(WANTED | more)
    return ManagementDraw.commit_to(wanted, candidates, minimum_bp=minimum, at=AT)[0]


def test_a_draw_promises_everything_but_the_public_value() -> None:
    wanted = ManagementDrawDetails.model_validate(WANTED)
    draw, told = ManagementDraw.commit_to(wanted, CANDIDATES, minimum_bp=500, at=AT)
    assert draw.secret.hex() not in told.model_dump_json()
    assert told.targets == 120
    assert draw.commitment.items() <= told.model_dump().items()
    assert draw.managements == sorted(Management)


def test_a_draw_is_made_of_secret_public_value_and_list() -> None:
    draw = committed()
    with pytest.raises(ManagementDrawNotRevealed):
        draw.proof()
    with pytest.raises(PublicValueTooEarly) as refused:
        draw.reveal("02 07", at=AT)
    assert refused.value.facts == {"public_on": TODAY + DAY}
    ids, told = draw.reveal("02 07", at=AT + DAY)
    assert (len(ids), told.drawn, draw.drawn_total) == (6, 6, 6)
    strata = Counter((one.district, one.management) for one in CANDIDATES if one.declaration_id in ids)
    assert len(strata) == 6, "one of each district and management"
    for refused_twice in (lambda: draw.reveal("1", at=AT + DAY), lambda: draw.cancel("no", at=AT)):
        with pytest.raises(ManagementDrawNotCommitted):
            refused_twice()


def test_a_cancelled_draw_is_never_revealed() -> None:
    draw = committed()
    assert draw.cancel("学期有误", at=AT).reason == "学期有误"
    with pytest.raises(ManagementDrawNotCommitted):
        draw.reveal("1", at=AT + DAY)
    with pytest.raises(ManagementDrawNotRevealed):
        draw.proof()


def test_a_draw_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SampleTooSmall):
        committed(share_bp=499)
    with pytest.raises(PublicValueNotLater):
        committed(public_on=str(TODAY))
    with pytest.raises(ManagementDrawEmpty):
        committed([])
    monkeypatch.setattr(draws, "LARGEST", 119)
    with pytest.raises(ManagementDrawTooLarge):
        committed()


def revealed() -> dict[str, Any]:
    draw = committed()
    draw.reveal("02 07 11", at=AT + DAY)
    proof: dict[str, Any] = json.loads(json.dumps(draw.proof()))
    return proof


def test_a_stranger_repeats_the_draw(tmp_path: Path) -> None:
    proof = revealed()
    assert list(differences(proof)) == []
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof), encoding="utf-8")
    done = subprocess.run([sys.executable, str(SCRIPT), str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "proof holds\n")


@pytest.mark.parametrize(
    "change",
    [
        {"public_value": "02 07 12"},
        {"secret": "00" * 32},
        {"seed": "00" * 32},
        {"result": []},
        {"targets": []},
        {"terms": {"share_bp": 500}},
        {"format": "double-wings-draw-1"},
        {"more": 1},
    ],
)
def test_a_changed_proof_does_not_hold(change: dict[str, Any]) -> None:
    assert list(differences(revealed() | change)) != []


def test_a_school_can_not_be_spared_by_the_choice_of_the_secret() -> None:
    """Whatever the secret, the public value alone changes who is drawn."""
    first, second = committed(), committed()
    second.secret, second.secret_sha256 = first.secret, first.secret_sha256
    second.terms = first.terms
    assert first.reveal("1", at=AT + DAY)[0] != second.reveal("2", at=AT + DAY)[0]
