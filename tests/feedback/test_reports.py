"""Papers of the committee: the figures of the screen, in every form an office takes, and the same again tomorrow."""

import csv
import io
import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import docx
import openpyxl
import pypdf
import pytest

from services.feedback.api.papers import FIGURES, report_paper
from services.feedback.views.reports import report
from shared.access import Principal
from shared.contracts.visits import Role
from shared.directory import Post
from shared.documents import Document, Layout, pdf, written
from shared.documents import docx as as_docx
from shared.ids import uuid7
from shared.sheets import Column, Sheet, comma_separated, xlsx
from tests.feedback import registers
from tests.feedback.desk import INSPECTOR, Desk
from tests.feedback.given import CLERK, MEMBER, SECRETARY, Feedback, issue, visit
from tests.feedback.test_policies import PATH, POLICY

DATA = Path(__file__).parents[1] / "data" / "registers"
NOT_COUNTS = {"as_of", "rule", "days", "period", "suppressed"}
LETTERS = "ẮẰẲẴẶẤẦẨẪẬẾỀỂỄỆỐỒỔỖỘỚỜỞỠỢỨỪỬỮỰÝỲỶỸỴĐ ắằẳẵặấầẩẫậếềểễệốồổỗộớờởỡợứừửữựýỳỷỹỵđ"


def board_of(committee_id: UUID) -> Principal:
    held = Post(
        post_id=uuid7(),
        role=Role.PERMANENT_BOARD,
        body="",
        title="",
        unit_id=committee_id,
        valid_from=None,
        valid_to=None,
    )
    return Principal(
        person_id=uuid7(),
        committee_id=committee_id,
        session_id=uuid7(),
        full_name="Thường trực",
        posts=(held,),
        today=date(2026, 11, 3),
    )


@pytest.mark.parametrize(("name", "history"), [("tu_son_2026", False), ("tu_son_2015_2020", True)])
async def test_f67_a_register_comes_out_the_same_in_every_form(
    feedback: Feedback, name: str, history: bool
) -> None:
    """F67, F68: each figure that somebody else computed stands in the workbook, the PDF, the Word file and the CSV."""
    folder = DATA / name
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    events = list(registers.events(registers.read(folder), history=history))
    for start in range(0, len(events), 500):
        await feedback.take(*events[start : start + 500])
    as_of = datetime.fromisoformat(expected["as_of"]) if "as_of" in expected else feedback.clock.now()
    first, last = map(date.fromisoformat, expected["period"]) if "period" in expected else (None, None)

    async with feedback.database.read() as tx:
        (row,) = await tx.all("SELECT DISTINCT committee_id FROM visit")
        paper = report_paper(await report(tx, board_of(row.committee_id), as_of, first, last))

    wanted = {FIGURES[key]: value for key, value in expected.items() if key not in NOT_COUNTS}
    wanted = {words: "dưới 5" if value is None else value for words, value in wanted.items()}
    assert wanted.items() <= in_workbook(xlsx(*paper.parts)).items()
    texts = {words: written(value) for words, value in wanted.items()}
    assert texts.items() <= in_pdf(pdf(paper, Layout())).items()
    assert texts.items() <= in_word(as_docx(paper, Layout())).items()
    assert {words: str(value) for words, value in wanted.items()}.items() <= dict(
        csv.reader(io.StringIO(comma_separated(paper.parts[0]).decode("utf-8-sig")))
    ).items()


def in_workbook(content: bytes) -> dict[str, Any]:
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return {str(row[0]): row[1] for row in page.iter_rows(min_row=5, values_only=True)}


def in_pdf(content: bytes) -> dict[str, str]:
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    lines = text.splitlines()
    return {
        words: line.removeprefix(words).strip()
        for words in FIGURES.values()
        for line in lines
        if re.fullmatch(rf"{re.escape(words)} ([\d.]+|dưới 5)", line)
    }


def in_word(content: bytes) -> dict[str, str]:
    paper = docx.Document(io.BytesIO(content))
    return {row.cells[0].text: row.cells[1].text for row in paper.tables[1].rows}


async def test_f69_a_report_as_of_a_moment_survives_a_new_rule(feedback: Feedback, desk: Desk) -> None:
    """F69: another number of days, a duty done late and a visit more change no paper as of an earlier moment."""
    await feedback.take(visit("evening", issue("ditch")))
    at = feedback.clock.now()
    before = await desk.read(SECRETARY, "/report", as_of=at.isoformat())

    rule = POLICY | {"kind": "report", "days": 3, "valid_from": f"{at + timedelta(days=1):%Y-%m-%d}"}
    assert (await desk.put(SECRETARY, PATH, rule)).status_code == 201
    feedback.clock.move_to(at + timedelta(days=30))
    later = f"{at + timedelta(days=10):%Y-%m-%d} 19:00"
    filed = f"{at + timedelta(days=25):%Y-%m-%d} 08:00"
    await feedback.take(
        visit("another evening", issue("lamp"), started=later),
        visit("evening", issue("ditch"), version=2, filed=filed),
    )

    assert await desk.read(SECRETARY, "/report", as_of=at.isoformat()) == before
    assert await desk.read(SECRETARY, "/report") != before


async def test_practice_64_the_meeting_sees_what_cells_wait_for(feedback: Feedback, desk: Desk) -> None:
    """A restricted matter is not in it; what was raised is, with its state."""
    await feedback.take(visit("evening", issue("ditch")))

    shown = await desk.read(CLERK, "/report", pack="follow-up")

    ((unit, *_, state, due, _),) = shown["parts"][0]["rows"]
    assert unit
    assert state == "Chưa chuyển"
    assert re.fullmatch(r"\d\d/\d\d/2026", due)


@pytest.mark.parametrize("format", ["pdf", "docx", "xlsx", "csv"])
async def test_whoever_sees_the_whole_takes_it_as_a_file(desk: Desk, format: str) -> None:  # noqa: A002
    """A member, who sees only the own, does not; a period that ends before it begins is refused by name."""
    assert (await desk.get(INSPECTOR, "/report/file", format=format)).status_code == 200
    assert (await desk.get(MEMBER, "/report/file", format=format)).status_code == 403
    wrong = await desk.get(CLERK, "/report/file", **{"from": "2026-05-02", "to": "2026-05-01"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/query/from")


def test_a_paper_is_set_in_one_face_and_nothing_in_it_is_a_command() -> None:
    """F68: every Vietnamese letter from Tinos; text of a register is neither markup nor a formula; the same bytes again."""
    hostile = ["=1+1", "#panic()", "*đậm*", LETTERS]
    paper = Document(
        organ="Thành ủy Từ Sơn",
        kind="BC",
        day=date(2026, 11, 3),
        title="Thử",
        about="",
        parts=[
            Sheet(name="1. Bảng", about="", columns=[Column("Chữ", 60)], rows=[[each] for each in hostile])
        ],
    )

    made = pdf(paper, Layout())
    reader = pypdf.PdfReader(io.BytesIO(made))
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    text = " ".join(reader.pages[0].extract_text().split())

    assert made == pdf(paper, Layout())
    assert fonts <= {"Tinos-Regular", "Tinos-Bold", "Tinos-Italic"}
    assert all(each in text for each in hostile)
    book = openpyxl.load_workbook(io.BytesIO(xlsx(*paper.parts)))
    assert {cell.data_type for row in book.active.iter_rows(min_row=5) for cell in row} == {"s"}
