"""The clean copy of a recording: the picture as a player shows it, and the sound where it was heard.

What the container says about showing is applied before the container is dropped: turning and mirroring, the shape of
a pixel, the range and the matrix of its colours, which picture and sound are meant, and when each begins.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.audio.resampler import AudioResampler
from av.filter import Graph
from av.sidedata.sidedata import Type

from services.inspection.findings.evidence.cleaning import MAX_PIXELS, Unclean, is_our_fault

MAX_SECONDS: Final = 1800
LONGER_SIDE: Final = 1280
"""Pixels of a clean copy of a video; the original keeps its own."""
RATE: Final = 48_000
"""Of the sound, per second."""
_GAP: Final = RATE // 20
"""A silence shorter than this is the rounding of a container; a longer one was recorded, and stays."""
# One demuxer each: the others of the library read playlists, which name further files and addresses.
CONTAINERS: Final = {
    "audio/mpeg": "mp3",
    "audio/mp4": "mp4",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "video/mp4": "mp4",
    "video/webm": "webm",
}
_TURNS: Final = {
    (1, 0, 0, 1): "null",
    (-1, 0, 0, -1): "hflip,vflip",
    (-1, 0, 0, 1): "hflip",
    (1, 0, 0, -1): "vflip",
    (0, 1, -1, 0): "transpose=clock",
    (0, -1, 1, 0): "transpose=cclock",
    (0, 1, 1, 0): "transpose=cclock_flip",
    (0, -1, -1, 0): "transpose=clock_flip",
}
"""The quarter turns and mirrorings that a display matrix can mean, as filters."""


def clean_recording(source: Path, target: Path, media_type: str) -> dict[str, Any]:
    """Write the clean copy; its media type. Raises `Unclean`."""
    try:
        with av.open(str(source), format=CONTAINERS[media_type], options={"protocol_whitelist": "file"}) as recorded:
            if recorded.duration is not None and recorded.duration / av.time_base > MAX_SECONDS:
                raise Unclean("recording-too-long")
            with_picture = media_type.startswith("video/")
            if bool(recorded.streams.video) != with_picture or not (recorded.streams.audio or with_picture):
                raise Unclean("media-type-differs")
            written = _encode(recorded, target, with_picture)
    except Unclean:
        raise
    except Exception as error:
        if is_our_fault(error):
            raise
        raise Unclean("recording-unreadable") from error
    return {"media_type": written, "position": None}


def _encode(recorded: Any, target: Path, with_picture: bool) -> str:
    """Encode only the picture and the sound that a player would choose, without titles, subtitles, attachments or
    chapters."""
    pictures = recorded.streams.best("video") if with_picture else None
    sounds = recorded.streams.best("audio")
    with av.open(str(target), "w", format="mp4" if with_picture else "ogg") as written:
        sound = _Sound(written, sounds, "aac" if with_picture else "libopus") if sounds else None
        picture = None
        for frame in recorded.decode(*[stream for stream in (pictures, sounds) if stream is not None]):
            if frame.time is not None and frame.time > MAX_SECONDS:
                raise Unclean("recording-too-long")
            if isinstance(frame, av.VideoFrame):
                picture = picture or _Picture(written, pictures, frame)
                picture.take(frame)
            elif sound is not None:
                sound.take(frame)
        if with_picture and picture is None:
            raise Unclean("recording-unreadable")
        for stream in (picture, sound):
            if stream is not None:
                stream.finish()
    return "video/mp4" if with_picture else "audio/ogg"


class _Picture:
    """The moving picture: each frame turned upright, with square pixels, in the colours that players assume."""

    def __init__(self, written: Any, source: Any, first: av.VideoFrame) -> None:
        width, height = source.codec_context.width, source.codec_context.height
        if width * height > MAX_PIXELS or not width * height:
            raise Unclean("too-many-pixels")
        self._written, self._source = written, source
        self._turn = _turn(first)
        wide, high = width * float(source.sample_aspect_ratio or 1), float(height)
        scale = min(1.0, LONGER_SIDE / max(wide, high))
        self._size = max(2, int(wide * scale) // 2 * 2), max(2, int(high * scale) // 2 * 2)
        self._graph: tuple[object, Graph] | None = None
        options = {"preset": "veryfast", "crf": "26"}
        self._stream = stream = written.add_stream("libx264", rate=source.average_rate or 25, options=options)
        lies = self._turn.startswith("transpose")
        stream.width, stream.height = self._size[::-1] if lies else self._size
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = source.time_base
        stream.codec_context.color_range, stream.codec_context.colorspace = 1, 1  # limited, BT.709

    def take(self, frame: av.VideoFrame) -> None:
        graph = self._graph_for(frame)
        graph.vpush(frame)
        shown = graph.vpull()
        shown.pict_type = 0
        self._written.mux(self._stream.encode(shown))

    def finish(self) -> None:
        self._written.mux(self._stream.encode(None))

    def _graph_for(self, frame: av.VideoFrame) -> Graph:
        """A recording may change its size and format midway; the copy keeps those of its beginning."""
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is None or self._graph[0] != shape:
            width, height = self._size
            graph = Graph()
            steps = [
                graph.add_buffer(
                    width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
                ),
                graph.add("scale", f"w={width}:h={height}:out_range=tv:out_color_matrix=bt709"),
                graph.add("setsar", "1"),
                *(graph.add(*step.split("=")) for step in self._turn.split(",")),
                graph.add("format", "yuv420p"),
                graph.add("buffersink"),
            ]
            graph.link_nodes(*steps).configure()
            self._graph = shape, graph
        return self._graph[1]


def _turn(frame: Any) -> str:  # the library's stubs know of no display matrix
    """The filter for the display matrix of a recording, rounded to a quarter turn."""
    try:
        matrix = memoryview(bytes(frame.side_data[Type.DISPLAYMATRIX])).cast("i")
    except KeyError:
        return _TURNS[1, 0, 0, 1]
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    upright = abs(a) + abs(d) >= abs(b) + abs(c)
    signs = [(part > 0) - (part < 0) or 1 for part in ((a, d) if upright else (b, c))]
    return _TURNS[(signs[0], 0, 0, signs[1]) if upright else (0, signs[0], signs[1], 0)]


class _Sound:
    """The sound, from when it is heard: what begins late in the recording begins late in the copy."""

    def __init__(self, written: Any, source: Any, codec: str) -> None:
        # One channel stays one; of two, mixed into one, opposite ones would silence each other.
        layout = "mono" if source.codec_context.channels == 1 else "stereo"
        self._written = written
        self._stream = stream = written.add_stream(codec, rate=RATE)
        stream.layout = layout
        self._resampler = AudioResampler(format="fltp" if codec == "aac" else "s16", layout=layout, rate=RATE)
        self._heard = 0

    def take(self, frame: av.AudioFrame) -> None:
        if frame.time is not None and (ahead := round(frame.time * RATE)) - self._heard > _GAP:
            self._heard = ahead
        frame.pts = None
        self._write(frame)

    def finish(self) -> None:
        self._write(None)
        self._written.mux(self._stream.encode(None))

    def _write(self, frame: av.AudioFrame | None) -> None:
        for piece in self._resampler.resample(frame):
            piece.pts, piece.time_base = self._heard, Fraction(1, RATE)
            self._heard += piece.samples
            self._written.mux(self._stream.encode(piece))
