"""What must go, goes: texts of erased visits, and contacts some time after their matter was closed."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from services.feedback.contacts import ContactKeys, Sealed
from services.feedback.handlers.ways import forget_texts
from services.feedback.store import contacts as contact_store
from services.feedback.store import erasure as store
from shared.acting import Acting
from shared.erasure import empty_quarantine
from shared.uow import Database, UnitOfWork

_MACHINE = "retention"
_BATCH = 200


async def obey_erasure(tx: UnitOfWork, visit_ids: Collection[UUID]) -> None:
    """Visits says that these texts are gone: here too, whether their visits came before or come later."""
    await store.erase_texts(tx, visit_ids)
    await forget_texts(tx, visit_ids)
    await empty_quarantine(tx, visit_ids)


async def erase_late_texts(database: Database, _today: date) -> int:
    """What was written about a visit after its erasure stays a day at most; how many visits that concerned."""

    async def erase(tx: UnitOfWork) -> int:
        written = await store.written_since(tx)
        if written:
            await store.erase_texts(tx, written)
            await forget_texts(tx, written)
        return len(written)

    return await database.run(erase)


async def erase_contacts(database: Database, today: date) -> int:
    """Erase the contacts that have had their time; how many."""

    async def erase(tx: UnitOfWork) -> int:
        expired = await contact_store.expired(tx, today)
        await contact_store.erase(tx, list(expired))
        for issue_id, committee_id in expired.items():
            tx.audit(
                "contact.erased", "contact", issue_id, by=Acting(committee_id=committee_id, machine=_MACHINE)
            )
        return len(expired)

    return await database.run(erase)


class SealAnew:
    """The job that brings every contact to the newest key, so that an old one can be taken away."""

    __name__ = "seal_anew"

    def __init__(self, keys: ContactKeys) -> None:
        self._keys = keys

    async def __call__(self, database: Database, _today: date) -> int:
        """How many contacts have another key now."""
        sealed = 0
        while done := await database.run(self._batch):
            sealed += done
        return sealed

    async def _batch(self, tx: UnitOfWork) -> int:
        if self._keys.current is None:
            return 0
        old = await contact_store.sealed_otherwise(tx, self._keys.current, _BATCH)
        for contact in old:
            text = self._keys.open(contact.issue_id, Sealed(contact.key_id or "", contact.sealed or b""))
            anew = self._keys.seal(contact.issue_id, text)
            await contact_store.seal_again(tx, contact.issue_id, key_id=anew.key_id, sealed=anew.box)
        return len(old)
