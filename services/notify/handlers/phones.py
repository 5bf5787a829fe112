"""What people say about their phones: ring here, ring here no more, not at these hours; and "does it work?"."""

from datetime import timedelta
from uuid import UUID

from services.notify.channels.push_crypto import PushKey, PushKeyError, Receiver
from services.notify.channels.push_services import ForeignEndpoint, PushServices
from services.notify.channels.webpush import Phone
from services.notify.domain.window import CLOSES, OPENS, Quiet
from services.notify.store import letters, phones
from shared.acting import acting
from shared.errors import NotFound, TooMany, invalid
from shared.ids import uuid7
from shared.uow import UnitOfWork

BETWEEN_TRIES = timedelta(seconds=20)


def receiver_of(services: PushServices, endpoint: str, p256dh: str, auth: str) -> Receiver:
    """A browser we may ring. Raises Invalid."""
    try:
        services.check(endpoint)
    except ForeignEndpoint as foreign:
        raise invalid(
            "/endpoint",
            "push-service",
            vi="Trình duyệt này dùng một dịch vụ báo tin mà hệ thống không gửi tới; hãy thử Chrome, Edge, Firefox hoặc Safari.",
            en=f"We do not send to this push service ({foreign.reason}); try Chrome, Edge, Firefox or Safari.",
        ) from None
    try:
        return Receiver.read(endpoint, p256dh, auth)
    except PushKeyError as wrong:
        raise invalid(
            "/keys",
            "push-keys",
            vi="Khóa của trình duyệt không đọc được.",
            en=f"The browser's keys: {wrong}.",
        ) from None


async def switch_on(tx: UnitOfWork, receiver: Receiver, key: PushKey, person_id: UUID, label: str) -> UUID:
    """Let this browser ring for whoever is signed in there, and for nobody else; its id."""
    session_id = acting().session_id
    if session_id is None:
        raise AssertionError("a phone is switched on by somebody who is signed in")
    subscription_id, new = await phones.keep(
        tx, receiver, key, new_id=uuid7(), person_id=person_id, session_id=session_id, label=label
    )
    tx.audit("phone.added" if new else "phone.renewed", "phone", subscription_id)
    return subscription_id


async def switch_off(tx: UnitOfWork, person_id: UUID, subscription_id: UUID) -> None:
    """Ring this browser no more. Raises NotFound."""
    if not await phones.forget(tx, person_id, subscription_id):
        raise _no_phone()
    tx.audit("phone.removed", "phone", subscription_id)


async def phone_to_try(tx: UnitOfWork, key: PushKey, person_id: UUID, subscription_id: UUID) -> Phone:
    """One's own phone, to be rung once now. Raises NotFound, TooMany."""
    row = await phones.take_turn(tx, person_id, subscription_id, BETWEEN_TRIES)
    if row is None:
        if any(each.subscription_id == subscription_id for each in await phones.of_person(tx, person_id)):
            raise TooMany(
                "Vừa gửi thử xong; đồng chí chờ 20 giây rồi thử lại.",
                "That was just tried; wait 20 seconds.",
                retry_after=int(BETWEEN_TRIES.total_seconds()),
            )
        raise _no_phone()
    receiver = key.open(subscription_id, row.sealed)
    if receiver is None:
        raise _no_phone()
    tx.audit("phone.tried", "phone", subscription_id)
    return Phone(subscription_id=subscription_id, receiver=receiver)


async def see_letter(tx: UnitOfWork, letter_id: UUID, person_id: UUID) -> None:
    """The notification was touched; again, or a letter of somebody else, changes nothing and tells nothing."""
    await letters.see_letter(tx, letter_id, person_id)
    tx.audit("letter.seen", "letter", letter_id)


async def set_quiet_hours(tx: UnitOfWork, person_id: UUID, quiet: Quiet) -> None:
    """Say when nothing may ring. Raises Invalid when nothing ever could."""
    if not quiet.leaves_room:
        raise invalid(
            "/starts",
            "quiet-all-day",
            vi=f"Giờ yên lặng không được phủ hết khoảng {OPENS:%H:%M} đến {CLOSES:%H:%M}, nếu không sẽ chẳng tin nào đến được.",
            en=f"Quiet hours must leave some of {OPENS:%H:%M} to {CLOSES:%H:%M}, or nothing could ever ring.",
        )
    await phones.set_quiet(tx, person_id, quiet)
    tx.audit(
        "quiet_hours.set",
        "person",
        person_id,
        became={"starts": f"{quiet.starts:%H:%M}", "ends": f"{quiet.ends:%H:%M}"},
    )


def _no_phone() -> NotFound:
    return NotFound("Không tìm thấy máy này.", "There is no such phone.")
