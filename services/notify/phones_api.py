"""Reminders on the phone over HTTP: switch them on and off in a browser, try one, and say when it must be quiet."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.notify.channels.base import ChannelError, Letter
from services.notify.channels.push_crypto import PushKey
from services.notify.channels.push_services import PushServices
from services.notify.channels.webpush import PushChannel
from services.notify.domain.window import Quiet
from services.notify.handlers import phones as handlers
from services.notify.schemas import (
    Phone,
    Phones,
    PhoneTried,
    QuietHours,
    QuietHoursIn,
    SubscriptionIn,
    SubscriptionKept,
)
from services.notify.store import phones
from shared.access import RULES, Principal, allow
from shared.errors import NotFound
from shared.http import json_body
from shared.ids import uuid7
from shared.uow import Database

# Switching on and off needs the person; that a message was seen may also be told by a phone whose session ended.
SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]
OwnPhone = Annotated[Principal, Depends(allow(RULES.read_own))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What switches phones on; an installation without a key has none of it."""

    key: PushKey
    services: PushServices
    channel: PushChannel


def build_router(database: Database, push: Push | None) -> APIRouter:
    """The routes, on this database."""
    router = APIRouter(prefix="/notify/api", tags=["phones"])
    _add_phones(router, database, push)

    @router.put("/letters/{letter_id}/seen", status_code=204)
    async def put_seen(principal: OwnPhone, letter_id: UUID) -> Response:
        """The notification was touched on a phone: it has reached its reader. Again changes nothing."""
        async with database.begin() as tx:
            await handlers.see_letter(tx, letter_id, principal.person_id)
        return Response(status_code=204)

    @router.get("/quiet-hours")
    async def get_quiet_hours(principal: SignedIn) -> QuietHours:
        """When nothing rings for oneself."""
        async with database.read() as tx:
            quiet = await phones.quiet_of(tx, principal.person_id)
        return QuietHours(starts=f"{quiet.starts:%H:%M}", ends=f"{quiet.ends:%H:%M}")

    @router.put("/quiet-hours")
    async def put_quiet_hours(
        principal: SignedIn, hours: Annotated[QuietHoursIn, Depends(json_body(QuietHoursIn))]
    ) -> QuietHours:
        """Say when nothing may ring for oneself: e-mail and phones wait, urgent matters do not."""
        async with database.begin() as tx:
            await handlers.set_quiet_hours(tx, principal.person_id, Quiet(*hours.times))
        return QuietHours(starts=hours.starts, ends=hours.ends)

    return router


def _add_phones(router: APIRouter, database: Database, push: Push | None) -> None:
    @router.get("/phones")
    async def get_phones(principal: SignedIn) -> Phones:
        """The browsers in which one lets reminders ring, and the key that another one needs to join them."""
        async with database.read() as tx:
            rows = await phones.of_person(tx, principal.person_id)
        return Phones(
            key=push.key.public if push else None,
            phones=[
                Phone(
                    subscription_id=row.subscription_id,
                    mark=row.endpoint_sha256[:16],
                    label=row.label,
                    created_at=row.created_at,
                    last_ok_at=row.last_ok_at,
                    here=row.session_id == principal.session_id,
                )
                for row in rows
            ],
        )

    @router.put("/phones")
    async def put_phone(
        principal: SignedIn, subscription: Annotated[SubscriptionIn, Depends(json_body(SubscriptionIn))]
    ) -> SubscriptionKept:
        """Let this browser ring for oneself. The same browser again is the same phone, whoever had it before."""
        wanted = _on(push)
        receiver = handlers.receiver_of(
            wanted.services, subscription.endpoint, subscription.keys.p256dh, subscription.keys.auth
        )
        # Everywhere: the browser may have rung for somebody of another committee, who signed out without it.
        async with database.everywhere.begin() as tx:
            kept = await handlers.switch_on(tx, receiver, wanted.key, principal.person_id, subscription.label)
        return SubscriptionKept(subscription_id=kept)

    @router.delete("/phones/{subscription_id}", status_code=204)
    async def delete_phone(principal: SignedIn, subscription_id: UUID) -> Response:
        """Ring this browser no more."""
        async with database.begin() as tx:
            await handlers.switch_off(tx, principal.person_id, subscription_id)
        return Response(status_code=204)

    @router.post("/phones/{subscription_id}/try")
    async def try_phone(principal: SignedIn, subscription_id: UUID) -> PhoneTried:
        """Ring one's own phone now, and say what its push service answered."""
        wanted = _on(push)
        async with database.begin() as tx:
            phone = await handlers.phone_to_try(tx, wanted.key, principal.person_id, subscription_id)
        letter = Letter(
            message_id=uuid7(),
            address=str(principal.person_id),
            subject="Gửi thử: máy này nhận được tin nhắc",
            body="",
            topic="try",
            keep=timedelta(minutes=5),
        )
        try:
            await wanted.channel.try_out(phone, letter)
        except ChannelError as error:
            return PhoneTried(accepted=False, reason=error.reason)
        return PhoneTried(accepted=True, reason=None)


def _on(push: Push | None) -> Push:
    if push is None:
        raise NotFound(
            "Hệ thống này chưa bật tin nhắc trên điện thoại.", "Reminders on phones are not switched on here."
        )
    return push
