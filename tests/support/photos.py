"""Photographs as a camera makes them, with everything in them that nobody should learn."""

from io import BytesIO

from PIL import Image

MINE = b"Serial-XQ7-of-this-camera"
"""What a camera wrote about itself."""


def photograph(size: tuple[int, int] = (640, 480), *, turned: int = 1) -> bytes:
    """A picture of sky over earth as it stands upright, taken with the camera `turned` (EXIF), at a known place."""
    upright = size[::-1] if turned == 6 else size
    picture = Image.new("RGB", upright, (60, 140, 240))
    picture.paste((150, 100, 40), (0, upright[1] // 2, *upright))
    if turned == 6:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x010F] = MINE.decode()
    exif[0x0112] = turned
    place = exif.get_ifd(0x8825)
    place |= {1: "N", 2: (21.0, 7.0, 12.0), 3: "E", 4: (105.0, 57.0, 30.0)}
    made = BytesIO()
    picture.save(made, "JPEG", exif=exif, comment=MINE, icc_profile=b"profile " * 20)
    return made.getvalue()


def jpeg(shade: int = 90, *, comment: bytes = b"") -> bytes:
    """A plain picture; each shade is another one."""
    made = BytesIO()
    Image.new("RGB", (64, 48), (shade, shade, shade)).save(made, "JPEG", comment=comment)
    return made.getvalue()
