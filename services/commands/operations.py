"""Commands for the person on duty: quarantine, the proof that nothing is lost, invitations, the first administrator."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

from services.installation import NAMES, Installation, installation
from services.visits import handlers as visits
from shared import audit, directory, outbox, quarantine, receipts, topology
from shared.clock import LOCAL
from shared.contracts.envelope import Producer
from shared.errors import NotFound, invalid
from shared.inbox import Poison

Say = Callable[[str], None]

OPERATOR = "command line"


async def list_held(
    data_dir: Path, service: Producer | None, status: str, *, as_json: bool, say: Say
) -> None:
    """Print the messages that were set aside, never their bodies."""
    rows: list[tuple[Producer, quarantine.HeldRow]] = []
    async with installation(data_dir) as found:
        for name in [service] if service else NAMES:
            async with found.database(name) as database, database.read() as tx:
                rows += [(name, row) for row in await quarantine.listing(tx, status=status)]
    if as_json:
        say(json.dumps([{"service": name, **asdict(row)} for name, row in rows], default=str, indent=1))
        return
    for name, row in rows:
        at = row.held_at.astimezone(LOCAL).strftime("%d/%m/%Y %H:%M")
        say(f"{name:<9} {row.id:>6}  {at}  {row.reason:<16} {row.subject}  {row.detail}")
    if not rows:
        say(f"Không có bản tin nào (no messages {status}).")


async def replay(data_dir: Path, name: Producer, number: int, *, say: Say) -> None:
    """Run a held message through the service's own inbox again."""
    async with installation(data_dir) as found:
        service = found.build(name)
        try:
            async with service.database.read() as tx:
                producer = await quarantine.producer_of(tx, number)
            if producer not in service.inboxes:
                raise NotFound(f"Không có bản tin số {number}", f"{name} reads nothing from {producer}")
            await service.inboxes[producer].replay(number, by=OPERATOR)
        except Poison as poison:
            raise invalid(
                "/number",
                poison.reason,
                vi=f"Bản tin {number} vẫn chưa áp dụng được: {poison.detail}",
                en=f"message {number} still cannot be applied: {poison.detail}",
            ) from None
        finally:
            await service.dispose()
    say(f"Đã áp dụng lại bản tin {number} (replayed).")


async def discard(data_dir: Path, name: Producer, number: int, *, say: Say) -> None:
    async with installation(data_dir) as found, found.database(name) as database, database.begin() as tx:
        await quarantine.discard(tx, number, by=OPERATOR)
    say(f"Đã bỏ bản tin {number}, hồ sơ vẫn giữ (discarded, kept on record).")


async def verify(data_dir: Path, *, say: Say) -> bool:
    """Compare what each producer sent with what each consumer recorded; true when nothing is missing."""
    good = True
    async with installation(data_dir) as found:
        for consumes in topology.CONSUMERS:
            good &= await _verify_pair(found, consumes, say)
        good &= await _verify_visits(found, say)
        for name in NAMES:
            good &= await _verify_audit(found, name, say)
    say(
        "Không thiếu gì (nothing is missing)."
        if good
        else "CÓ CHỖ THIẾU, xem trên (something is missing, see above)."
    )
    return good


async def _verify_pair(found: Installation, consumes: topology.Consumes, say: Say) -> bool:
    producer, consumer = _name(consumes.producer), _name(consumes.consumer)
    async with found.database(producer) as database, database.read() as tx:
        sent = await outbox.last_seq(tx)
    async with found.database(consumer) as database, database.begin() as writing:
        through, _highest, missing = await receipts.progress(writing, producer)
    held = "" if not missing else f", missing {missing[:3]}"
    say(f"{producer:<9} → {consumer:<9} sent {sent}, recorded through {through}{held}")
    return through >= sent


async def _verify_visits(found: Installation, say: Say) -> bool:
    """Every visit that visits accepted is known to feedback, and none that it did not."""
    accepted, known = await _visit_ids(found, "visits"), await _visit_ids(found, "feedback")
    say(f"visits accepted {len(accepted)}, feedback knows {len(known)}, lost {len(accepted - known)}")
    return accepted == known


async def _verify_audit(found: Installation, name: Producer, say: Say) -> bool:
    """The chain holds from the first row to the head. Write the head down: a later one must grow from it."""
    async with found.database(name) as database, database.read() as tx:
        chain = await audit.proven(tx)
    say(f"{name:<9} audit of {chain.length} rows, head {chain.head[:16]}")
    if chain.broken is not None:
        say(f"{name:<9} AUDIT BROKEN: {chain.broken}")
    return chain.broken is None


async def _visit_ids(found: Installation, name: Producer) -> set[UUID]:
    async with found.database(name) as database, database.read() as tx:
        return set((await tx.execute("SELECT visit_id FROM visit")).scalars())


async def invitation_link(data_dir: Path, code: str, committee: str | None) -> str:
    """An invitation for the person `code`. Raises NotFound, or Invalid when the committee is not clear."""
    async with installation(data_dir) as found, found.database("visits") as database, database.begin() as tx:
        committees = [unit for unit in await directory.committees(tx) if committee in (None, unit.code)]
        people = [
            person
            for unit in committees
            for person in (await directory.people_by_code(tx, unit.unit_id, [code])).values()
        ]
        if not people:
            raise NotFound(f"Không có ai mang mã {code}", f"nobody in the directory has the code {code}")
        if len(people) > 1:
            codes = ", ".join(unit.code for unit in committees)
            raise invalid(
                "/committee",
                "ambiguous",
                vi=f"Mã {code} có ở nhiều cấp ủy ({codes}); thêm --committee",
                en=f"the code {code} exists in several committees ({codes}); add --committee",
            )
        _, token = await visits.invite(people[0], tx, by=None)
        return visits.invitation_link(found.settings["visits"].public_url, token)


async def first_administrator(
    data_dir: Path, *, name: str, code: str, committee_code: str, committee_name: str
) -> str:
    """Found the first committee with one person in it; their invitation. Raises Conflict when there is one."""
    async with installation(data_dir) as found, found.database("visits") as database, database.begin() as tx:
        token = await visits.first_administrator(
            name=name, code=code, committee_code=committee_code, committee_name=committee_name, tx=tx
        )
        return visits.invitation_link(found.settings["visits"].public_url, token)


def _name(text: str) -> Producer:
    return next(name for name in NAMES if name == text)
