"""What a device is called in the list of devices: the family of its browser and system, never more.

The full header would tell versions and models; nobody needs them to recognise their own phone.
"""

from typing import Final

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("coc_coc", "Cốc Cốc"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
UNKNOWN: Final = "Thiết bị khác"


def device_name(user_agent: str) -> str:
    """For instance `Chrome · Android`; the first family that fits, because browsers name each other."""
    found = [name for families in (_BROWSERS, _SYSTEMS) if (name := _first(families, user_agent))]
    return " · ".join(found) or UNKNOWN


def _first(families: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for mark, name in families if mark in user_agent), None)
