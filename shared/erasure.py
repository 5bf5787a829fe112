"""Erasing what people wrote: texts go everywhere they stand, numbers and facts stay (domain rule 2.5.7).

Who owns a text says that it is gone by an event; everybody who holds a copy obeys. An event that carried the
text keeps its place in the outbox with a marker for a body, so that sequences stay free of gaps: sent again,
the old number says nothing, and the erasure itself, a later number, carries the facts that remain. The inbox
takes a marker for what it is and never for a forgery of the event whose id it bears. What lies in quarantine
is emptied too, whatever kept it from being read.

What must never happen: an old message, late, replayed or sent again, brings an erased text back.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from shared.contracts.envelope import ERASED_BODY
from shared.uow import UnitOfWork

DECIDED_QUARANTINE = timedelta(days=30)
"""A held message that was replayed or discarded keeps its body for so long, for whoever asks what it was."""


async def empty_outbox(tx: UnitOfWork, subject: str, keys: Collection[UUID]) -> int:
    """Leave only the marker of the events of one type about these things; how many were emptied."""
    emptied = await tx.execute(
        """
        UPDATE outbox SET payload = :marker
        WHERE subject = :subject AND key = ANY(CAST(:keys AS text[])) AND payload <> :marker
        """,
        marker=ERASED_BODY.decode(),
        subject=subject,
        keys=[str(key) for key in keys],
    )
    return emptied.rowcount


async def empty_quarantine(tx: UnitOfWork, ids: Collection[UUID]) -> int:
    """Empty every held message that names one of these things, in its headers or anywhere in its body."""
    emptied = await tx.execute(
        """
        UPDATE quarantine SET payload = CAST(:marker AS bytea)
        WHERE payload <> CAST(:marker AS bytea) AND EXISTS (
            SELECT FROM unnest(CAST(:ids AS text[])) AS gone (id)
            WHERE headers ->> 'ce-subject' = gone.id OR position(convert_to(gone.id, 'UTF8') IN payload) > 0)
        """,
        marker=ERASED_BODY,
        ids=[str(each) for each in ids],
    )
    return emptied.rowcount


async def empty_decided_quarantine(tx: UnitOfWork) -> int:
    """Empty what a person decided on long enough ago; the row, its reason and the decision stay."""
    emptied = await tx.execute(
        """
        UPDATE quarantine SET payload = CAST(:marker AS bytea)
        WHERE status <> 'held' AND decided_at < :before AND payload <> CAST(:marker AS bytea)
        """,
        marker=ERASED_BODY,
        before=tx.now - DECIDED_QUARANTINE,
    )
    return emptied.rowcount
