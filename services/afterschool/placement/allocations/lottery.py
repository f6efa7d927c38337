"""The seed and the lottery numbers: nobody can know them before the wishes close, and anybody can compute them later.

The ids of the children are known beforehand, so a bureau that chose the seed alone could try seeds until a certain
child is first. The seed is therefore SHA-256(secret ‖ public value ‖ hash of the frozen input). Before the wishes open,
the bureau publishes the hash of the secret and names the source of the public value, which is drawn after they close.
A child's number in a market is HMAC-SHA256(seed, market|child); the smallest is first. Each market draws anew, so that
one lucky number does not win the whole week.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from services.afterschool.placement.allocations.market import MOST_CREDIT, Market
from shared.domain.canonical import digest
from shared.domain.lots import seed_of

SECRET_BYTES: Final = 32


class Key(NamedTuple):
    """The order of the children who count in one pool: the higher loss credit first, then the smaller number."""

    credit: int
    number: bytes

    @property
    def rank(self) -> bytes:
        """Sorts as the key does; the smallest is first."""
        return (MOST_CREDIT - self.credit).to_bytes(2, "big") + self.number


@dataclass(frozen=True)
class Draw:
    """The parts of a seed. `inputs` has the hash of every market that is drawn with it, by the market's name."""

    secret: bytes = field(repr=False)
    public_value: str
    inputs: Mapping[str, str]

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES or not self.public_value or not self.inputs:
            raise ValueError(f"A draw needs a secret of {SECRET_BYTES} bytes, a public value and an input.")

    @property
    def commitment(self) -> str:
        return commitment(self.secret)

    @cached_property
    def seed(self) -> bytes:
        return seed_of(self.secret, self.public_value, self.inputs)


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def commitment(secret: bytes) -> str:
    """The commitment that is published before the wishes open."""
    return hashlib.sha256(secret).hexdigest()


def frozen(market: Market) -> dict[str, Any]:
    """Everything in a market that decides, sorted so that the order of the rows does not matter."""
    return {
        "market": {"school": market.school, "term": market.term, "slots": market.slots},
        "offerings": [{"id": one.id, "pools": one.pools} for one in sorted(market.offerings)],
        "children": [
            {"id": one.id, "choices": one.choices, "groups": sorted(one.groups), "credit": one.credit}
            for one in sorted(market.children)
        ],
    }


def input_hash(market: Market) -> str:
    """The hash of the frozen input of one market: published when the wishes close."""
    return digest(frozen(market))


def numbers(seed: bytes, market: Market) -> list[bytes]:
    """The lottery numbers of a market's children, in the order of the children."""
    name = f"{market.name}|"
    return [hmac.digest(seed, (name + child.id).encode(), "sha256") for child in market.children]
