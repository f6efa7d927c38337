"""A folder of real or made-up data and what its columns mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self


class UnknownData(Exception):
    """The folder holds nothing the chain can play; the text says what is missing."""


SAN_FRANCISCO: Final[Mapping[str, Any]] = {
    "title": "San Francisco, food inspections 2016 to 2019 (public data)",
    "grids": {"file": "neighborhoods_41.geojson", "code_property": "nhood", "name_property": "nhood"},
    "institutions": {
        "file": "sf_businesses.csv",
        "mapping": {
            "columns": {
                "external_ref": "business_id", "name": "business_name", "address": "business_address",
                "phone": "business_phone_number", "lon": "business_longitude", "lat": "business_latitude",
            },
            "constants": {"kind": "non_subject"},
        },
    },
    "visits": {
        "file": "sf_inspections.csv",
        "mapping": {
            "columns": {
                "external_ref": "inspection_id", "institution_ref": "business_id", "visited_on": "inspection_date",
                "score": "inspection_score", "visit_type": "inspection_type",
            },
            "constants": {"outcome": "inspected"},
        },
    },
    "violations": {
        "file": "sf_violations.csv",
        "mapping": {
            "columns": {
                "external_ref": "violation_id", "visit_ref": "inspection_id", "institution_ref": "business_id",
                "severity": "risk_category", "description": "violation_description",
            },
        },
        "severities": {"Low Risk": "low", "Moderate Risk": "moderate", "High Risk": "high"},
    },
}  # fmt: skip
"""What the columns of the city's three published tables mean to us."""


@dataclass(frozen=True)
class Dataset:
    """Four files and the mapping of three of them."""

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def of(cls, folder: Path) -> Self:
        """A folder with a `chain.json` of its own, or San Francisco's three tables with the neighbourhoods."""
        own = folder / "chain.json"
        manifest = json.loads(own.read_text(encoding="utf-8")) if own.is_file() else SAN_FRANCISCO
        missing = [
            part["file"]
            for part in manifest.values()
            if isinstance(part, dict) and not (folder / part["file"]).is_file()
        ]
        if missing:
            raise UnknownData(f"{folder} has no {', '.join(missing)}, and no chain.json that names other files.")
        return cls(folder, manifest)

    @property
    def title(self) -> str:
        return str(self.manifest["title"])

    def path(self, part: str) -> Path:
        return self.folder / str(self.manifest[part]["file"])

    def mapping(self, part: str) -> Mapping[str, Any]:
        mapping: Mapping[str, Any] = self.manifest[part]["mapping"]
        return mapping

    def column(self, part: str, field: str) -> str:
        """The file's name for our field."""
        name: str = self.mapping(part)["columns"][field]
        return name

    def grids(self) -> Any:
        return json.loads(self.path("grids").read_text(encoding="utf-8"))
