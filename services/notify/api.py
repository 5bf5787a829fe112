"""notify over HTTP: one's own inbox and channels, the ledger, and "I am on it"."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.notify import handlers, views
from services.notify.domain.message import EMAIL
from services.notify.personal import SECTIONS
from services.notify.schemas import (
    Acknowledgement,
    AcknowledgementIn,
    Channels,
    ChannelsIn,
    Email,
    InboxMessage,
    InboxPage,
    LedgerMessage,
    LedgerPage,
)
from services.notify.templates import due_in_vietnamese, render
from shared.access import RULES, Principal, allow
from shared.contracts.notify import MessageState
from shared.http import Instant, json_body
from shared.personal import PersonalData, personal_data
from shared.uow import Database, UnitOfWork

SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]
Reader = Annotated[Principal, Depends(allow(RULES.read_messages))]
Limit = Annotated[int, Query(ge=1, le=200)]


def build_router(database: Database, *, ringing: Collection[str], public_url: str) -> APIRouter:
    """The routes, on this database."""
    router = APIRouter(prefix="/notify/api")

    @router.get("/inbox", tags=["inbox"])
    async def get_inbox(principal: SignedIn, after: UUID | None = None, limit: Limit = 50) -> InboxPage:
        """One's own messages, newest first, and how many were never opened."""
        async with database.read() as tx:
            restricted = RULES.read_restricted.reach(principal)
            shown = await views.inbox(tx, principal.person_id, restricted, after=after, limit=limit)
            unread = await views.unread(tx, principal.person_id, restricted)
        return InboxPage(unread=unread, messages=[_inbox_message(each, public_url) for each in shown])

    @router.put("/inbox/{message_id}/read", tags=["inbox"], status_code=204)
    async def put_read(principal: SignedIn, message_id: UUID) -> Response:
        """Mark one of one's own messages as read; again changes nothing."""
        async with database.begin() as tx:
            restricted = RULES.read_restricted.reach(principal)
            await handlers.open_message(tx, message_id, principal.person_id, restricted)
        return Response(status_code=204)

    @router.get("/messages", tags=["ledger"])
    async def get_messages(
        principal: Reader,
        duty_id: UUID | None = None,
        person_id: UUID | None = None,
        channel: Annotated[str | None, Query(max_length=40)] = None,
        state: MessageState | None = None,
        since: Instant | None = None,
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> LedgerPage:
        """Who was told what, by which channel, and what became of it; newest first."""
        async with database.read() as tx:
            rows = await views.ledger(
                tx,
                RULES.read_messages.reach(principal),
                RULES.read_restricted.reach(principal),
                duty_id=duty_id,
                person_id=person_id,
                channel=channel,
                state=None if state is None else state.value,
                since=since,
                after=after,
                limit=limit,
            )
        return LedgerPage(messages=[LedgerMessage.model_validate(row._asdict()) for row in rows])

    @router.put("/escalations/{duty_id}/acknowledgement", tags=["escalations"])
    async def put_acknowledgement(
        principal: SignedIn,
        duty_id: UUID,
        acknowledgement: Annotated[AcknowledgementIn, Depends(json_body(AcknowledgementIn))],
    ) -> Acknowledgement:
        """Say "I am on it": the owner is not told again before that date ends. The clock of the duty runs on."""
        async with database.begin() as tx:
            resumes_at = await handlers.acknowledge(tx, duty_id, principal.person_id, acknowledgement.until)
        return Acknowledgement(duty_id=duty_id, until=acknowledgement.until, resumes_at=resumes_at)

    @router.get("/channels", tags=["channels"])
    async def get_channels(principal: SignedIn) -> Channels:
        """How one can be reached beside the inbox."""
        async with database.read() as tx:
            return await _channels(tx, principal, ringing)

    @router.put("/channels", tags=["channels"])
    async def put_channels(
        principal: SignedIn, channels: Annotated[ChannelsIn, Depends(json_body(ChannelsIn))]
    ) -> Channels:
        """Turn one's own e-mail on or off, and say where it goes."""
        async with database.begin() as tx:
            await handlers.set_email(
                tx, principal.person_id, enabled=channels.email.enabled, address=channels.email.address
            )
            return await _channels(tx, principal, ringing)

    @router.get("/me/data", tags=["privacy"])
    async def get_own_data(principal: SignedIn) -> PersonalData:
        """Everything this service keeps about oneself, with Vietnamese labels."""
        async with database.read() as tx:
            return await personal_data(tx, "notify", principal.person_id, SECTIONS)

    return router


async def _channels(tx: UnitOfWork, principal: Principal, ringing: Collection[str]) -> Channels:
    row = await views.email_of(tx, principal.person_id)
    return Channels(
        email=Email(available=EMAIL in ringing, enabled=row.enabled, address=row.address, chosen=row.chosen)
    )


def _inbox_message(shown: views.Shown, public_url: str) -> InboxMessage:
    draft = shown.draft
    text = render(draft, public_url)
    return InboxMessage(
        message_id=draft.message_id,
        duty_id=draft.duty_id,
        notice=draft.notice,
        rung=draft.rung,
        duty_kind=draft.duty_kind,
        due_at=draft.due_at,
        due_text=due_in_vietnamese(draft.due_at, provisional=draft.provisional),
        provisional=draft.provisional,
        subject=text.subject,
        body=text.body,
        delivered_at=shown.delivered_at,
        read=shown.read,
    )
