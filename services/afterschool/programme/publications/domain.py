"""What an offering must keep on the day of its publication: its catalogue item, and the ceiling of fees."""

from services.afterschool.programme.offerings.domain import OfferingDetails
from services.afterschool.rulebook.catalogue.domain import CatalogueItem
from shared.domain.refusals import Invalid


class ItemOfAnotherCategory(Invalid):
    """The catalogue item belongs to another category (`category`)."""

    code = "item-of-another-category"
    zh = "该课后服务项目属于其他类别。"


class FeeAboveCeiling(Invalid):
    """The fee is above the ceiling per lesson in this district (`ceiling`, in fen)."""

    code = "fee-above-ceiling"
    zh = "收费超过本县区每课时收费上限。"


def check_category(item: CatalogueItem, details: OfferingDetails) -> None:
    if item.category != details.category:
        raise ItemOfAnotherCategory(pointer="/item", category=item.category)


def check_fee(details: OfferingDetails, *, ceiling: int) -> None:
    if details.fee > ceiling:
        raise FeeAboveCeiling(pointer="/fee", ceiling=ceiling)
