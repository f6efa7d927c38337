"""Numbers of penalty cases that the law leaves to offices: dated, sourced, in force until a later row replaces them."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Date, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.inspection.cases.papers import Party
from services.inspection.orm import Base


class Norm(StrEnum):
    """What is decided elsewhere."""

    HEARING_PERSON = "hearing_fen.person"
    HEARING_ORGANISATION = "hearing_fen.organisation"
    EXTENSION_DAYS = "extension_days"


HEARING: Final = {Party.PERSON: Norm.HEARING_PERSON, Party.ORGANISATION: Norm.HEARING_ORGANISATION}


class CaseNorm(Base):
    """One number from a day on."""

    __tablename__ = "case_norm"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)


def seed() -> Iterable[dict[str, Any]]:
    """What a "large" fine is (art. 63) and how long an approved extension may be (art. 60): the bureau confirms."""
    since, status = date(2021, 7, 15), "to_be_confirmed"
    for name, value, source in (
        (Norm.HEARING_PERSON, 1_000_000, "行政处罚法第六十三条“较大数额”，山西省标准待确认"),
        (Norm.HEARING_ORGANISATION, 10_000_000, "行政处罚法第六十三条“较大数额”，山西省标准待确认"),
        (Norm.EXTENSION_DAYS, 30, "行政处罚法第六十条，经批准延长的天数待确认"),
    ):
        yield {"name": name.value, "valid_from": since, "value": value, "source": source, "status": status}
