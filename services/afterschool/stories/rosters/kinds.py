"""The kinds of files that after-school reads."""

from services.afterschool.sealing import Sealer
from services.afterschool.stories.rosters.importer import (
    ClassImporter,
    SchoolImporter,
    StudentImporter,
    TeacherImporter,
)
from services.afterschool.stories.rosters.oneroster import OneRosterImporter
from shared.imports.runner import Importer


def importers(sealer: Sealer) -> dict[str, Importer]:
    """By kind; the first one is the default."""
    return {
        "schools": SchoolImporter(),
        "classes": ClassImporter(),
        "students": StudentImporter(sealer),
        "teachers": TeacherImporter(sealer),
        "oneroster": OneRosterImporter(sealer),
    }
