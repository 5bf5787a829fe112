"""`field-visits erase`: what the daily housekeeping would erase, shown or done by hand."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from services.feedback.handlers.erasure import erase_contacts
from services.feedback.store import contacts
from services.installation import Installation, installation
from services.visits import handlers as visits
from shared import directory
from shared.clock import LOCAL, local_date
from shared.errors import NotFound, invalid

Say = Callable[[str], None]

CONFIRMED_WITHIN = 120.0
OPERATOR = "command-line"


async def erase(
    data_dir: Path, *, as_of: datetime | None, visit_id: UUID | None, dry_run: bool, say: Say
) -> None:
    """Show what has expired as of an instant, and erase it unless this is a dry run."""
    async with installation(data_dir) as found:
        at = as_of or found.clock.now()
        if at > found.clock.now() and not dry_run:
            raise invalid(
                "/as-of",
                "dry-run",
                vi="Thời điểm này chưa tới: chỉ xem trước được, thêm --dry-run",
                en="this instant has not come yet: it can be looked at only, add --dry-run",
                value=at.astimezone(LOCAL).isoformat(),
            )
        if visit_id is not None:
            await _one_visit(found, visit_id, dry_run=dry_run, say=say)
            return
        await _show(found, local_date(at), say)
        if dry_run:
            say("Xem trước, không xóa gì (dry run, nothing erased).")
        else:
            await _erase(found, local_date(at), say)


async def _show(found: Installation, today: date, say: Say) -> None:
    async with found.database("visits") as database, database.read() as tx:
        expired = await visits.expired(tx, today)
        names = await directory.unit_names(tx, expired.by_committee.keys())
    for committee_id, count in expired.by_committee.items():
        say(
            f"{names.get(committee_id, committee_id)}: {count} chuyến đi sẽ xóa nội dung (visits lose their texts)"
        )
    async with found.database("feedback") as database, database.read() as tx:
        kept = await contacts.expired(tx, today)
    say(f"Chuyến đi (visits) {len(expired.visit_ids)}, thông tin liên hệ (contacts) {len(kept)}")


async def _erase(found: Installation, today: date, say: Say) -> None:
    async with found.database("visits") as database:
        erased = await visits.erase_expired(database, today)
    async with found.database("feedback") as database:
        kept = await erase_contacts(database, today)
    say(f"Đã xóa nội dung {erased} chuyến đi, {kept} thông tin liên hệ (erased).")
    await _settle(found)


async def _one_visit(found: Installation, visit_id: UUID, *, dry_run: bool, say: Say) -> None:
    async with found.database("visits") as database:
        async with database.read() as tx:
            known = await tx.scalar("SELECT 1 FROM visit WHERE visit_id = :id", id=visit_id)
        if not known:
            raise NotFound(f"Không có chuyến đi {visit_id}", f"there is no visit {visit_id}")
        if dry_run:
            say(f"Sẽ xóa nội dung chuyến đi {visit_id} (would lose its texts).")
            return
        await database.run(lambda tx: visits.erase_visits([visit_id], tx, by=OPERATOR))
    say(f"Đã xóa nội dung chuyến đi {visit_id} (its texts are erased).")
    await _settle(found)


async def _settle(found: Installation) -> None:
    """Where no services run, run them until everybody has obeyed."""
    if found.ours:
        async with found.services():
            await found.settled(within=CONFIRMED_WITHIN)
    else:
        await found.settled(within=CONFIRMED_WITHIN)
