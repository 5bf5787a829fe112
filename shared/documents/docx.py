"""A document as DOCX, in the same layout, for an office that finishes it by hand."""

import io
from typing import TYPE_CHECKING, Any

from shared.documents.content import Document, Layout, place_and_day, written
from shared.sheets import Sheet

if TYPE_CHECKING:
    from docx.document import Document as Paper

FACE = "Times New Roman"
"""Which every office has; the PDF carries a face of the same widths."""


def docx(document: Document, layout: Layout) -> bytes:
    """Takes some tens of milliseconds of a processor: not for the event loop."""
    import docx as word
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Mm, Pt

    paper = word.Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = map(
        Mm, layout.margins
    )
    section.different_first_page_header_footer = True
    _page_number(section.header.paragraphs[0])
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FACE, Pt(13)

    head = paper.add_table(1, 2)
    ours, partys = (cell.paragraphs[0] for cell in head.rows[0].cells)
    for each in (ours, partys):
        each.alignment = ALIGN.CENTER
    ours.add_run(f"{document.organ.upper()}\n*\nSố:        -{document.kind}")
    name = partys.add_run("ĐẢNG CỘNG SẢN VIỆT NAM")
    name.bold = name.underline = True
    partys.add_run(f"\n{place_and_day(document, layout)}").italic = True

    title = paper.add_paragraph()
    title.alignment = ALIGN.CENTER
    run = title.add_run(document.title.upper())
    run.bold, run.font.size = True, Pt(15)
    title.add_run(f"\n{document.about}")
    for part in document.parts:
        _add(paper, part)
    for note in document.notes:
        paper.add_paragraph().add_run(note).font.size = Pt(11)
    foot = paper.add_table(1, 2)
    to, by = (cell.paragraphs[0] for cell in foot.rows[0].cells)
    to.add_run("Nơi nhận:").bold = True
    to.add_run("\n- Thường trực cấp ủy,\n- Lưu Văn phòng.")
    by.alignment = ALIGN.CENTER
    by.add_run("NGƯỜI KÝ").bold = True

    made = io.BytesIO()
    paper.save(made)
    return made.getvalue()


def _add(paper: "Paper", part: Sheet) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Pt

    paper.add_paragraph().add_run(part.name).bold = True
    if part.about:
        paper.add_paragraph().add_run(part.about).italic = True
    table = paper.add_table(1, len(part.columns), style="Table Grid")
    for cell, column in zip(table.rows[0].cells, part.columns, strict=True):
        cell.paragraphs[0].alignment = ALIGN.CENTER
        run = cell.paragraphs[0].add_run(column.heading)
        run.bold, run.font.size = True, Pt(11)
    for row in part.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.paragraphs[0].add_run(written(value)).font.size = Pt(11)
            if isinstance(value, int):
                cell.paragraphs[0].alignment = ALIGN.RIGHT


def _page_number(paragraph: Any) -> None:
    """The number of the page, top centre; the first page has another header, which is empty."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph.alignment = ALIGN.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)  # noqa: SLF001  # python-docx has no fields; its guide says to do it like this
