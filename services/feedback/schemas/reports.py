"""A paper on the screen."""

from pydantic import BaseModel


class PartOut(BaseModel):
    """A table, its cells as an office writes them."""

    name: str
    about: str
    head: list[str]
    rows: list[list[str]]


class PaperOut(BaseModel):
    """What a file of the same paper holds. Papers are Vietnamese in every language."""

    title: str
    about: str
    parts: list[PartOut]
    notes: list[str]
