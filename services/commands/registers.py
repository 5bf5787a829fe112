"""`field-visits import`: a register on paper becomes facts, all of it or nothing."""

import sys
from collections.abc import Callable
from pathlib import Path

from services.installation import Installation, installation
from services.visits import handlers as visits
from services.visits.domain.register import Register, RegisterErrors, read_register

Say = Callable[[str], None]

CONFIRMED_WITHIN = 120.0
"""Seconds in which the running services are expected to have taken a register in."""


async def import_register(folder: Path, *, data_dir: Path, dry_run: bool, say: Say) -> None:
    """Read, check, record in one transaction, and wait until every service has it."""
    register = _read(folder, say)
    async with installation(data_dir) as found:
        if found.ours:
            async with found.services():
                await _record(found, register, dry_run=dry_run, say=say)
        else:
            await _record(found, register, dry_run=dry_run, say=say)


def _read(folder: Path, say: Say) -> Register:
    try:
        register = read_register(folder)
    except RegisterErrors as refused:
        for error in refused.errors:
            say(f"{error.in_vietnamese}\n  {error.in_english}")
        more = refused.total - len(refused.errors)
        say(f"… và {more} lỗi nữa (and {more} more)" if more else "")
        sys.exit(f"field-visits: {refused.total} lỗi, không nhập gì (errors, nothing was imported)")
    for note in register.notes:
        say(f"{note.in_vietnamese} ({note.in_english})")
    return register


class _DryRun(Exception):
    """Rolls the transaction of a dry run back."""


async def _record(found: Installation, register: Register, *, dry_run: bool, say: Say) -> None:
    async with found.database("visits") as database:
        try:
            async with database.begin() as tx:
                summary = await visits.import_register(register, tx)
                if dry_run:
                    raise _DryRun
        except _DryRun:
            say(f"Chạy thử, không ghi gì (dry run, nothing recorded): {summary}")
            return
    say(str(summary))
    await found.settled(within=CONFIRMED_WITHIN)
