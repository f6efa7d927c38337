"""The input of an allocation, frozen when the wishes close: offerings with seat pools, children with ranked choices.

The caller has checked that each child may take what it lists: grade, school, clashes with places it already has.
`Market.of` raises ValueError for input to which the rules give no unique result.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

CHOICES: Final = 5
"""Offerings that a child may rank in one market."""
GENERAL: Final = "general"
"""The pool of the seats for everybody. Reserved seats that their group leaves free are given here too."""
MOST_CREDIT: Final = 65_535
"""The largest loss credit that a key can hold."""


class Offering(NamedTuple):
    """An offering with its free seats: `pools` are (group, size) in the published order."""

    id: str
    pools: tuple[tuple[str, int], ...]

    @property
    def capacity(self) -> int:
        return sum(size for _, size in self.pools)

    @property
    def reserves(self) -> list[tuple[str, int]]:
        return [pool for pool in self.pools if pool[0] != GENERAL]

    def pool_of(self, groups: Sequence[str]) -> str:
        """The one pool in which a child of these groups counts: the first in published order, else the general one.

        If a child counted in two groups, ranking choices untruthfully could pay.
        """
        if groups:
            for group, _ in self.pools:
                if group in groups:
                    return group
        return GENERAL


class Child(NamedTuple):
    """A child's wishes in one market, best first. `id` is a pseudonym made for this draw: it is published with them."""

    id: str
    choices: tuple[str, ...]
    groups: tuple[str, ...] = ()
    credit: int = 0


@dataclass(frozen=True, slots=True)
class Market:
    """The offerings of one school and term in one weekday slot, or in a block of several slots, and who wants them."""

    school: str
    term: str
    slots: tuple[str, ...]
    offerings: tuple[Offering, ...]
    children: tuple[Child, ...]

    @classmethod
    def of(
        cls, school: str, term: str, slots: Iterable[str], offerings: Iterable[Offering], children: Iterable[Child]
    ) -> Self:
        """A valid market. The order of slots, offerings and children has no meaning."""
        market = cls(school, term, tuple(sorted(slots)), tuple(offerings), tuple(children))
        for fault in _faults(market):
            raise ValueError(f"{market.name}: {fault}")
        return market

    @property
    def name(self) -> str:
        """The name that goes into the lottery."""
        return "|".join((self.school, self.term, "+".join(self.slots)))

    @property
    def places(self) -> list[tuple[str, str, str]]:
        """The slots that a seat of this market takes. A child has at most one seat in each."""
        return [(self.school, self.term, slot) for slot in self.slots]


def _faults(market: Market) -> Iterator[str]:
    if not market.slots or len(set(market.slots)) < len(market.slots):
        yield "a market needs at least one slot, and each slot once"
    if not all(map(_is_name, (market.school, market.term, *market.slots))):
        yield "school, term and slots need printable names without | and +"
    offerings = {offering.id for offering in market.offerings}
    if len(offerings) < len(market.offerings):
        yield "an offering is listed twice"
    for offering in market.offerings:
        groups = [group for group, _ in offering.pools]
        if not _is_name(offering.id) or not all(map(_is_name, groups)):
            yield "offerings and pools need printable names without | and +"
        if len(set(groups)) < len(groups):
            yield f"offering {offering.id} has two pools for one group"
        if any(size < 0 for _, size in offering.pools):
            yield f"offering {offering.id} has a pool with a negative size"
    if len({child.id for child in market.children}) < len(market.children):
        yield "a child is listed twice"
    for child in market.children:
        if not _is_name(child.id):
            yield "children need printable names without | and +"
        if len(child.choices) > CHOICES:
            yield f"child {child.id} has more than {CHOICES} choices"
        if len(set(child.choices)) < len(child.choices) or not offerings.issuperset(child.choices):
            yield f"child {child.id} lists an offering twice, or one that is not in this market"
        if GENERAL in child.groups or len(set(child.groups)) < len(child.groups):
            yield f"child {child.id} has a group twice, or the group {GENERAL}"
        if not 0 <= child.credit <= MOST_CREDIT:
            yield f"child {child.id} has a credit outside 0 to {MOST_CREDIT}"


def _is_name(name: str) -> bool:
    return name.isprintable() and bool(name) and "|" not in name and "+" not in name
