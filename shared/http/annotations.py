"""FastAPI asks of every parameter, at every request, whether its annotation is a list and whether it is a model.

The answers never change, and asking cost half of what reading a page's parameters costs (`bench/NOTES.md`).
"""

from collections.abc import Callable
from functools import cache

from fastapi.dependencies import utils


def remember_annotations() -> None:
    """Let FastAPI remember both answers; called where applications are made."""
    for name in ("field_annotation_is_sequence", "_get_model_type"):
        ask = getattr(utils, name)
        if not hasattr(ask, "cache_info"):
            setattr(utils, name, _remembering(ask))


def _remembering(ask: Callable[[object], object]) -> Callable[[object], object]:
    remembered = cache(ask)

    def answer(annotation: object) -> object:
        try:
            return remembered(annotation)
        except TypeError:  # an annotation that cannot be a key
            return ask(annotation)

    answer.cache_info = remembered.cache_info  # type: ignore[attr-defined]  # marks it as done
    return answer
