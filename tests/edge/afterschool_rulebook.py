"""After-school's rulebook with an object for every operation: catalogue items and norms."""

from datetime import timedelta

from shared.domain.clock import china_date
from tests.edge.asks import HERE, NOW, Ask, made
from tests.services import Service

TODAY = china_date(NOW)
LATER = str(TODAY + timedelta(days=9))


async def rulebook(service: Service) -> dict[str, Ask]:
    return {**await _catalogue(service), **await _norms(service)}


async def _catalogue(service: Service) -> dict[str, Ask]:
    item = {
        "code": "edge_new",
        "title_zh": "剪纸",
        "title_en": "Paper cutting",
        "category": "artistic_cultivation",
        "path": "style_and_art",
        "source": "市教育局通知",
        "valid_from": str(TODAY),
    }
    url, bureau = "/v1/catalogue-items", service("bureau")
    seen, repealed = [await made(bureau, url, json=item | {"code": code}) for code in ("edge_seen", "edge_ended")]
    slip = await made(bureau, url, json=item | {"code": "edge_slip", "valid_from": LATER})
    return {
        "enact_catalogue_item": Ask(body=item),
        "list_catalogue_items": Ask(query={"code": "edge_seen", "on": str(TODAY)}, shows=seen),
        "get_catalogue_item": Ask({"item_id": seen}, shows=seen),
        "repeal_catalogue_item": Ask({"item_id": repealed}, body={"valid_to": LATER, "reason": "修订"}),
        "withdraw_catalogue_item": Ask({"item_id": slip}, body={"reason": "录入有误"}),
    }


async def _norms(service: Service) -> dict[str, Ask]:
    norm = {"name": "offer.hours", "value": 12, "source": "市教育局通知", "valid_from": str(TODAY)}
    bureau = service("bureau")
    seen = await made(bureau, "/v1/norms", json=norm | {"name": "fee.lesson_fen", "district": HERE})
    ended = await made(bureau, "/v1/norms", json=norm | {"name": "service.end_minute_of_day", "district": HERE})
    slip = await made(bureau, "/v1/norms", json=norm | {"name": "sleep.primary_minutes", "valid_from": LATER})
    return {
        "enact_norm": Ask(body=norm),
        "list_norms": Ask(query={"district": HERE, "on": str(TODAY)}, shows=seen),
        "get_norm": Ask({"norm_id": seen}, shows=seen),
        "repeal_norm": Ask({"norm_id": ended}, body={"valid_to": LATER, "reason": "修订"}),
        "withdraw_norm": Ask({"norm_id": slip}, body={"reason": "录入有误"}),
    }
