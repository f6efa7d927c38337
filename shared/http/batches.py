"""Bodies that carry many things: each element is judged by itself, so one that cannot be read refuses no other.

A body's model marks the elements of its list: `operations: list[Annotated[OperationIn, one_by_one]]`.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final, get_args
from uuid import UUID

from pydantic import BaseModel, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from shared.domain.refusals import pointer_to
from shared.http.strict_json import Damaged


@dataclass(frozen=True, slots=True)
class Broken:
    """An element that cannot be read: the code, where it is wrong (JSON Pointers), and its text, kept as it came."""

    code: str
    text: str
    pointers: list[str] = field(default_factory=list)
    members: dict[str, Any] = field(default_factory=dict)

    def uuid(self, name: str) -> UUID | None:
        """The id in this field of the element, if it can be read."""
        try:
            return UUID(str(self.members[name]))
        except (KeyError, ValueError):
            return None


def _read(element: object, read: ValidatorFunctionWrapHandler) -> object:
    if isinstance(element, Damaged):
        return Broken(element.code, element.text, members=_members(element.value))
    try:
        return read(element)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        code = str(found[0]["type"]).replace("_", "-") if len(found) == 1 else "element-invalid"
        pointers = sorted({pointer_to(one["loc"]) for one in found})
        return Broken(code, json.dumps(element), pointers, _members(element))


def _members(element: object) -> dict[str, Any]:
    return dict(element) if isinstance(element, dict) else {}


one_by_one: Final = WrapValidator(_read)
"""On the type of a list's elements: one that does not fit becomes `Broken` and the others are read."""


def batch_member(body: object) -> str | None:
    """The name of the list in a body whose elements are judged one by one; None if the body is a single thing."""
    if not (isinstance(body, type) and issubclass(body, BaseModel)):
        return None
    for name, member in body.model_fields.items():
        if any(one_by_one in getattr(element, "__metadata__", ()) for element in get_args(member.annotation)):
            return name
    return None
