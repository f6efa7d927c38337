"""The four ways a domain says no. The domain knows the kind; only `shared/http/problems.py` knows status numbers."""

import re
from collections.abc import Sequence
from typing import ClassVar

from pydantic_core import PydanticCustomError

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Refusal(Exception):
    """A request the rules do not allow. Retrying the same thing will not help (`NotFound` alone may be early).

    A refusal is declared in one place: docstring = English sentence, `zh` = Chinese sentence, `code` = stable name.
    `facts` are shown to the caller, so they are states, limits and ids of ours, never what the caller sent.
    """

    code: ClassVar[str]
    zh: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" in cls.__dict__ and not (_CODE.fullmatch(cls.code) and cls.__doc__ and "zh" in cls.__dict__):
            raise TypeError(f"{cls.__name__} needs a kebab-case code, a docstring and zh")

    def __init__(self, *, pointer: str | None = None, **facts: object) -> None:
        super().__init__(self.code)
        self.pointer = pointer
        self.facts = facts

    @classmethod
    def en(cls) -> str:
        return (cls.__doc__ or "").strip().splitlines()[0]


class NotFound(Refusal):
    """There is no such thing, or you may not see it."""

    code = "not-found"
    zh = "未找到，或不在您的权限范围内。"


class Conflict(Refusal):
    """The present state does not allow this."""

    code = "conflict"
    zh = "当前状态不允许此操作。"


class Forbidden(Refusal):
    """You may not do this."""

    code = "forbidden"
    zh = "您无权执行此操作。"


class Invalid(Refusal):
    """The content is not acceptable."""

    code = "invalid"
    zh = "内容不符合要求。"


def field_error(code: str, *, en: str, zh: str) -> PydanticCustomError:
    """The error that a pydantic validator raises to refuse one field, with a code and both messages."""
    return PydanticCustomError(code.replace("-", "_"), "{en}", {"en": en, "zh": zh})


def pointer_to(path: Sequence[object]) -> str:
    """A JSON Pointer. A step that is not a plain name is masked, because it is the caller's own key."""
    steps = (step if isinstance(step, int) or _PLAIN_NAME.fullmatch(str(step)) else "*" for step in path)
    return "".join(f"/{step}" for step in steps)
