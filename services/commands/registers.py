"""`field-visits import`: a register on paper becomes facts, all of it or nothing."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from services.installation import Installation, installation
from services.visits import handlers as visits
from services.visits.domain.register import Register, RegisterErrors, read_register
from services.visits.handlers import ImportSummary
from shared.uow import UnitOfWork

Say = Callable[[str], None]

CONFIRMED_WITHIN = 120.0
"""Seconds in which the running services are expected to have taken a register in."""


async def import_register(path: Path, *, data_dir: Path, dry_run: bool, say: Say) -> None:
    """Read, check, record in one transaction, and wait until every service has it."""
    register = _read(path, say)
    async with installation(data_dir) as found:
        if found.ours:
            async with found.services():
                await _record(found, register, path.name, dry_run=dry_run, say=say)
        else:
            await _record(found, register, path.name, dry_run=dry_run, say=say)


def _read(path: Path, say: Say) -> Register:
    try:
        register = read_register(path)
    except RegisterErrors as refused:
        _tell(refused, say)
    for note in register.notes:
        say(f"{note.in_vietnamese} ({note.in_english})")
    return register


def _tell(refused: RegisterErrors, say: Say) -> NoReturn:
    for error in refused.errors:
        say(f"{error.in_vietnamese}\n  {error.in_english}")
    more = refused.total - len(refused.errors)
    say(f"… và {more} lỗi nữa (and {more} more)" if more else "")
    sys.exit(f"field-visits: {refused.total} lỗi, không nhập gì (errors, nothing was imported)")


async def _record(found: Installation, register: Register, name: str, *, dry_run: bool, say: Say) -> None:
    async def work(tx: UnitOfWork) -> ImportSummary:
        return await visits.import_register(register, tx, files=[name])

    async with found.database("visits") as database:
        try:
            summary = await (database.rehearse(work) if dry_run else database.run(work))
        except RegisterErrors as refused:
            _tell(refused, say)
    if dry_run:
        say(f"Chạy thử, không ghi gì (dry run, nothing recorded): {summary}")
        return
    say(str(summary))
    await found.settled(within=CONFIRMED_WITHIN)
