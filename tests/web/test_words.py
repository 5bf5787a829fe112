"""The words of the pages: both languages say everything, and nothing is asked for that nobody wrote."""

import re
from pathlib import Path

import pytest

from shared.pages import SHARED

SERVICES = Path(__file__).parents[2] / "services"
FOLDERS = [SHARED, *(SERVICES / name / "web" for name in ("visits", "feedback", "notify"))]
_KEY = re.compile(r'^  (?:"([^"]+)"|([\w-]+)):', re.MULTILINE)
_SAID = re.compile(r'^  "?([\w.-]+)"?:\s+"((?:[^"\\]|\\.)*)",?$', re.MULTILINE)
_VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯ]|[\u1ea0-\u1ef9]")
NAMES = {"Bám cơ sở", "Cốc Cốc", "Tiếng Việt"}
"""They stay what they are in either language."""
_VIEW = re.compile(r'import\("\./([\w-]+\.js)"\)')
_IMPORT = re.compile(r'from "\./([\w-]+\.js)"')
_ASKED = re.compile(r'\bt\(\s*"([^"]+)"')


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_both_languages_have_the_same_words(folder: Path) -> None:
    """A key is in both files, in the same place."""
    for words in folder.glob("*vi.js"):
        assert _keys(words) == _keys(words.with_name(words.name.replace("vi.js", "en.js")))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_word_that_is_asked_for_exists(folder: Path) -> None:
    """A page may use its own words and those in common."""
    known = {*_keys(SHARED / "vi.js"), *(key for words in folder.glob("*vi.js") for key in _keys(words))}
    asked = {key for script in folder.glob("*.js") for key in _ASKED.findall(script.read_text("utf-8"))}
    assert asked - known == set()


@pytest.mark.parametrize("folder", FOLDERS[1:], ids=lambda folder: folder.parent.name)
def test_a_view_brings_the_words_it_asks_for(folder: Path) -> None:
    """Opened first, by a link, it has no words of a view that nobody has opened before it."""
    always = {*_keys(SHARED / "vi.js"), *_keys(folder / "vi.js")}
    page = _loaded_with(folder / "page.js")
    for name in set(_VIEW.findall((folder / "page.js").read_text("utf-8"))):
        loaded = page | _loaded_with(folder / name)
        brought = {key for script in loaded if script.name.endswith("-vi.js") for key in _keys(script)}
        asked = {key for script in loaded for key in _ASKED.findall(script.read_text("utf-8"))}
        assert asked - always - brought == set(), name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_each_language_is_spoken_in_its_own_file(folder: Path) -> None:
    """Nothing English stayed behind in the Vietnamese words, nor the other way round; names stay what they are."""
    for words in folder.glob("*vi.js"):
        vietnamese, english = _said(words), _said(words.with_name(words.name.replace("vi.js", "en.js")))
        same = {
            text
            for key, text in vietnamese.items()
            if _letters(text) and _letters(text) == _letters(english.get(key, ""))
        }
        assert same - NAMES == set()
        assert {text for text in english.values() if _VIETNAMESE.search(_nameless(text))} == set()


def test_no_page_ever_reads_text_as_html() -> None:
    """Nothing that a person typed can become an element: the words that would do it are nowhere."""
    scripts = [script for folder in FOLDERS for script in folder.glob("*.js")]
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|style="
    )
    assert {script.name: forbidden.findall(script.read_text("utf-8")) for script in scripts} == {
        script.name: [] for script in scripts
    }


def _loaded_with(script: Path) -> set[Path]:
    """The script and all that it imports at once, of its own folder."""
    found, waiting = set[Path](), [script]
    while waiting:
        each = waiting.pop()
        if each not in found and each.exists():
            found.add(each)
            waiting += [each.with_name(name) for name in _IMPORT.findall(each.read_text("utf-8"))]
    return found


def _said(words: Path) -> dict[str, str]:
    return dict(_SAID.findall(words.read_text("utf-8")))


def _nameless(text: str) -> str:
    for name in NAMES:
        text = text.replace(name, "")
    return text


def _letters(text: str) -> str:
    """Without what stands for a value, without numbers and signs."""
    return re.sub(r"\{\w+\}|[\W\d_]", "", text)


def _keys(words: Path) -> list[str]:
    return [quoted or plain for quoted, plain in _KEY.findall(words.read_text("utf-8"))]
