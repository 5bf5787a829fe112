"""Workbooks as an office fills them in: the product's own template with rows in it."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import load_workbook

from services.visits.domain.register.template import template

Rows = Mapping[str, Iterable[Sequence[Any]]]


def filled(pages: Rows) -> bytes:
    """The template with these rows on its pages, each below the headings."""
    book = load_workbook(io.BytesIO(template()))
    for name, rows in pages.items():
        for row in rows:
            book[name].append(list(row))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
