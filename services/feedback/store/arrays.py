"""Columns of many rows as arrays, the cheapest way to hand thousands of rows to PostgreSQL."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def sparse(column: Sequence[T | None]) -> Sequence[T | None]:
    """A column that mostly has no values. `unnest` fills the shorter of its arrays with NULL, so none at all
    need not be sent one by one.
    """
    return column if any(value is not None for value in column) else []
