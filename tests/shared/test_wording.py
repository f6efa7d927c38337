"""What people may write, whatever the Python version believes to be printable."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.domain import text
from shared.domain.wording import NUMBER, Code, Day, Key, Line, Paragraph


def read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    "said",
    [
        "第一段。\n\u3000\u3000第二段。",
        "👨‍👩‍👧 来过",
        "𪚥𰻞\U00031350\U000323b0",
        "a\tb\r\nc",
        "葛\U000e0100城",
        "\ue000姓",
    ],
)
def test_paragraphs_that_people_write(said: str) -> None:
    assert read(Paragraph, said) == said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("晨\u00a0光", "晨 光"),
        ("晨\u3000\u3000光", "晨 光"),
        ("晨\u200b光\ufeff", "晨光"),
        (" 👩‍🏫 ", "👩‍🏫"),
        ("Ａ班", "Ａ班"),
    ],
)
def test_one_line_is_folded(said: str, kept: str) -> None:
    assert read(Line, said) == kept


@pytest.mark.parametrize("odd", ["\x00", "\x1a", "\x7f", "\x9b", "\u202e", "\u2066", "\ufdd0", "\uffff", "\U0010fffe"])
def test_controls_are_refused(odd: str) -> None:
    for kind in (Line, Paragraph, Key):
        with pytest.raises(ValidationError, match="Control"):
            read(kind, f"a{odd}b")


@pytest.mark.parametrize("layout", "\n\r\t")
def test_layout_is_for_paragraphs(layout: str) -> None:
    assert read(Paragraph, f"a{layout}b") == f"a{layout}b"
    with pytest.raises(ValidationError, match="Control"):
        read(Line, f"a{layout}b")


@pytest.mark.parametrize(
    "said", ["Ａ1", "A1", " A1 ", "Ａ\u200b１", "A\u200d1", "A\u20631", "A\u034f1", "A\U000e01001", "\u2800A1"]
)
def test_a_key_has_one_form(said: str) -> None:
    assert read(Key, said) == read(Code, said) == "A1"


def test_keys_that_look_alike_are_one() -> None:
    for one, other in (("⻓6", "长6"), ("Z˗3", "Z-3"), ("Z⸺5", "Z-5"), ("⼤1", "大1")):
        assert read(Key, one) == read(Key, other) == other


@pytest.mark.parametrize(
    "said", ["ﬁ", "e\u200d\u0301", "Å", "①", "㈱", "—1", "a\u00a0 b", "ㄱㅏ", "ﷺ", "\u0345\u0301a"]
)
def test_a_normal_form_stays_as_it_is(said: str) -> None:
    for fold in (text.key, text.one_line, text.paragraphs, text.credit_code):
        assert fold(fold(said)) == fold(said)


@pytest.mark.parametrize("said", ["1_000", "1_0.5", True])
def test_what_is_no_number(said: object) -> None:
    for kind in (int, float):
        with pytest.raises(ValidationError):
            read(Annotated[kind, NUMBER], said)


@pytest.mark.parametrize(
    "said",
    ["2029-12-31T16:00:00Z", "2029-12-31T00:00:00Z", "2029-12-31T00:00:00", 1_893_369_600, "1893369600",
     datetime(2029, 12, 31, tzinfo=UTC), "2029-1-1", "２０２９-12-31"],
)  # fmt: skip
def test_an_instant_is_no_day(said: object) -> None:
    with pytest.raises(ValidationError):
        read(Day, said)
    assert read(Day, "2029-12-31") == date(2029, 12, 31)
