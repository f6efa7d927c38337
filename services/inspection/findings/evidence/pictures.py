"""The clean copy of a picture: its pixels as a viewer shows them, on a new sheet."""

import io
import math
from pathlib import Path
from typing import Any, Final

from PIL import ExifTags, Image, ImageCms, ImageOps

from services.inspection.findings.evidence.cleaning import MAX_PIXELS, Unclean, is_our_fault

FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_SEVERAL: Final = "MPO"
"""A JPEG with a second picture behind it (a depth map, a preview), as many phones write them; the first one is kept."""


def clean_picture(source: Path, target: Path, media_type: str) -> dict[str, Any]:
    """Write the clean copy; its media type, and the position the camera wrote, if any. Raises `Unclean`."""
    expected = FORMATS[media_type]
    Image.MAX_IMAGE_PIXELS = None  # ours is checked first, before a pixel is decoded
    try:
        with Image.open(source, formats=list(FORMATS.values())) as picture:
            several = picture.format == _SEVERAL and expected == "JPEG"
            if picture.format != expected and not several:
                raise Unclean("media-type-differs")
            if picture.width * picture.height > MAX_PIXELS:
                raise Unclean("too-many-pixels")
            if getattr(picture, "n_frames", 1) > 1 and not several:
                raise Unclean("picture-animated")
            position = _position(picture)
            picture.load()
            _as_shown(picture).save(target, "JPEG", quality=90)
    except Unclean:
        raise
    except Exception as error:  # a decoder may raise anything at all
        if is_our_fault(error):
            raise
        raise Unclean("picture-unreadable") from error
    return {"media_type": "image/jpeg", "position": position}


def _as_shown(picture: Image.Image) -> Image.Image:
    """Upright, in the colours that its profile means; what lies under transparent areas is not shown. The new image has
    no comments and no profile."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):  # converted as it is, everything above 255 would be white
        upright = upright.point(lambda level: level / 256).convert("L")
    profile = upright.info.get("icc_profile")
    sheet = Image.new("RGB", upright.size, "white")
    if upright.has_transparency_data:
        layered = upright.convert("RGBA")
        sheet.paste(_in_srgb(layered.convert("RGB"), profile), mask=layered.getchannel("A"))
    else:
        sheet.paste(_in_srgb(upright, profile).convert("RGB"))
    return sheet


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB; without a profile that fits, its colours stay as they are."""
    if not profile:
        return picture
    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, meant, ImageCms.createProfile("sRGB"), outputMode="RGB") or picture
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture


def _position(picture: Image.Image) -> dict[str, float] | None:
    """Degrees from the camera's own record, if plausible."""
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
