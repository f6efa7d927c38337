"""A clean copy shows what a player shows of the original: upright, in shape, in its colours, with its sound in time."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageCms

from services.inspection.findings.evidence.laundry import clean

ONE = 1 << 16
WIDTH, HEIGHT = 96, 64
# The corner in which the red quarter of the picture stands (recorded: left, top), by the matrix of the container
TURNS = {
    "upright": ((1, 0, 0, 1), ("left", "top")),
    "90 clockwise": ((0, 1, -1, 0), ("right", "top")),
    "180": ((-1, 0, 0, -1), ("right", "bottom")),
    "270 clockwise": ((0, -1, 1, 0), ("left", "bottom")),
    "mirrored": ((-1, 0, 0, 1), ("right", "top")),
    "upside down": ((1, 0, 0, -1), ("left", "bottom")),
    "along the diagonal": ((0, 1, 1, 0), ("left", "top")),
    "along the other": ((0, -1, -1, 0), ("right", "bottom")),
}


def film(
    *,
    turn: tuple[int, int, int, int] | None = None,
    pixel: tuple[int, int] = (1, 1),
    wide_range: bool = False,
) -> bytes:
    """A second of a grey picture whose left upper quarter is red."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream: Any = file.add_stream("libx264", rate=10)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuvj420p" if wide_range else "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(*pixel)
        if turn is not None:
            a, b, c, d = (part * ONE for part in turn)
            stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        pixels = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        pixels[: HEIGHT // 2, : WIDTH // 2] = (255, 0, 0)
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def shown(content: bytes, media_type: str, tmp_path: Path) -> Any:
    """The first picture of the clean copy, as an array; its container says nothing more about showing."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    clean(source, target, media_type)
    with av.open(str(target)) as copy:
        frame = next(copy.decode(video=0))
        assert copy.streams.video[0].sample_aspect_ratio in (None, 1)
        assert frame.rotation == 0
        return frame.to_ndarray(format="rgb24").astype(int)


def red_corner(pixels: Any) -> tuple[str, str]:
    red = (pixels[..., 0] > 180) & (pixels[..., 1] < 80)
    rows, columns = np.nonzero(red)
    assert 0.15 < red.mean() < 0.3
    return (
        "left" if columns.mean() < pixels.shape[1] / 2 else "right",
        "top" if rows.mean() < pixels.shape[0] / 2 else "bottom",
    )


@pytest.mark.parametrize("name", TURNS)
def test_a_recording_stands_as_its_container_says(name: str, tmp_path: Path) -> None:
    matrix, corner = TURNS[name]
    pixels = shown(film(turn=matrix), "video/mp4", tmp_path)
    lies = matrix[0] == 0
    assert pixels.shape[:2] == ((WIDTH, HEIGHT) if lies else (HEIGHT, WIDTH))
    assert red_corner(pixels) == corner


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    pixels = shown(film(pixel=(2, 1)), "video/mp4", tmp_path)
    assert pixels.shape[:2] == (HEIGHT, 2 * WIDTH)
    assert red_corner(pixels) == ("left", "top")


def test_the_range_of_colours_is_kept(tmp_path: Path) -> None:
    usual, wide = [shown(film(wide_range=wide), "video/mp4", tmp_path) for wide in (False, True)]
    assert abs(usual[-8:, -8:].mean() - 128) < 4
    assert abs(wide[-8:, -8:].mean() - 128) < 4


def heard(content: bytes, media_type: str, tmp_path: Path) -> tuple[Any, float]:
    """The samples of the clean copy, one row a channel, and when they begin."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    clean(source, target, media_type)
    with av.open(str(target)) as copy:
        frames = list(copy.decode(audio=0))
        into = av.AudioResampler(format="fltp", layout=frames[0].layout)
        return np.concatenate([into.resample(frame)[0].to_ndarray() for frame in frames], axis=1), frames[0].time or 0.0


def sound(*, opposite: bool = False, film_before: bool = False) -> bytes:
    """Half a second of a tone in two channels; with a film of two seconds, in its last half second only."""
    buffer = io.BytesIO()
    tone = (np.sin(np.arange(24_000) / 20) * 12_000).astype(np.int16)
    with av.open(buffer, "w", format="mp4") as file:
        if film_before:
            pictures: Any = file.add_stream("libx264", rate=10)
            pictures.width, pictures.height, pictures.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream: Any = file.add_stream("aac", rate=48_000)
        stream.layout = "stereo"
        if film_before:
            for _ in range(20):
                frame = av.VideoFrame.from_ndarray(np.zeros((HEIGHT, WIDTH, 3), np.uint8), format="rgb24")
                file.mux(pictures.encode(frame))
            file.mux(pictures.encode(None))
        into = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)
        for start in range(0, len(tone), 960):
            piece = tone[start : start + 960]
            both = np.stack([piece, -piece if opposite else piece], axis=1).reshape(1, -1)
            frame_of_sound = av.AudioFrame.from_ndarray(both, format="s16", layout="stereo")
            frame_of_sound.rate, frame_of_sound.pts = 48_000, start + (72_000 if film_before else 0)
            for resampled in into.resample(frame_of_sound):
                file.mux(stream.encode(resampled))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def test_opposite_channels_do_not_silence_each_other(tmp_path: Path) -> None:
    samples, _ = heard(sound(opposite=True), "audio/mp4", tmp_path)
    assert samples.shape[0] == 2
    assert np.abs(samples).max() > 0.2


def test_sound_that_begins_late_stays_late(tmp_path: Path) -> None:
    _, begins = heard(sound(film_before=True), "video/mp4", tmp_path)
    assert abs(begins - 1.5) < 0.1


def test_a_picture_of_sixteen_bits_is_not_white(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    Image.fromarray(np.full((16, 16), 0x8000, np.uint16)).save(source, "PNG")
    clean(source, target, "image/png")
    with Image.open(target) as copy:
        assert copy.getpixel((8, 8)) == pytest.approx((128, 128, 128), abs=3)


def test_colours_are_those_that_the_profile_means(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (16, 16), (200, 60, 20)).save(source, "PNG", icc_profile=_swapped(profile))
    clean(source, target, "image/png")
    with Image.open(target) as copy:
        red, _, blue = copy.getpixel((8, 8))  # type: ignore[misc]  # an RGB picture gives three
        assert blue > red


def _swapped(profile: bytes) -> bytes:
    """The profile in which red and blue are exchanged: the two tags of its table change names."""
    return profile.replace(b"rXYZ", b"#XYZ").replace(b"bXYZ", b"rXYZ").replace(b"#XYZ", b"bXYZ")
