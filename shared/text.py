"""Vietnamese text: one spelling to store, one to search by, one to sort by, and what no text may hold.

The database knows nothing of Vietnamese (the embedded build has no ICU), so the keys made here are stored
beside the text and compared byte by byte. Two spellings of one word (`hòa`, `hoà`; composed, decomposed)
must never become two words.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum


def tidy(text: str) -> str:
    """The one form in which text is stored: composed (TCVN 6909:2001), LF line ends, no blank edges."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def fold(text: str) -> str:
    """The form in which text is searched: no case, no marks, d for đ."""
    bare = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(character for character in bare if not unicodedata.combining(character))


def words(text: str) -> set[str]:
    """The words by which a text is found, folded, each once."""
    return set(re.findall(r"\w+", fold(text)))


def sort_key(text: str) -> str:
    """A string that sorts byte by byte as a Vietnamese reader would: letters first, then tones.

    A letter is its Latin base and its place among the Vietnamese letters of that base (`a0` a, `a1` ă,
    `a2` â), so that đ follows d. A number carries its length, so that quarter 10 follows quarter 9. A tone
    belongs to its syllable, not to a letter, so that both spellings of `hòa` stand together.
    """
    words = [_word_key(word) for word in _words(text)]
    return " ".join(letters for letters, _ in words) + "\t" + "".join(tones for _, tones in words)


def person_sort_key(full_name: str) -> str:
    """People stand by given name (the last word), then by family name (the first), then by what is between."""
    *before, given = full_name.split() or [""]
    return "\t".join(sort_key(part) for part in (given, *before[:1], " ".join(before[1:])))


class Flaw(StrEnum):
    """Why a text cannot be stored."""

    BLANK = "blank"
    CONTROL = "control-character"
    MARKS = "too-many-marks"
    TOO_LONG = "too-long"


def flaw(text: str, *, limit: int) -> Flaw | None:
    """What makes this text unfit to store, or nothing. Lengths are code points of the composed form.

    The cheap refusals come first: composing a million stacked marks takes minutes.
    """
    if len(text) > limit * _DECOMPOSED_LENGTH:
        return Flaw.TOO_LONG
    if _PLAIN.fullmatch(text):
        bare = text.strip()
        return Flaw.TOO_LONG if len(bare) > limit else None if bare else Flaw.BLANK
    if any(_is_control(character) for character in text):
        return Flaw.CONTROL
    if _longest_run_of_marks(text) > _MARKS_ON_ONE_LETTER:
        return Flaw.MARKS
    if not any(_is_visible(character) for character in text):
        return Flaw.BLANK
    return Flaw.TOO_LONG if len(tidy(text)) > limit else None


class PersonalHint(StrEnum):
    """What looks like a person in a text that should describe a matter."""

    IDENTITY_NUMBER = "identity-number"
    PHONE_NUMBER = "phone-number"
    NAMED_COMRADE = "named-comrade"


def personal_hints(text: str) -> frozenset[PersonalHint]:
    """Signs that a text speaks of a person: a warning to its writer, never a refusal."""
    text = tidy(text)
    found = set()
    for match in _DIGIT_RUN.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) == _IDENTITY_NUMBER_DIGITS:
            found.add(PersonalHint.IDENTITY_NUMBER)
        if _PHONE_NUMBER.fullmatch(("+" if match.group().startswith("+") else "") + digits):
            found.add(PersonalHint.PHONE_NUMBER)
    if any(_is_a_name(match["word"]) for match in _COMRADE.finditer(text)):
        found.add(PersonalHint.NAMED_COMRADE)
    return frozenset(found)


_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}  # huyền hỏi ngã sắc nặng
_LETTERS = {"ă": "a1", "â": "a2", "đ": "d1", "ê": "e1", "ô": "o1", "ơ": "o2", "ư": "u1"}
_WORD = re.compile(r"[0-9]+|[^\W_0-9]+")

# Composed Vietnamese and Latin letters, digits, punctuation: nearly all that people type, seen at a glance.
_PLAIN = re.compile("[ -~\\n\u00a1-\u00ac\u00ae-\u024f\u1ea0-\u1ef9\u2010-\u2015\u2018-\u201f\u2026]*")

_DECOMPOSED_LENGTH = 3  # a letter of Vietnamese is at most a base and two marks
_MARKS_ON_ONE_LETTER = 6
_LINE_SHAPERS = "\n\r\t"
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by category, nothing to the eye

_IDENTITY_NUMBER_DIGITS = 12
_DIGIT_RUN = re.compile(r"\+?[0-9](?:[ .-]?[0-9]){8,}")
_PHONE_NUMBER = re.compile(r"(?:\+?84|0)(?:[35789][0-9]{8}|2[0-9]{9})")
_COMRADE = re.compile(r"\b(?:đồng chí|đ/c)\s+(?P<word>[^\W\d_]+)", re.IGNORECASE)
_POSTS = frozenset({"bí", "phó", "chủ", "ủy", "uỷ", "trưởng", "thường", "chi", "đảng"})  # "đồng chí Bí thư"


def _words(text: str) -> Iterator[str]:
    return (match.group() for match in _WORD.finditer(unicodedata.normalize("NFC", text).casefold()))


def _word_key(word: str) -> tuple[str, str]:
    if word[0] in "0123456789":
        digits = word.lstrip("0")
        return f"{len(digits):05d}{digits}", ""
    letters, tone = "", "0"
    for character in word:
        decomposed = unicodedata.normalize("NFD", character)
        base, marks = decomposed[0], decomposed[1:]
        tone = max(tone, *(_TONES.get(mark, "0") for mark in marks), "0")
        toneless = unicodedata.normalize("NFC", base + "".join(mark for mark in marks if mark not in _TONES))
        letters += _LETTERS.get(toneless) or (f"{base}0" if "a" <= base <= "z" else f"~{base}")
    return letters, tone


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} and character not in _LINE_SHAPERS


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "ZCM" and character not in _BLANK_LETTERS


def _longest_run_of_marks(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        longest = max(longest, run)
    return longest


def _is_a_name(word: str) -> bool:
    return word[0].isupper() and word.casefold() not in _POSTS
