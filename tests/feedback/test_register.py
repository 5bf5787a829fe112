"""The register: found by any word without marks, counted as a whole, and taken out as a file that harms nobody."""

import csv
import io
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.visits import AccessClass
from shared.sheets import Column, Sheet, comma_separated, xlsx
from tests.feedback.desk import STRANGER, Desk
from tests.feedback.given import CLERK, MEMBER, SECRETARY, Feedback, id_of, issue, visit

FORMULAS = ("=", "+", "-", "@", "\t=", "=HYPERLINK(", "=cmd|", "@SUM(", "+1", "-1+1", "")


@pytest.fixture
async def full(feedback: Feedback, desk: Desk) -> Desk:
    """Two matters and a restricted one in one evening, and one next door."""
    await feedback.take(
        visit(
            "evening",
            issue("ditch", title="Rãnh thoát nước bị tắc"),
            issue("lamp", title="Đèn đường đã hỏng"),
            issue("talk", access_class=AccessClass.IDEOLOGY, title=None),
        ),
        visit("theirs", issue("their ditch", title="Rãnh bên kia"), committee_id=id_of("neighbour")),
    )
    return desk


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("rãnh thoát", {"ditch"}),
        ("RANH", {"ditch"}),
        ("den duong", {"lamp"}),
        ("duong den", {"lamp"}),
        ("da hong", {"lamp"}),
        ("ranh den", set()),
        ("100%", set()),
        ("r_nh", set()),
        ("tư tưởng", set()),
    ],
)
async def test_a_matter_is_found_by_its_words(full: Desk, typed: str, found: set[str]) -> None:
    """With or without marks, in any order, every word; what LIKE would take for a pattern is a letter."""
    page = await full.read(CLERK, "/duties", q=typed)

    assert {duty["issue_id"] for duty in page["duties"]} == {str(id_of(name)) for name in found}


async def test_the_count_is_of_the_whole_choice(full: Desk) -> None:
    """However few a page holds, it says how many of each kind there are within the reader's reach."""
    page = await full.read(CLERK, "/duties", limit=1)
    assert len(page["duties"]) == 1
    assert page["counted"] == {"report": 1, "forward": 2}

    board = await full.read(SECRETARY, "/duties", limit=1)
    assert board["counted"] == {"report": 1, "forward": 3}
    assert (await full.read(STRANGER, "/duties"))["counted"] == {"report": 1, "forward": 1}


async def test_a_file_holds_the_choice_and_nothing_restricted(full: Desk) -> None:
    """The board sees the restricted matter on the screen; in a file it stands for nobody."""
    rows = _csv((await full.get(SECRETARY, "/register", format="csv")).content)
    assert rows[0][:5] == ["STT", "Việc", "Người phụ trách", "Đơn vị", "Nội dung"]
    assert sorted(row[4] for row in rows[1:]) == ["", "Rãnh thoát nước bị tắc", "Đèn đường đã hỏng"]

    found = _csv((await full.get(SECRETARY, "/register", format="csv", q="den")).content)
    assert [row[4] for row in found[1:]] == ["Đèn đường đã hỏng"]


async def test_a_workbook_has_real_dates_and_a_vietnamese_name(feedback: Feedback, full: Desk) -> None:
    """What the office opens: dates that sort, a heading, the moment it speaks of; and the audit knows who took it."""
    answer = await full.get(CLERK, "/register")
    assert "filename*=UTF-8''S%E1%BB%95%20theo%20d%C3%B5i" in answer.headers["content-disposition"]
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert page is not None
    assert page["A1"].value == "Sổ theo dõi việc đã giao"
    assert page["A2"].value == "Tính đến 06/10/2026 08:00, 3 việc"
    assert (page["G5"].value, page["G5"].number_format) == (datetime(2026, 10, 12), "dd/mm/yyyy")  # noqa: DTZ001  # a date

    async with feedback.database.read() as tx:
        acts = await tx.all("SELECT person_id, became FROM audit WHERE act = 'register.exported'")
    assert [(act.person_id, act.became) for act in acts] == [(CLERK, '{"rows":3}')]


async def test_a_member_takes_out_their_own(full: Desk) -> None:
    """The file reaches as far as the screen; the stranger's holds nothing of ours."""
    assert len(_csv((await full.get(MEMBER, "/register", format="csv")).content)) == 4
    theirs = _csv((await full.get(STRANGER, "/register", format="csv")).content)
    assert {row[4] for row in theirs[1:]} == {"", "Rãnh bên kia"}


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.builds(str.__add__, st.sampled_from(FORMULAS), st.text("A1(,;'\"| đẾ\n", max_size=9)), max_size=4
    )
)
def test_no_text_becomes_a_formula(texts: list[str]) -> None:
    """Whatever people write comes back as the text it was, in both forms."""
    sheet = Sheet(name="a", about="b", columns=[Column("Nội dung")], rows=[[text] for text in texts])

    page = openpyxl.load_workbook(io.BytesIO(xlsx(sheet))).active
    assert page is not None
    cells = [page.cell(row, 1) for row in range(5, 5 + len(texts))]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s") for text in texts]
    assert all(not row[0].startswith(("=", "+", "-", "@")) for row in _csv(comma_separated(sheet))[1:])


def _csv(content: bytes) -> list[list[Any]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
