"""Versions of the rulebook: when one begins, ends, is withdrawn, and what the platform starts with."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from services.afterschool.rulebook.catalogue.domain import CatalogueItem, CatalogueItemContent, Category, Path
from services.afterschool.rulebook.catalogue.seed import ITEMS
from services.afterschool.rulebook.norms.domain import (
    MAX_VALUE,
    MOST,
    Norm,
    NormContent,
    NormName,
    NormTooLarge,
    Unit,
)
from services.afterschool.rulebook.norms.seed import NORMS
from services.afterschool.rulebook.versions import (
    SourcedVersion,
    VersionBeginsPast,
    VersionEndPast,
    VersionEndsAlready,
    VersionOverlaps,
)
from shared.domain.dated import SourceStatus, Withdrawn

AT = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
TODAY = date(2026, 9, 1)
DAY = timedelta(days=1)


def an_item(first: date = TODAY) -> CatalogueItem:
    content = CatalogueItemContent(
        code="art_paper_cutting",
        title_zh="剪纸",
        title_en="Paper cutting",
        category=Category.ARTISTIC_CULTIVATION,
        path=Path.STYLE_AND_ART,
        source="市教育局通知",
        valid_from=first,
    )
    return CatalogueItem.enact(content, at=AT)[0]


def a_norm(first: date = TODAY, *, district: str | None = None, value: int = 350) -> Norm:
    content = NormContent(
        name=NormName.FEE_LESSON, district=district, value=value, source="市教育局通知", valid_from=first
    )
    return Norm.enact(content, at=AT)[0]


Make = Callable[[date], SourcedVersion]


def test_an_item_says_what_it_is() -> None:
    content = CatalogueItemContent(
        code="a", title_zh="甲", title_en="A", category=Category.ESSAY_READING, path=Path.IN_CLASS_HOMEWORK,
        source="s", valid_from=TODAY,
    )  # fmt: skip
    item, enacted = CatalogueItem.enact(content, at=AT)
    assert (item.version, item.valid_to, item.status) == (0, None, "verified")
    assert (enacted.item_id, enacted.title, enacted.category, enacted.path, enacted.valid_from) == (
        item.id, "甲", "essay_reading", "in_class_homework", TODAY,
    )  # fmt: skip


@pytest.mark.parametrize("make", [an_item, a_norm])
def test_nothing_begins_in_the_past(make: Make) -> None:
    with pytest.raises(VersionBeginsPast):
        make(TODAY - DAY)


@pytest.mark.parametrize("make", [an_item, a_norm])
def test_a_version_gives_way_and_comes_back(make: Make) -> None:
    old, new = make(TODAY), make(TODAY + DAY * 5)
    ended = old.give_way(new, at=AT)
    assert ended is not None
    assert (old.valid_to, old.reaches(TODAY + DAY * 4), old.reaches(TODAY + DAY * 5)) == (TODAY + DAY * 4, True, False)
    withdrawn = new.withdraw("slip", by="bureau-1", at=AT)
    assert withdrawn.type.endswith("withdrawn.v1")
    continued = old.continue_after(new, at=AT)
    assert continued is not None
    assert (old.valid_to, continued.type.endswith("continued.v1")) == (None, True)
    with pytest.raises(VersionOverlaps):
        old.give_way(make(TODAY), at=AT)


@pytest.mark.parametrize("make", [an_item, a_norm])
def test_a_version_ends_today_or_later(make: Make) -> None:
    version = make(TODAY + DAY)
    with pytest.raises(VersionEndPast):
        version.repeal(TODAY, at=AT)
    repealed = version.repeal(TODAY + DAY * 3, at=AT)
    assert repealed.type.endswith("repealed.v1")
    assert version.valid_to == TODAY + DAY * 3
    with pytest.raises(VersionEndsAlready):
        version.repeal(TODAY + DAY * 3, at=AT)
    version.withdraw("slip", by="bureau-1", at=AT)
    with pytest.raises(Withdrawn):
        version.repeal(TODAY + DAY * 2, at=AT)


def test_a_norm_of_a_district_has_its_own_versions() -> None:
    city, district = a_norm(), a_norm(district="140213")
    assert (city.code, district.code) == ("fee.lesson_fen", "fee.lesson_fen@140213")
    assert city.unit is Unit.FEN


def test_every_name_ends_with_its_unit() -> None:
    assert {name: name.unit for name in NormName if name.unit is Unit.MINUTE_OF_DAY}.keys() == {
        NormName.SERVICE_END, NormName.BEDTIME_PRIMARY, NormName.BEDTIME_JUNIOR, NormName.FIRST_LESSON_PRIMARY,
        NormName.FIRST_LESSON_JUNIOR,
    }  # fmt: skip
    assert all(name.value.endswith(name.unit.value) for name in NormName)
    assert set(MOST) == set(Unit)


def test_a_value_makes_sense_in_its_unit() -> None:
    def content(value: int) -> NormContent:
        return NormContent(name=NormName.OFFER, value=value, source="s", valid_from=TODAY)

    assert Norm.enact(content(720), at=AT)[0].value == 720
    with pytest.raises(NormTooLarge) as refused:
        Norm.enact(content(721), at=AT)
    assert refused.value.facts == {"most": 720}
    assert a_norm(value=MAX_VALUE).value == MAX_VALUE


def test_the_catalogue_begins_with_seven_categories_and_twenty_two_items() -> None:
    assert len({item.code for item in ITEMS}) == 22
    assert {item.category for item in ITEMS} == set(Category)
    assert {item.path for item in ITEMS} == set(Path)
    assert {item.status for item in ITEMS} == {SourceStatus.TO_BE_CONFIRMED}


def test_every_norm_begins_with_a_number_and_money_waits_for_the_bureau() -> None:
    assert Counter(norm.name for norm in NORMS) == dict.fromkeys(NormName, 1)
    assert all(norm.value <= norm.name.most for norm in NORMS)
    money = {norm.status for norm in NORMS if norm.name.unit in (Unit.FEN, Unit.BP)}
    assert money == {SourceStatus.TO_BE_CONFIRMED}
    homework = {norm.name: norm.value for norm in NORMS if norm.name.startswith("homework.")}
    assert list(homework.values()) == [0, 60, 90]
