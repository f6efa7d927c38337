"""GeoJSON from outside, read and checked in a process of its own (`shared.process.confined`)."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.inspection.field.grids.domain import Candidate, Columns, Fault, Finding, Survey, survey
from services.inspection.field.grids.successions import Succession
from shared.domain.refusals import Invalid
from shared.http import strict_json
from shared.http.batches import one_by_one
from shared.process.confined import Limits, ProcessEnded, confined, say

LIMITS: Final = Limits(memory=1024**3, seconds=60)
_PIECE: Final = 1 << 20


class GridsTooDetailed(Invalid):
    """The grids are too large or too detailed to be checked. Send fewer points."""

    code = "grids-too-detailed"
    zh = "网格数据过大或过细，无法检查，请减少顶点数量。"


class FeatureCollectionIn(BaseModel):
    """GeoJSON (RFC 7946), degrees in WGS 84. Foreign members (`crs`, `name`, …) are ignored, as the RFC wants."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["FeatureCollection"]
    features: Annotated[list[Annotated[dict[str, Any], one_by_one]], Field(min_length=1, max_length=5000)]
    successions: Annotated[list[Succession], Field(max_length=5000)] = Field(
        default_factory=list, description="The successors of earlier codes. This member is an extension of GeoJSON."
    )


class NotJson(ValueError):
    """The body is not JSON as requests may have it; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotGrids(ValueError):
    """The body is JSON of another shape; `errors` are those of pydantic."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("not a collection of features")
        self.errors = errors


@dataclass(frozen=True)
class Surveyed:
    """The contents of a body."""

    survey: Survey
    successions: Sequence[Succession]


async def survey_elsewhere(body: bytes, columns: Columns) -> Surveyed:
    """Survey in a process of its own. Raises `NotJson`, `NotGrids`, or `GridsTooDetailed` if the process exceeds its
    limits."""
    names = (columns.code, columns.name, columns.district, columns.name_en)
    try:
        async with confined(__name__, *names, limits=LIMITS, content=_pieces(body)) as answers:
            head = await anext(answers)
            if "refused" in head:
                raise NotJson(head["refused"])
            if "errors" in head:
                raise NotGrids(head["errors"])
            candidates = [Candidate(**said | {"shape": shapely.from_wkb(said["shape"])}) async for said in answers]
    except (ProcessEnded, StopAsyncIteration):
        raise GridsTooDetailed from None
    findings = [Finding(**found | {"fault": Fault(found["fault"])}) for found in head["findings"]]
    return Surveyed(
        Survey(head["total"], candidates, findings), [Succession.model_validate(one) for one in head["successions"]]
    )


def _pieces(body: bytes) -> Iterable[bytes]:
    return (body[begin : begin + _PIECE] for begin in range(0, len(body), _PIECE))


def main(code: str, name: str, district: str, name_en: str) -> None:
    try:
        sent = FeatureCollectionIn.model_validate(strict_json.loads_batch(sys.stdin.buffer.read(), "features"))
    except strict_json.JsonRefused as refused:
        say({"refused": refused.code})
        return
    except ValidationError as error:
        say({"errors": error.errors(include_url=False, include_input=False)})
        return
    found = survey(sent.features, Columns(code, name, district, name_en))
    say(
        {
            "total": found.total,
            "findings": [asdict(finding) for finding in found.findings],
            "successions": [one.model_dump() for one in sent.successions],
        }
    )
    for one in found.candidates:
        said = {"feature": one.feature, "code": one.code, "name": one.name, "name_en": one.name_en}
        say(said | {"district": one.district, "shape": shapely.to_wkb(one.shape, hex=True)})
