"""A phone of the made-up city: it works without a line, keeps what it did, signs its photos, and sends all later."""

import hashlib
import io
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image, ImageDraw

from deploy.demo.player import Client, Json, PlayFailed
from shared.domain.clock import utc_now

LISTS: Final = {
    "institutions": "institution_id", "assignments": "target_id", "visits": "visit_id", "violations": "violation_id",
    "operations": "operation_id",
}  # fmt: skip
PART: Final = 4096
"""Bytes sent at once: little, so that a photo has several parts."""
AGO: Final = timedelta(minutes=30)


class Phone:
    """In the hand of one inspector; its clock is wrong by a few minutes, as clocks are."""

    def __init__(self, holder: Client, *, clock_off: timedelta = timedelta(minutes=7)) -> None:
        self._holder, self._off = holder, clock_off
        self._key = Ed25519PrivateKey.generate()
        self._cursor: str | None = None
        self._done: list[Json] = []
        self.id = str(uuid4())
        self.known: dict[str, dict[str, Json]] = {name: {} for name in LISTS}

    async def enrol(self) -> None:
        raw = self._key.public_key().public_bytes_raw()
        key = {"kty": "OKP", "crv": "Ed25519", "x": urlsafe_b64encode(raw).rstrip(b"=").decode()}
        await self._holder.post(
            "inspection", "/v1/devices", {"id": self.id, "label": "（演示）执法手机", "public_key": key}
        )

    async def pull(self) -> None:
        """Everything that changed for the team since the last time."""
        while True:
            asked = {"device": self.id} | ({"cursor": self._cursor} if self._cursor else {})
            page = await self._holder.get("inspection", "/v1/sync", **asked)
            if page["reset"]:
                self.known = {name: {} for name in LISTS}
            for name, key in LISTS.items():
                self.known[name].update({one[key]: one for one in page[name]})
            self._cursor = page["next_cursor"]
            if not page["more"]:
                return

    def does(self, kind: str, entity: str, *, base: int | None = None, after: Sequence[str] = (), **said: Any) -> str:
        """Something done in the street, to be sent when there is a line; its id."""
        operation = {
            "id": str(uuid4()), "kind": kind, "entity_id": entity, "base_version": base, "after": list(after),
            "at": _text(self._now() - AGO), "content": said,
        }  # fmt: skip
        self._done.append(operation)
        return str(operation["id"])

    def visits(self, outcome: str, *, started: Json | None = None, **said: Any) -> str:
        """Plan a visit, be at the door, and say how it ended; the id of the visit. `said` is its plan, then its end."""
        visit = str(uuid4())
        planned = self.does("plan_visit", visit, **said.pop("plan"))
        begun = self.does("start_visit", visit, base=1, after=[planned], **(started or {}))
        self.does("submit_visit", visit, base=2, after=[begun], outcome=outcome, **said)
        return visit

    def records(self, photo: bytes, visit: str, position: Json) -> str:
        """Announce a photo of a visit, signed with the key that never leaves the phone; the id of the evidence."""
        said = announcement(photo, "visit", visit, at=self._now() - AGO)
        said |= {"position": position | {"accuracy_m": 8.0}, "device_id": self.id}
        claim = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        evidence = str(said.pop("id"))
        self.does("announce_evidence", evidence, **said, signature=self._key.sign(claim).hex())
        return evidence

    async def push(self) -> list[Json]:
        """Send what was done, twice, for the first answer might have got lost; the verdicts on the first."""
        operations, self._done = self._done, []
        batch = {"device_id": self.id, "operations": operations}
        first, again = [
            (await self._holder.post("inspection", "/v1/sync", batch | {"sent_at": _text(self._now())})).json()
            for _ in range(2)
        ]
        done = {one["operation_id"] for one in first["verdicts"] if one["verdict"] in ("applied", "soft_conflict")}
        if any(one["operation_id"] in done and one["verdict"] != "already_applied" for one in again["verdicts"]):
            raise PlayFailed("an operation that was sent again was not recognised")
        verdicts: list[Json] = first["verdicts"]
        return verdicts

    async def upload(self, evidence: str, photo: bytes) -> None:
        """Part by part, from where the service says that it stands."""
        await send_in_parts(self._holder, evidence, photo)

    def _now(self) -> datetime:
        return utc_now() + self._off


def announcement(photo: bytes, kind: str, subject: str, *, at: datetime) -> dict[str, Json]:
    """What is said of a photo before its first byte is sent."""
    return {
        "id": str(uuid4()), "subject_kind": kind, "subject_id": subject, "media_type": "image/jpeg",
        "size": len(photo), "sha256": hashlib.sha256(photo).hexdigest(), "captured_at": _text(at),
    }  # fmt: skip


async def send_in_parts(sender: Client, evidence: str, content: bytes) -> None:
    """From `received_bytes` on, until everything is there."""
    path = f"/v1/evidence/{evidence}"
    while (offset := (await sender.get("inspection", path))["received_bytes"]) < len(content):
        await sender.send_part("inspection", f"{path}/content", content[offset : offset + PART], offset)


def synthetic_photo(words: str) -> bytes:
    """A picture that says it is none."""
    picture = Image.effect_noise((480, 360), 40).convert("RGB")
    ImageDraw.Draw(picture).text((20, 20), f"SYNTHETIC - DEMO\n{words}", fill="red", font_size=28)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def _text(at: datetime) -> str:
    """In UTC and whole seconds: the form in which a signature is checked."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
