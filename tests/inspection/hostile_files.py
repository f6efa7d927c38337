"""Files that somebody might send as evidence, each with what must become of it: a clean copy, or a refusal."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from PIL import Image, PngImagePlugin

CLEAN = "clean"
CANARY = b"<script>alert('canary')</script>"


class Sent(NamedTuple):
    """A file as it is sent; `becomes` is `clean` or the code of the refusal."""

    name: str
    media_type: str
    content: Callable[[], bytes]
    becomes: str


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """A picture with something to see in it."""
    buffer = io.BytesIO()
    noise = np.random.default_rng(7).integers(0, 255, (size[1], size[0], 4), dtype=np.uint8)
    Image.fromarray(noise, "RGBA").convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def exif(gps: dict[int, Any] | None = None, *, turned: bool = False) -> Image.Exif:
    found = Image.Exif()
    found[0x010F], found[0x9C9B] = "canary-camera", CANARY
    if gps is not None:
        found[0x8825] = gps
    if turned:
        found[0x0112] = 6
    return found


HERE = {1: "N", 2: (40.0, 4.0, 48.0), 3: "E", 4: (113.0, 18.0, 0.0)}


def recording(container: str, codec: str, *, seconds: float = 0.5, video: str | None = None, **metadata: str) -> bytes:
    """A tone, with a moving picture where `video` names a codec."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        file.metadata.update(metadata)
        sound: Any = file.add_stream(codec, rate=48_000)
        sound.layout = "mono"
        if video is not None:
            picture_stream: Any = file.add_stream(video, rate=10)
            picture_stream.width, picture_stream.height, picture_stream.pix_fmt = 64, 48, "yuv420p"
            for number in range(int(seconds * 10)):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 9, np.uint8), format="rgb24")
                file.mux(picture_stream.encode(frame))
            file.mux(picture_stream.encode(None))
        into = av.AudioResampler(format=sound.format.name, layout="mono", rate=48_000)
        tone = (np.sin(np.arange(int(48_000 * seconds)) / 20) * 9000).astype(np.int16)
        for start in range(0, len(tone), 960):
            piece = av.AudioFrame.from_ndarray(tone[None, start : start + 960], format="s16", layout="mono")
            piece.rate, piece.pts = 48_000, start
            for resampled in into.resample(piece):
                file.mux(sound.encode(resampled))
        file.mux(sound.encode(None))
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, pixels: bytes, *more: bytes) -> bytes:
    """A PNG that claims to have these sides, whatever it holds."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../etc/cron.d/canary", CANARY)
    return buffer.getvalue()


def jpeg_segment(marker: int, content: bytes) -> bytes:
    """Our picture with a further segment after its beginning."""
    plain = picture()
    return plain[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + plain[2:]


def large() -> bytes:
    return picture("PNG", size=(300, 300))


def noted() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY.decode())
    text.add_itxt("XML:com.adobe.xmp", CANARY.decode())
    return picture("PNG", pnginfo=text)


def jpeg_flood() -> bytes:
    flood = bytearray(picture())
    at = flood.index(b"\xff\xc0")
    flood[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(flood)


def animated() -> bytes:
    frames = [Image.new("RGB", (32, 32), (number, 0, 0)) for number in range(40)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def truthful() -> Iterator[Sent]:
    """What people really send, and what a camera hides in it."""
    yield Sent("plain", "image/jpeg", lambda: picture(), CLEAN)
    yield Sent("png", "image/png", lambda: picture("PNG"), CLEAN)
    yield Sent("webp", "image/webp", lambda: picture("WEBP"), CLEAN)
    yield Sent("grey", "image/jpeg", lambda: picture(mode="L"), CLEAN)
    yield Sent("cmyk", "image/jpeg", lambda: picture(mode="CMYK"), CLEAN)
    yield Sent("transparent", "image/png", lambda: picture("PNG", mode="RGBA"), CLEAN)
    yield Sent("palette", "image/png", lambda: picture("PNG", mode="P"), CLEAN)
    yield Sent("progressive", "image/jpeg", lambda: picture(progressive=True), CLEAN)
    yield Sent("gps", "image/jpeg", lambda: picture(exif=exif(HERE)), CLEAN)
    yield Sent("gps-webp", "image/webp", lambda: picture("WEBP", exif=exif(HERE)), CLEAN)
    yield Sent("gps-png", "image/png", lambda: picture("PNG", exif=exif(HERE)), CLEAN)
    yield Sent(
        "gps-nonsense",
        "image/jpeg",
        lambda: picture(exif=exif({1: "N", 2: (999.0, 0.0, 0.0), 3: "E", 4: (9.0, 0, 0)})),
        CLEAN,
    )
    yield Sent("gps-half", "image/jpeg", lambda: picture(exif=exif({1: "N", 2: (40.0, 4.0, 48.0)})), CLEAN)
    yield Sent("turned", "image/jpeg", lambda: picture(exif=exif(turned=True)), CLEAN)
    yield Sent("icc", "image/jpeg", lambda: picture(icc_profile=CANARY * 20), CLEAN)
    yield Sent("comment", "image/jpeg", lambda: picture(comment=CANARY), CLEAN)
    yield Sent("xmp", "image/jpeg", lambda: jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + CANARY), CLEAN)
    yield Sent("iptc", "image/jpeg", lambda: jpeg_segment(0xED, b"Photoshop 3.0\0" + CANARY), CLEAN)
    yield Sent("unknown-segment", "image/jpeg", lambda: jpeg_segment(0xEF, CANARY), CLEAN)
    yield Sent("png-text", "image/png", noted, CLEAN)
    yield Sent("mp3", "audio/mpeg", lambda: recording("mp3", "libmp3lame", title=CANARY.decode()), CLEAN)
    yield Sent("m4a", "audio/mp4", lambda: recording("mp4", "aac", title=CANARY.decode()), CLEAN)
    yield Sent("wav", "audio/wav", lambda: recording("wav", "pcm_s16le"), CLEAN)
    yield Sent("ogg", "audio/ogg", lambda: recording("ogg", "libopus", title=CANARY.decode()), CLEAN)
    yield Sent("mp4", "video/mp4", lambda: recording("mp4", "aac", video="libx264", title=CANARY.decode()), CLEAN)
    yield Sent("webm", "video/webm", lambda: recording("webm", "libopus", video="libvpx"), CLEAN)


def polyglots() -> Iterator[Sent]:
    """Two things at once: only the picture is left, or nothing."""
    yield Sent("jpeg-and-zip", "image/jpeg", lambda: picture() + zipped(), CLEAN)
    yield Sent("jpeg-and-html", "image/jpeg", lambda: picture() + CANARY, CLEAN)
    yield Sent("jpeg-and-php", "image/jpeg", lambda: picture(comment=b"<?php system($_GET[0]); ?>" + CANARY), CLEAN)
    yield Sent("jpeg-and-elf", "image/jpeg", lambda: picture() + b"\x7fELF" + CANARY, CLEAN)
    yield Sent("png-and-zip", "image/png", lambda: picture("PNG") + zipped(), CLEAN)
    yield Sent("png-and-chunk", "image/png", lambda: picture("PNG") + chunk(b"exEc", CANARY), CLEAN)
    yield Sent("webp-and-html", "image/webp", lambda: picture("WEBP") + CANARY, CLEAN)
    yield Sent("gif-and-script", "image/jpeg", lambda: b"GIF89a/*" + CANARY, "picture-unreadable")
    yield Sent("pdf-and-jpeg", "image/jpeg", lambda: b"%PDF-1.7\n" + picture(), "picture-unreadable")
    yield Sent("html-and-jpeg", "image/jpeg", lambda: b"<html>" + CANARY + picture(), "picture-unreadable")
    yield Sent("mp3-and-html", "audio/mpeg", lambda: recording("mp3", "libmp3lame") + CANARY, "recording-unreadable")


def floods() -> Iterator[Sent]:
    """Small to send, large to look at."""
    yield Sent("pixel-flood", "image/png", lambda: png(60_000, 60_000, b"\0" * 1000), "too-many-pixels")
    yield Sent("pixel-flood-wide", "image/png", lambda: png(2**31 - 1, 1, b"\0" * 100), "too-many-pixels")
    yield Sent("just-too-many", "image/png", lambda: png(8000, 5001, b"\0" * 1000), "too-many-pixels")
    yield Sent("claims-more", "image/png", lambda: png(4000, 4000, b"\0" * 1000), "picture-unreadable")
    yield Sent("jpeg-flood", "image/jpeg", jpeg_flood, "too-many-pixels")
    yield Sent(
        "text-bomb",
        "image/png",
        lambda: png(4, 4, b"\0" * 52, chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * 50_000_000))),
        "picture-unreadable",
    )
    yield Sent("idat-bomb", "image/png", lambda: png(4, 4, b"\0" * 50_000_000), CLEAN)
    yield Sent("animated", "image/webp", animated, "picture-animated")
    yield Sent(
        "too-long", "audio/mpeg", lambda: recording("mp3", "libmp3lame", seconds=0.2) * 9500, "recording-too-long"
    )


def impostors() -> Iterator[Sent]:
    """Not what they say they are."""
    svg = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + CANARY + b"</svg>"
    yield Sent("svg-as-png", "image/png", lambda: svg, "picture-unreadable")
    yield Sent("svg-as-jpeg", "image/jpeg", lambda: svg, "picture-unreadable")
    yield Sent("png-as-jpeg", "image/jpeg", lambda: picture("PNG"), "media-type-differs")
    yield Sent("jpeg-as-png", "image/png", lambda: picture(), "media-type-differs")
    yield Sent("tiff-as-jpeg", "image/jpeg", lambda: picture("TIFF"), "picture-unreadable")
    yield Sent("bmp-as-png", "image/png", lambda: picture("BMP"), "picture-unreadable")
    yield Sent("ico-as-png", "image/png", lambda: picture("ICO"), "picture-unreadable")
    yield Sent("eps-as-jpeg", "image/jpeg", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(canary) run\n", "picture-unreadable")
    yield Sent("zip-as-jpeg", "image/jpeg", lambda: zipped(), "picture-unreadable")
    yield Sent("elf-as-jpeg", "image/jpeg", lambda: Path("/bin/true").read_bytes(), "picture-unreadable")
    yield Sent("text-as-mp3", "audio/mpeg", lambda: CANARY * 100, "recording-unreadable")
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    yield Sent("playlist-as-mp4", "video/mp4", lambda: playlist, "recording-unreadable")
    yield Sent(
        "concat-as-ogg", "audio/ogg", lambda: b"ffconcat version 1.0\nfile /etc/passwd\n", "recording-unreadable"
    )
    yield Sent("audio-as-video", "video/mp4", lambda: recording("mp4", "aac"), "media-type-differs")
    yield Sent("video-as-audio", "audio/mp4", lambda: recording("mp4", "aac", video="libx264"), "media-type-differs")
    yield Sent("wav-as-mp3", "audio/wav", lambda: recording("mp3", "libmp3lame"), "recording-unreadable")


def broken() -> Iterator[Sent]:
    """Cut off, empty, or spoilt on the way. Spoilt pixels are a picture still: the hash finds them, not the decoder."""
    yield Sent("one-byte", "image/jpeg", lambda: b"\xff", "picture-unreadable")
    yield Sent("only-magic", "image/jpeg", lambda: b"\xff\xd8\xff\xe0", "picture-unreadable")
    yield Sent("jpeg-cut", "image/jpeg", lambda: picture()[:1500], "picture-unreadable")
    yield Sent("png-cut", "image/png", lambda: large()[:50_000], "picture-unreadable")
    yield Sent("webp-cut", "image/webp", lambda: picture("WEBP")[:-400], "picture-unreadable")
    yield Sent("png-spoilt", "image/png", lambda: large()[:5000] + b"\0" * 500 + large()[5500:], CLEAN)
    yield Sent("zeros", "image/jpeg", lambda: b"\0" * 100_000, "picture-unreadable")
    yield Sent("mp4-cut", "video/mp4", lambda: recording("mp4", "aac", video="libx264")[:2000], "recording-unreadable")
    yield Sent("ogg-cut", "audio/ogg", lambda: recording("ogg", "libopus")[:60], "recording-unreadable")
    yield Sent("no-sides", "image/png", lambda: png(0, 0, b""), "picture-unreadable")


FILES = [*truthful(), *polyglots(), *floods(), *impostors(), *broken()]
