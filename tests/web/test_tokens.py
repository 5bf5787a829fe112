"""The colours of the pages, checked where they are written: readable in both schemes by the numbers of WCAG."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from shared.pages import SHARED

SERVICES = Path(__file__).parents[2] / "services"
SCHEMES = ("light", "dark")

TEXT = 4.5
"""WCAG 1.4.3: text against what lies under it."""
SHAPE = 3.0
"""WCAG 1.4.11: the edge of a control, a filled bar, the ring around what has the focus."""

PAIRS = [
    *[(ink, paper, TEXT) for ink in ("ink", "quiet", "red") for paper in ("paper", "sheet", "sunk")],
    *[(ink, paper, TEXT) for ink in ("late", "soon", "good") for paper in ("paper", "sheet", "sunk")],
    *[(ink, f"{tone}-paper", TEXT) for tone in ("late", "soon", "good") for ink in ("ink", "red", tone)],
    *[("on-red", under, TEXT) for under in ("red-fill", "red-fill-over")],
    ("paper", "ink", TEXT),
    *[("edge", paper, SHAPE) for paper in ("paper", "sheet", "sunk")],
    *[
        ("red", paper, SHAPE)
        for paper in ("paper", "sheet", "sunk", "late-paper", "soon-paper", "good-paper")
    ],
    *[("red-fill", paper, SHAPE) for paper in ("paper", "sheet", "sunk")],
    ("good", "sunk", SHAPE),
]
"""What stands on what somewhere on a page."""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_colour_can_be_read_on_its_ground(scheme: str) -> None:
    """Text has 4.5 to 1 and shapes have 3 to 1, in this scheme."""
    colours = _colours(scheme)
    weak = {
        f"{upper} on {ground}": round(found, 2)
        for upper, ground, least in PAIRS
        if (found := _contrast(colours[upper], colours[ground])) < least
    }
    assert weak == {}


def test_no_page_brings_a_colour_of_its_own() -> None:
    """A colour outside the tokens would be in one scheme only; black and white are for paper and QR codes."""
    sheets = [
        *(path for path in SHARED.rglob("*.css") if path.is_file() and path.name != "tokens.css"),
        *(path for path in SERVICES.glob("*/web/**/*.css") if path.is_file()),
    ]
    colour = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(|\boklch\(", re.IGNORECASE)
    own = {sheet.name: set(colour.findall(sheet.read_text("utf-8"))) - {"#fff"} for sheet in sheets}
    assert {name: found for name, found in own.items() if found} == {}


def test_nothing_moves_for_who_asked_for_rest() -> None:
    """Durations are tokens, which are zero unless motion is welcome; an animation stands behind the question."""
    for sheet in (path for path in SHARED.rglob("*.css") if path.is_file() and path.name != "tokens.css"):
        text = sheet.read_text("utf-8")
        assert not re.findall(r"\d+m?s\b", text), sheet.name
        for animation in re.finditer(r"animation:", text):
            assert "prefers-reduced-motion: no-preference" in text[: animation.start()], sheet.name


@pytest.mark.parametrize(
    "manifest", sorted(SHARED.glob("*/manifest.json")), ids=lambda path: path.parent.name
)
def test_what_was_taken_in_is_as_it_came(manifest: Path) -> None:
    """Each folder of other people's work names version and licence; its files are those of the manifest."""
    told = json.loads(manifest.read_text("utf-8"))
    assert told["version"]
    assert told["licence"]
    assert (manifest.parent / told["licence_file"]).is_file()
    files = {name: sha256((manifest.parent / name).read_bytes()).hexdigest() for name in told["sha256"]}
    assert files == told["sha256"]


def test_every_icon_that_is_asked_for_is_there() -> None:
    """A view never asks for a picture that nobody drew."""
    drawn = set(re.findall(r'^  "?([\w-]+)"?:\s', (SHARED / "icons.js").read_text("utf-8"), re.MULTILINE))
    scripts = [
        *(path for path in SHARED.glob("*.js") if path.name != "icons.js"),
        *SERVICES.glob("*/web/**/*.js"),
    ]
    asked = {
        word
        for script in scripts
        for word in re.findall(r'(?:\bicon\(|\bmark: )"([\w-]+)"', script.read_text("utf-8"))
    }
    assert asked - drawn == set()


def _colours(scheme: str) -> dict[str, str]:
    """`--name: light-dark(#…, #…)` or one colour for both."""
    text = (SHARED / "tokens.css").read_text("utf-8").split("@media")[0]
    found: dict[str, str] = {}
    for name, value in re.findall(r"--([\w-]+):\s*(light-dark\([^;]*\)|#\w+);", text):
        both = re.findall(r"#\w+", value)
        found[name] = both[SCHEMES.index(scheme)] if len(both) > 1 else both[0]
    return found


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
