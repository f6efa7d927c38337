"""Technique that every service stands on, and the published language (`shared.events`).

Admission rule: used by two services, no domain word, imports no service. Packages from the ground up: `domain`,
`events`, `process`, `data`, `facts`, `http`, `imports`; `worker.py` and `tables.py` stand on all of them.
"""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
"""The folder of the code."""
