"""What is shown to people is picture and sound, and nothing else that came with the file."""

from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from services.inspection.findings.evidence import laundry
from services.inspection.findings.evidence.cleaning import Unclean
from services.inspection.findings.evidence.laundry import clean
from shared.process.confined import confined
from tests.inspection.hostile_files import CLEAN, FILES, HERE, Sent, exif, picture


def test_there_are_at_least_sixty_hostile_files() -> None:
    assert len({file.name for file in FILES}) == len(FILES) >= 60


@pytest.mark.parametrize("sent", FILES, ids=lambda sent: sent.name)
def test_refused_or_made_clean(sent: Sent, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(sent.content())
    if sent.becomes != CLEAN:
        with pytest.raises(Unclean) as refused:
            clean(source, target, sent.media_type)
        assert refused.value.code == sent.becomes
        return
    written = clean(source, target, sent.media_type)
    content = target.read_bytes()
    for trace in (b"canary", b"script", b"Exif", b"xap", b"Photoshop", b"PK\x03\x04", b"ELF", b"ICC_PROFILE"):
        assert trace not in content, trace
    if written["media_type"] == "image/jpeg":
        with Image.open(target, formats=["JPEG"]) as shown:
            shown.load()
            assert shown.mode == "RGB"
            assert not shown.getexif()
    else:
        with av.open(str(target)) as shown_recording:
            assert shown_recording.duration
            assert not {key for key in shown_recording.metadata if key.lower() in ("title", "comment")}


@pytest.mark.parametrize(
    ("gps", "position"),
    [
        (HERE, {"lon": 113.3, "lat": 40.08}),
        ({1: "S", 2: (40.0, 4.0, 48.0), 3: "W", 4: (113.0, 18.0, 0.0)}, {"lon": -113.3, "lat": -40.08}),
        ({1: "S", 2: (0.0, 0.0, 0.0), 3: "W", 4: (0.0, 0.0, 0.0)}, {"lon": 0.0, "lat": 0.0}),
        ({1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (113.0, 0.0, 0.0)}, None),
        ({1: "N", 2: (40.0, 4.0), 3: "E", 4: (113.0, 18.0, 0.0)}, None),
        (None, None),
    ],
)
def test_the_camera_s_position_is_told_and_not_shown(
    gps: dict[int, object] | None, position: dict[str, float] | None, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(picture(exif=exif(gps)))
    assert clean(source, target, "image/jpeg")["position"] == position


def test_a_picture_stands_upright(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(picture(size=(64, 48), exif=exif(turned=True)))
    clean(source, target, "image/jpeg")
    with Image.open(target) as shown:
        assert shown.size == (48, 64)


def test_of_a_phone_s_two_pictures_in_one_the_first_is_kept(tmp_path: Path) -> None:
    source, target = tmp_path / "original", tmp_path / "clean"
    first, second = [Image.new("RGB", (32, 24), colour) for colour in ("red", "blue")]
    first.save(source, "MPO", save_all=True, append_images=[second])
    assert clean(source, target, "image/jpeg")["media_type"] == "image/jpeg"
    with Image.open(target) as kept:
        assert (kept.format, kept.size, getattr(kept, "n_frames", 1)) == ("JPEG", (32, 24), 1)
        assert ImageStat.Stat(kept).mean[0] > 200 > 50 > ImageStat.Stat(kept).mean[2]


@pytest.mark.parametrize(
    "sent", [FILES[0], next(one for one in FILES if one.name == "svg-as-png")], ids=lambda s: s.name
)
async def test_in_a_process_of_its_own(sent: Sent, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(sent.content())
    files, limits = (str(source), str(target)), laundry.limits(sent.media_type)
    async with confined(laundry.__name__, *files, sent.media_type, limits=limits) as said:
        assert ((await anext(said)).get("media_type") == "image/jpeg") is (sent.becomes == CLEAN)
