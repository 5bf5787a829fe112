"""Cautions about what somebody wrote: a person in a free text. They warn the writer and never refuse.

A caution names the field and the kind of thing, and never repeats what was found: its words may stand in an
answer, a notice or a log. The same text gets the same cautions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.text import PersonalHint, personal_hints


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something its writer should look at again; never a refusal."""

    pointer: str
    code: str
    vi: str
    en: str


def personal_cautions(pointer: str, text: str) -> list[Caution]:
    return [
        Caution(pointer=pointer, code=hint, vi=_HINTS[hint][0], en=_HINTS[hint][1])
        for hint in sorted(personal_hints(text))
    ]


def told(cautions: Iterable[Caution], *, vietnamese: bool) -> list[dict[str, str]]:
    """Cautions as an answer tells them."""
    return [
        {"pointer": each.pointer, "code": each.code, "message": each.vi if vietnamese else each.en}
        for each in cautions
    ]


def cautions_in(texts: Mapping[str, str]) -> Sequence[Caution]:
    """What to look at again in these texts, by their pointers."""
    return [caution for pointer, text in texts.items() for caution in personal_cautions(pointer, text)]


_HINTS: Final = {
    PersonalHint.IDENTITY_NUMBER: (
        "Có dãy 12 chữ số giống số căn cước; hãy bỏ nếu không cần.",
        "Twelve digits look like an identity number; remove them unless needed.",
    ),
    PersonalHint.PHONE_NUMBER: (
        "Có số giống số điện thoại; hãy bỏ nếu không cần.",
        "This looks like a phone number; remove it unless needed.",
    ),
    PersonalHint.NAMED_COMRADE: (
        "Hãy ghi sự việc, không ghi tên người nói.",
        "Record the matter, not the person's name.",
    ),
}
