"""A document as PDF, set by Typst in Tinos, which has the widths of Times New Roman and every Vietnamese letter."""

import json
from pathlib import Path

from shared.documents.content import Document, Layout, place_and_day, written

HERE = Path(__file__).parent
TEMPLATE = HERE / "party.typ"
FONTS = HERE / "fonts"


def pdf(document: Document, layout: Layout) -> bytes:
    """The same document gives the same bytes. Takes some tens of milliseconds of a processor: not for the event loop."""
    import typst

    made = typst.compile(
        TEMPLATE,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(_told(document, layout), ensure_ascii=False)},
        timestamp=0,
    )
    if not isinstance(made, bytes):
        raise TypeError("one PDF is one file")
    return made


def _told(document: Document, layout: Layout) -> dict[str, object]:
    """All that the template needs, as data: nothing of it is ever read as markup."""
    return {
        "margins": layout.margins,
        "organ": document.organ,
        "kind": document.kind,
        "dated": place_and_day(document, layout),
        "title": document.title,
        "about": document.about,
        "notes": document.notes,
        "parts": [
            {
                "name": part.name,
                "about": part.about,
                "widths": [column.width for column in part.columns],
                "head": [column.heading for column in part.columns],
                "rows": [
                    [{"text": written(cell), "number": isinstance(cell, int)} for cell in row]
                    for row in part.rows
                ],
            }
            for part in document.parts
        ],
    }
