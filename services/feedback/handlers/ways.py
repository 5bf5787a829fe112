"""What visits is told of an issue's way, so that the phone shows it: one snapshot after every step.

Of a restricted issue only the moments leave (I12). The key of the event is the visit, because what the
office and the agencies wrote ends with the visit's texts.
"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from services.feedback.store import forwardings as forwarding_store
from services.feedback.store import notes as note_store
from services.feedback.store import verdicts as verdict_store
from services.feedback.store import ways as store
from services.feedback.store.forwardings import Forwarding
from shared.contracts.feedback import TELLING, ForwardingSnapshot, IssueProgressed
from shared.erasure import empty_outbox
from shared.uow import Database, UnitOfWork

_BATCH = 200


async def tell_way(tx: UnitOfWork, issue_id: UUID) -> None:
    """Publish how far the issue, whose row is locked, has come now."""
    head = await store.next_version(tx, issue_id)
    sent = await forwarding_store.of_issue(tx, issue_id)
    reply = await forwarding_store.reply_of(tx, issue_id)
    verdicts = await verdict_store.of_issue(tx, issue_id)
    promised = {
        each.forwarding_id: each.promised_on
        for each in await note_store.of_issue(tx, issue_id)
        if each.promised_on
    }
    event = IssueProgressed(
        issue_id=issue_id,
        version=head.version,
        visit_id=head.visit_id,
        committee_id=head.committee_id,
        # What an agency is not competent for is as if it had not been sent there: it waits for nobody.
        forwardings=tuple(
            _snapshot(each, promised.get(each.forwarding_id), restricted=head.restricted)
            for each in sent
            if each.refused_at is None
        ),
        replied_at=reply.replied_at if reply else None,
        reply_summary=reply.summary if reply and not head.restricted else None,
        settled=verdicts[-1].settled if verdicts else None,
        judged_at=verdicts[-1].given_at if verdicts else None,
    )
    tx.publish(event, key=head.visit_id)


def _snapshot(sent: Forwarding, promised_on: date | None, *, restricted: bool) -> ForwardingSnapshot:
    return ForwardingSnapshot(
        forwarding_id=sent.forwarding_id,
        agency_unit_id=sent.agency_unit_id,
        sent_at=sent.sent_at,
        number="" if restricted else sent.number,
        acknowledged_at=sent.acknowledged_at,
        answered_at=sent.answered_at,
        answer_number=None if restricted else sent.answer_number,
        answer_summary=None if restricted else sent.answer_summary,
        promised_on=promised_on,
    )


async def forget_texts(tx: UnitOfWork, visit_ids: Collection[UUID]) -> None:
    """Empty every event that carried a text about these visits, and tell again what remains of the ways."""
    for event in TELLING:
        await empty_outbox(tx, event.subject, visit_ids)
    for issue_id in await store.told_of(tx, visit_ids):
        await tell_way(tx, issue_id)


async def tell_untold_ways(database: Database, _today: date) -> int:
    """Issues that were on their way before ways were told; how many were told now."""

    async def tell(tx: UnitOfWork) -> int:
        untold = await store.untold(tx, _BATCH)
        for issue_id in untold:
            await tell_way(tx, issue_id)
        return len(untold)

    told = 0
    while done := await database.run(tell):
        told += done
    return told
