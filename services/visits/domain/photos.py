"""A photograph as it is kept: decoded and drawn anew, upright, no larger than a screen, and nothing but its picture.

What was sent is never kept. Where it was taken, by which camera and for whom, a hidden thumbnail, a script behind
the picture: all of it stays behind, because only the dots go on.
"""

import struct
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from shared.errors import Invalid, invalid

SENT_BYTES: Final = 2 * 1024 * 1024
PIXELS: Final = {"JPEG": 24_000_000, "MPO": 24_000_000, "PNG": 12_000_000}
"""A JPEG is reduced while it is unpacked; a PNG is unpacked whole. An MPO is a JPEG that has more behind it."""
EDGE: Final = 1600
PER_ISSUE: Final = 3
PER_VISIT: Final = 12

_FORMATS: Final = ("JPEG", "PNG")
_SCANS: Final = 64
"""A camera's JPEG has one, one for slow networks ten; a bomb has thousands, each read over the whole picture."""
_START_OF_SCAN: Final = b"\xff\xda"
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    EOFError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for bytes that are no whole picture."""


def drawn_anew(sent: bytes) -> bytes:
    """The picture in these bytes as a JPEG of our own. Raises Invalid for what is no still photograph."""
    try:
        with Image.open(BytesIO(sent), formats=_FORMATS) as picture:
            _measure(picture, sent)
            return _encoded(_upright(picture))
    except _BROKEN:
        raise _no_picture() from None


def _measure(picture: Image.Image, sent: bytes) -> None:
    """Judge the picture by its head, before a dot of it is unpacked."""
    width, height = picture.size
    most = PIXELS.get(picture.format or "", 0)
    if width * height > most:
        raise invalid(
            "/photo",
            "too-many-pixels",
            vi=f"Ảnh lớn quá {most // 1_000_000} triệu điểm ảnh.",
            en=f"The picture has more than {most // 1_000_000} million pixels.",
            value=f"{width} x {height}",
        )
    moves = picture.format == "PNG" and getattr(picture, "is_animated", False)
    if moves or (picture.format != "PNG" and sent.count(_START_OF_SCAN) > _SCANS):
        raise _no_picture()


def _upright(picture: Image.Image) -> Image.Image:
    """Small enough first, so that turning and flattening cost little."""
    if picture.mode in {"1", "P"}:
        picture = picture.convert("RGBA")
    picture.thumbnail((EDGE, EDGE))
    turned = ImageOps.exif_transpose(picture)
    if not turned.has_transparency_data:
        return turned.convert("RGB")
    paper = Image.new("RGB", turned.size, "white")
    clear = turned.convert("RGBA")
    paper.paste(clear, mask=clear)
    return paper


def _encoded(picture: Image.Image) -> bytes:
    bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    written = BytesIO()
    bare.save(written, "JPEG", quality=82, optimize=True)
    return written.getvalue()


def _no_picture() -> Invalid:
    return invalid(
        "/photo",
        "not-a-photograph",
        vi="Tệp này không phải một ảnh chụp còn nguyên (JPEG hoặc PNG).",
        en="This is not one whole, still photograph (JPEG or PNG).",
    )
