"""Checks a case's evidence bundle without the service that made it: `python bundle.py BUNDLE.zip [PUBLIC_KEY ...]`.

PUBLIC_KEY is the service's, 64 hexadecimal digits, from a source you trust (`GET /v1/public/evidence-key`, a notice, a
phone call): without it a bundle proves only that it fits together. Keys that the service had before follow the one of
today: the bundle is signed with the first, a receipt with any of them. Exit code 0 if everything holds, 1 if not, 2 if
this could not be found out. Needs Python 3.11 and the package `cryptography`.
"""

import hashlib
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    print("This needs the package cryptography: pip install cryptography", file=sys.stderr)
    sys.exit(2)


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(key: str, signature: str, value: Any) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), canonical(value))
    except (InvalidSignature, ValueError):
        return False
    return True


def sha256(archive: zipfile.ZipFile, name: str) -> tuple[str, int]:
    with archive.open(name) as content:
        return hashlib.file_digest(content, "sha256").hexdigest(), archive.getinfo(name).file_size  # type: ignore[arg-type]


def faults(path: Path, *trusted: str) -> Iterator[str]:
    """What does not hold, in words."""
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        if archive.read("manifest.json") != canonical(manifest):
            yield "the manifest is not written as it was signed"
        keys = trusted or (manifest["public_key"],)
        if not signed(keys[0], archive.read("manifest.sig").decode(), manifest):
            yield "the manifest is not signed with this key"
        before, named = "0" * 64, ["manifest.json", "manifest.sig"]
        for number, exhibit in enumerate(manifest["exhibits"], 1):
            entry, receipt = exhibit["entry"], exhibit["entry"]["receipt"]
            if (entry["number"], entry["before"], entry["case_id"]) != (number, before, manifest["case_id"]):
                yield f"exhibit {number} does not follow the one before it"
            before = hashlib.sha256(canonical(entry)).hexdigest()
            if exhibit["hash"] != before:
                yield f"the hash of exhibit {number} is not that of its entry"
            if not any(signed(key, entry["signature"], receipt) for key in keys):
                yield f"the receipt of exhibit {number} is not signed with this key"
            for copy, said in (("original", receipt), ("clean", receipt["clean"])):
                named.append(exhibit[copy])
                if sha256(archive, exhibit[copy]) != (said["sha256"], said["size"]):
                    yield f"{exhibit[copy]} is not what was received as exhibit {number}"
        if before != manifest["head"]:
            yield "the chain does not end where the manifest says"
        if archive.namelist() != named:
            yield "the bundle holds other files than the manifest names"
        elif not yields_the_same(archive, named, path):
            yield "the archive around the files was changed"


def yields_the_same(archive: zipfile.ZipFile, names: list[str], path: Path) -> bool:
    """Whether writing these files anew (stored, no dates, no owners) gives this very archive, byte for byte."""
    with tempfile.TemporaryFile() as again, path.open("rb") as given:
        with zipfile.ZipFile(again, "w") as anew:
            for name in names:
                with archive.open(name) as content, anew.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
                    shutil.copyfileobj(content, target)
        again.seek(0)
        while piece := again.read(1 << 20):
            if piece != given.read(len(piece)):
                return False
        return not given.read(1)


def main(path: str, *keys: str) -> int:
    try:
        found = list(faults(Path(path), *keys))
    except Exception as error:
        found = [f"it cannot be read as a bundle ({type(error).__name__})"]
    print("\n".join(found) or "everything holds")
    if not keys and not found:
        print("signed with the key in the bundle itself: compare it with the service's published key")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
