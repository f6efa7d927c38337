"""What people look an entry up by: the same letters, however they are written, and the pinyin of its name."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from opencc import OpenCC
from pypinyin import lazy_pinyin

_SIMPLIFIED: Final = OpenCC("t2s")
_SAYS_NOTHING: Final = re.compile(r"[\W_]+")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")


def folded(text: str) -> str:
    """Letters and digits alone: of one width and case, simplified, without blanks, brackets and points."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return str(_SAYS_NOTHING.sub("", _SIMPLIFIED.convert(plain)))


def searchable(name: str, address: str) -> str:
    """What the stored column holds: name, address, and the pinyin of the name, in full and by initials."""
    plain = folded(name)
    syllables = list(_syllables(plain))
    pinyin = ("".join(syllables), "".join(syllable[0] for syllable in syllables)) if syllables else ()
    return "\n".join((plain, folded(address), *pinyin))


def _syllables(plain: str) -> Iterator[str]:
    """Of Chinese runs their syllables, of others each character."""
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
    """What the stored column is matched with (LIKE); None where the words hold no letter and no digit."""
    plain = folded(q)
    return f"%{plain}%" if plain else None
