"""What people look an entry up by: the same letters, however they are written, and the pinyin of its name."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from opencc import OpenCC
from pypinyin import lazy_pinyin

from shared.domain.text import characters

_SAYS_NOTHING: Final = re.compile(r"[^\w%&+#@$]+")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")


class _Simplified(dict[int, str]):
    """Each character by itself: what stands beside it, in the entry or in a question, changes nothing."""

    _converter: Final = OpenCC("t2s")

    def __missing__(self, character: int) -> str:
        simple = self[character] = str(self._converter.convert(chr(character)))
        return simple


_SIMPLIFIED: Final = _Simplified({ord("○"): "〇", ord("ü"): "v"})
"""A circle is what people type for a zero."""


def simplified(text: str) -> str:
    """The text in one width and case, in simplified characters."""
    return characters(text).casefold().translate(_SIMPLIFIED)


def folded(text: str) -> str:
    """Only letters, digits and signs of amounts: no blanks, brackets or points."""
    return _SAYS_NOTHING.sub("", simplified(text))


def searchable(name: str, address: str) -> str:
    """The content of the stored column: name, address, and the pinyin of the name, in full and as initials."""
    plain = folded(name)
    syllables = list(_syllables(plain))
    pinyin = ("".join(syllables), "".join(syllable[0] for syllable in syllables)) if syllables else ()
    return "\n".join((plain, folded(address), *pinyin))


def _syllables(plain: str) -> Iterator[str]:
    """Chinese runs by syllable, everything else by character."""
    end = 0
    for run in _CHINESE.finditer(plain):
        yield from plain[end : run.start()]
        yield from _of_run(run[0])
        end = run.end()
    if end:
        yield from plain[end:]


@lru_cache(maxsize=20_000)
def _of_run(run: str) -> tuple[str, ...]:
    return tuple(syllable for syllable in lazy_pinyin(run, v_to_u=False) if syllable)


def pattern(q: str) -> str | None:
    """The LIKE pattern for the stored column; None if the words contain no letter and no digit."""
    plain = folded(q)
    return f"%{_SIGNS_OF_LIKE.sub(_ESCAPED, plain)}%" if plain else None


_SIGNS_OF_LIKE: Final = re.compile("[%_]")
_ESCAPED: Final = r"\\\g<0>"
