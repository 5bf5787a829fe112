"""`requirements.lock` is the bill of materials: what the product is made of, whose it is, and nothing else."""

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

LOCK = (Path(__file__).parent.parent / "requirements.lock").read_text(encoding="utf-8")

_ENTRY = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^ ;\\]+)(?P<rest>.*?)(?=^[\w.-]+==|\Z)", re.MULTILINE | re.DOTALL
)
FREE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|MPL|PSF|PSFL|Python Software Foundation|PostgreSQL|Unlicense|CC0|Public Domain)\b",
    re.IGNORECASE,
)
"""Licences under which what we use may be passed on beside our own code, whatever ours is."""


@dataclass(frozen=True)
class Material:
    name: str
    version: str
    rest: str


MATERIALS = [Material(**found.groupdict()) for found in _ENTRY.finditer(LOCK)]


def test_every_package_is_pinned_by_its_hash_and_somebody_wants_it() -> None:
    """One version, the digests of its files, and the package or part of the product that brought it in."""
    assert len(MATERIALS) > 30
    for each in MATERIALS:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", each.rest), each.name
        assert "# via" in each.rest, each.name


def test_what_runs_here_is_what_is_locked() -> None:
    """So that tests speak of the versions that are shipped; what other machines need is not here."""
    others = {
        each.name: found for each in MATERIALS if (found := _installed(each.name)) != each.version and found
    }

    assert others == {}


def test_every_licence_lets_us_pass_it_on() -> None:
    """Read from what each package says of itself."""
    bound = {each.name: said for each in MATERIALS if (said := _licence(each.name)) and not FREE.search(said)}

    assert bound == {}


def _installed(name: str) -> str | None:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return None


def _licence(name: str) -> str | None:
    try:
        about = distribution(name).metadata
    except PackageNotFoundError:
        return None
    classified = [each for each in about.get_all("Classifier", []) if each.startswith("License ::")]
    return (
        " ".join([about.get("License-Expression", ""), about.get("License", "")[:200], *classified])
        or "nothing"
    )
