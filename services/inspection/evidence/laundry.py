"""Makes a clean copy of a file nobody trusts: decoded whole and encoded anew, so only picture and sound are left.

It does so in a process of its own (`shared.confined`), whose memory, time and output are limited. Whatever is wrong
with the file ends there.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.audio.resampler import AudioResampler
from PIL import ExifTags, Image, ImageOps

from shared.confined import Limits, say

MAX_PIXELS: Final = 40_000_000
MAX_SECONDS: Final = 1800
"""Of a recording."""
LONGER_SIDE: Final = 1280
"""Pixels of a clean copy of a video; the original keeps its own."""
MEMORY: Final = 2 * 1024**3
CPU_SECONDS: Final[Mapping[str, int]] = {"image": 30, "audio": 120, "video": 900}
OUTPUT: Final = 600 * 1024**2

_PICTURES: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_SEVERAL: Final = "MPO"
"""A JPEG with a second picture behind it (a depth map, a preview), as many phones write them; the first one is kept."""
# One demuxer each: the others of the library read playlists, which name further files and addresses.
_CONTAINERS: Final = {
    "audio/mpeg": "mp3",
    "audio/mp4": "mp4",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "video/mp4": "mp4",
    "video/webm": "webm",
}


class Unclean(Exception):
    """No clean copy can be made; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean(source: Path, target: Path, media_type: str) -> dict[str, Any]:
    """Write the clean copy; its media type, and the position the camera wrote, if any. Raises `Unclean`."""
    if media_type in _PICTURES:
        return _clean_picture(source, target, _PICTURES[media_type])
    return _clean_recording(source, target, media_type)


def _clean_picture(source: Path, target: Path, expected: str) -> dict[str, Any]:
    Image.MAX_IMAGE_PIXELS = None  # ours is checked first, before a pixel is decoded
    try:
        with Image.open(source, formats=list(_PICTURES.values())) as picture:
            several = picture.format == _SEVERAL and expected == "JPEG"
            if picture.format != expected and not several:
                raise Unclean("media-type-differs")
            if picture.width * picture.height > MAX_PIXELS:
                raise Unclean("too-many-pixels")
            if getattr(picture, "n_frames", 1) > 1 and not several:
                raise Unclean("picture-animated")
            position = _position(picture)
            picture.load()
            _on_white(ImageOps.exif_transpose(picture)).save(target, "JPEG", quality=90)
    except Unclean:
        raise
    except Exception as error:  # a decoder may raise anything at all
        raise Unclean("picture-unreadable") from error
    return {"media_type": "image/jpeg", "position": position}


def _on_white(picture: Image.Image) -> Image.Image:
    """Pixels on a new sheet, which has no comments, no profile; what is transparent shows nothing from beneath it."""
    sheet = Image.new("RGB", picture.size, "white")
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        sheet.paste(layered, mask=layered.getchannel("A"))
    else:
        sheet.paste(picture.convert("RGB"))
    return sheet


def _position(picture: Image.Image) -> dict[str, float] | None:
    """Degrees from the camera's own record, where it makes sense."""
    try:
        gps = picture.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef) == "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef) == "W")
    except Exception:  # a camera that wrote nonsense wrote no position
        return None
    return {"lon": lon, "lat": lat} if abs(lon) <= 180 and abs(lat) <= 90 else None


def _degrees(parts: Any, negative: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError
    return round(-value if negative else value, 7) + 0.0


def _clean_recording(source: Path, target: Path, media_type: str) -> dict[str, Any]:
    try:
        with av.open(str(source), format=_CONTAINERS[media_type], options={"protocol_whitelist": "file"}) as recorded:
            if recorded.duration is not None and recorded.duration / av.time_base > MAX_SECONDS:
                raise Unclean("recording-too-long")
            with_picture = media_type.startswith("video/")
            if bool(recorded.streams.video) != with_picture or not (recorded.streams.audio or with_picture):
                raise Unclean("media-type-differs")
            written = _encode(recorded, target, with_picture)
    except Unclean:
        raise
    except Exception as error:
        raise Unclean("recording-unreadable") from error
    return {"media_type": written, "position": None}


def _encode(recorded: Any, target: Path, with_picture: bool) -> str:
    """Only the first picture and the first sound, without names, subtitles, attachments or chapters."""
    pictures = recorded.streams.video[0] if with_picture else None
    sounds = recorded.streams.audio[0] if recorded.streams.audio else None
    with av.open(str(target), "w", format="mp4" if with_picture else "ogg") as written:
        picture = _picture_stream(written, pictures) if pictures else None
        sound = written.add_stream("aac" if with_picture else "libopus", rate=48_000) if sounds else None
        layout = AudioResampler(format="fltp" if with_picture else "s16", layout="mono", rate=48_000)
        if sound is not None:
            sound.layout = "mono"
        heard = 0
        for frame in recorded.decode(*[stream for stream in (pictures, sounds) if stream is not None]):
            if frame.time is not None and frame.time > MAX_SECONDS:
                raise Unclean("recording-too-long")
            if picture is not None and isinstance(frame, av.VideoFrame):
                frame = frame.reformat(picture.width, picture.height, "yuv420p")
                frame.pict_type = 0
                written.mux(picture.encode(frame))
            elif sound is not None and isinstance(frame, av.AudioFrame):
                frame.pts = None
                for piece in layout.resample(frame):
                    piece.pts, piece.time_base = heard, Fraction(1, 48_000)
                    heard += piece.samples
                    written.mux(sound.encode(piece))
        if sound is not None:
            for piece in layout.resample(None):
                piece.pts, piece.time_base = heard, Fraction(1, 48_000)
                heard += piece.samples
                written.mux(sound.encode(piece))
        for stream in (picture, sound):
            if stream is not None:
                written.mux(stream.encode(None))
    return "video/mp4" if with_picture else "audio/ogg"


def _picture_stream(written: Any, source: Any) -> Any:
    width, height = source.codec_context.width, source.codec_context.height
    if width * height > MAX_PIXELS or not width * height:
        raise Unclean("too-many-pixels")
    scale = min(1.0, LONGER_SIDE / max(width, height))
    stream = written.add_stream("libx264", rate=source.average_rate or 25, options={"preset": "veryfast", "crf": "26"})
    stream.width, stream.height = (max(2, int(side * scale) // 2 * 2) for side in (width, height))
    stream.pix_fmt = "yuv420p"
    stream.time_base = source.time_base
    stream.codec_context.time_base = source.time_base
    return stream


def limits(media_type: str) -> Limits:
    """What one file of this kind may use."""
    return Limits(MEMORY, CPU_SECONDS[media_type.partition("/")[0]], OUTPUT)


def main(source: str, target: str, media_type: str) -> None:
    """In the process of its own: what its limits end says nothing, and is refused."""
    try:
        say(clean(Path(source), Path(target), media_type))
    except Unclean as unclean:
        say({"code": unclean.code})
