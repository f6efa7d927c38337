"""Questions, typed answers, and the rules that turn an answer into a violation."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from services.inspection.rulebook.offences.domain import Finding, OffenceCode
from shared.domain.refusals import field_error
from shared.domain.wording import NUMBER, Day, Line, Name, Paragraph

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Number = Annotated[Decimal, NUMBER, Field(ge=-(10**12), le=10**12, max_digits=18, decimal_places=6)]


class QuestionKind(StrEnum):
    """How a question is answered. An answer of the kind `evidence` is a list of ids of photos or recordings."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"
    DAY = "day"
    EVIDENCE = "evidence"


class Test(StrEnum):
    EQUALS = "equals"
    ONE_OF = "one_of"
    BELOW = "below"
    ABOVE = "above"


class Condition(BaseModel):
    """The condition on an answer: yes or no, choices, or a limit; exactly the one that the test takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    test: Test
    yes: StrictBool | None = None
    choices: Annotated[list[Line], Field(max_length=50)] | None = None
    limit: Number | None = None

    @model_validator(mode="after")
    def says_one_thing(self) -> Self:
        given = [name for name in ("yes", "choices", "limit") if getattr(self, name) is not None]
        if given != [_NEEDS[self.test]]:
            raise field_error(
                "condition-invalid",
                en="The test takes exactly one value, of its own kind.",
                zh="条件的取值与类型不符。",
            )
        return self

    def holds(self, answer: Any) -> bool:
        match self.test:
            case Test.EQUALS:
                return bool(answer == self.yes)
            case Test.ONE_OF:
                return answer in (self.choices or [])
            case Test.BELOW:
                return bool(answer < self.limit)
            case Test.ABOVE:
                return bool(answer > self.limit)


_NEEDS: Final[Mapping[Test, str]] = {
    Test.EQUALS: "yes",
    Test.ONE_OF: "choices",
    Test.BELOW: "limit",
    Test.ABOVE: "limit",
}
_SUITS: Final[Mapping[QuestionKind, frozenset[Test]]] = {
    QuestionKind.YES_NO: frozenset({Test.EQUALS}),
    QuestionKind.CHOICE: frozenset({Test.ONE_OF}),
    QuestionKind.NUMBER: frozenset({Test.BELOW, Test.ABOVE}),
    QuestionKind.TEXT: frozenset(),
    QuestionKind.DAY: frozenset(),
    QuestionKind.EVIDENCE: frozenset(),
}


class Breach(BaseModel):
    """An answer that is a violation: the offence of the catalogue, and the violation's description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: Condition
    offence: OffenceCode
    description: Paragraph


class OnlyIf(BaseModel):
    """Ask the question only if an earlier question has this answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: Key
    answer: Condition


class Question(BaseModel):
    """One question. `choices` are for the kind `choice`; `least` is the minimum number of pieces of evidence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    text: Name
    kind: QuestionKind
    required: StrictBool = True
    choices: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)
    unit: Line | None = None
    least: Annotated[int, NUMBER, Field(ge=1, le=20)] = 1
    only_if: OnlyIf | None = None
    breaches: Annotated[list[Breach], Field(max_length=10)] = Field(default_factory=list)

    @model_validator(mode="after")
    def suits_its_kind(self) -> Self:
        if (self.kind is QuestionKind.CHOICE) != bool(self.choices) or len(set(self.choices)) != len(self.choices):
            raise field_error(
                "choices-invalid", en="Only a choice lists choices, each once.", zh="选择题须列出不重复的选项。"
            )
        if any(not suits(self, breach.when) for breach in self.breaches):
            raise field_error(
                "breach-invalid", en="The condition does not suit the question.", zh="违规条件与答案类型不符。"
            )
        return self

    def read(self, answer: Any) -> Any:
        """The answer in the form of its kind; raises `ValueError`."""
        value = _READ[self.kind](answer)
        if (self.kind is QuestionKind.CHOICE and value not in self.choices) or (
            self.kind is QuestionKind.EVIDENCE and len(set(value)) < self.least
        ):
            raise ValueError
        return value


def suits(question: Question, condition: Condition) -> bool:
    """Whether the question could ever have an answer that meets the condition."""
    return condition.test in _SUITS[question.kind] and set(condition.choices or []) <= set(question.choices)


def _reader(kind: Any) -> Callable[[Any], Any]:
    return TypeAdapter(kind).validate_python


_READ: Final[Mapping[QuestionKind, Callable[[Any], Any]]] = {
    QuestionKind.YES_NO: _reader(StrictBool),
    QuestionKind.CHOICE: _reader(Line),
    QuestionKind.NUMBER: _reader(Number),
    QuestionKind.TEXT: _reader(Paragraph),
    QuestionKind.DAY: _reader(Day),
    QuestionKind.EVIDENCE: _reader(Annotated[list[UUID], Field(max_length=20)]),
}


def in_order(questions: list[Question]) -> list[Question]:
    """Check that each key occurs once and that conditions refer only to earlier questions."""
    before: dict[str, Question] = {}
    for question in questions:
        if question.key in before:
            raise field_error("question-repeated", en="Two questions have the same key.", zh="题目编号重复。")
        condition = question.only_if
        if condition is not None:
            asked = before.get(condition.question)
            if asked is None or not suits(asked, condition.answer):
                raise field_error(
                    "only-if-invalid", en="No earlier question can have this answer.", zh="前置题目不存在或不匹配。"
                )
        before[question.key] = question
    return questions


Questions = Annotated[list[Question], Field(min_length=1, max_length=200), AfterValidator(in_order)]


def faults_of(
    questions: Sequence[Question], answers: Mapping[str, Any], *, announced: Collection[UUID] = ()
) -> Iterator[tuple[str, str]]:
    """Pairs of key and code, for each answer that is missing, not asked for, of the wrong kind, or evidence that was
    not announced."""
    read: dict[str, Any] = {}
    for question in questions:
        given = answers.get(question.key)
        if not _asked(question, read):
            if given is not None:
                yield question.key, "answer-not-asked"
        elif given is None:
            if question.required:
                yield question.key, "answer-missing"
        else:
            try:
                read[question.key] = question.read(given)
            except (ValueError, ValidationError):
                yield question.key, "answer-invalid"
                continue
            if question.kind is QuestionKind.EVIDENCE and not set(read[question.key]) <= set(announced):
                yield question.key, "evidence-unannounced"
    # A name nobody asked for is not repeated: it is the sender's.
    yield from (("", "question-unknown") for key in answers if key not in {question.key for question in questions})


def findings(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[Finding, str]:
    """The findings in answers without faults, each with the key of its question."""
    read = {
        question.key: question.read(answers[question.key])
        for question in questions
        if answers.get(question.key) is not None
    }
    return {
        Finding(offence=breach.offence, description=breach.description): question.key
        for question in questions
        if question.key in read
        for breach in question.breaches
        if breach.when.holds(read[question.key])
    }


def _asked(question: Question, read: Mapping[str, Any]) -> bool:
    condition = question.only_if
    return condition is None or (condition.question in read and condition.answer.holds(read[condition.question]))


def plain(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as stored: JSON, in the order of the questions."""
    return {
        question.key: _plain(question.read(answers[question.key]))
        for question in questions
        if answers.get(question.key) is not None
    }


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case list():
            return [str(one) for one in value]
        case _:
            return value
