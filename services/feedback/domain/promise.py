"""The promise ledger: the day an authority that is late commits itself to (decision 0040).

A promise moves no due date. It is kept when the answer came on its day or before, and broken once that day is
over without one; nobody decides this, it is read off the dates.
"""

from collections.abc import Collection
from datetime import date


def broken(promised_on: Collection[date], until: date) -> int:
    """How many of these days were over on `until`: the local day of the answer, or today while there is none."""
    return sum(each < until for each in promised_on)


def standing(promised_on: Collection[date], today: date) -> date | None:
    """The day that is still to come, if one was promised."""
    return max((each for each in promised_on if each >= today), default=None)
