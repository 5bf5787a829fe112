"""What people say to notify: I am on it, I have read this, reach me there."""

from datetime import date, datetime, timedelta
from uuid import UUID

from services.notify.domain.address import is_mail_address
from services.notify.domain.escalation import working_days
from services.notify.domain.message import EMAIL
from services.notify.domain.window import resumes
from services.notify.store import escalations as escalation_store
from services.notify.store import ledger
from services.notify.store import people as people_store
from shared.access import Reach
from shared.audit import digest
from shared.clock import local_date
from shared.contracts.notify import DutyAcknowledged
from shared.errors import NotFound, invalid
from shared.uow import UnitOfWork

MAX_ACKNOWLEDGEMENT = timedelta(days=14)


async def acknowledge(tx: UnitOfWork, duty_id: UUID, person_id: UUID, until: date) -> datetime:
    """Say "I am on it": the owner is not told again before the day after `until`; when that is. The clock runs on."""
    today = local_date(tx.now)
    if not today <= until <= today + MAX_ACKNOWLEDGEMENT:
        raise invalid(
            "/until",
            "acknowledgement-range",
            vi=f"Ngày phải từ hôm nay đến {today + MAX_ACKNOWLEDGEMENT:%d/%m/%Y}.",
            en=f"The date must lie between today and {today + MAX_ACKNOWLEDGEMENT:%Y-%m-%d}.",
            value=until,
        )
    escalation = await escalation_store.owned_by(tx, duty_id, person_id)
    if escalation is None:
        raise NotFound("Không tìm thấy việc này.", "There is no such duty.")
    resumes_at = resumes(until, working_days(escalation.days))
    await people_store.acknowledge(tx, duty_id, person_id, until)
    tx.publish(DutyAcknowledged(duty_id=duty_id, person_id=person_id, until=until, at=tx.now), key=duty_id)
    tx.audit("duty.acknowledged", "duty", duty_id, became={"until": until})
    await ledger.put_off(tx, duty_id, person_id, resumes_at)
    return resumes_at


async def open_message(tx: UnitOfWork, message_id: UUID, person_id: UUID, restricted: Reach) -> None:
    """Mark a message of one's own inbox as read; again changes nothing."""
    if not await ledger.open_message(tx, message_id, person_id, restricted):
        raise NotFound("Không tìm thấy thông báo này.", "There is no such message.")
    tx.audit("message.opened", "message", message_id)


async def set_email(tx: UnitOfWork, person_id: UUID, *, enabled: bool, address: str | None) -> None:
    """Turn one's own e-mail on or off, and say where it goes.

    None means the directory's address, and so does giving that address: when it changes, mail follows.
    """
    if address is not None and not is_mail_address(address):
        raise invalid(
            "/email/address",
            "mail-address",
            vi="Địa chỉ thư điện tử không hợp lệ; ví dụ đúng: an.nv@example.vn (không dấu).",
            en="Not a usable e-mail address; write one such as an.nv@example.vn (ASCII only).",
            value=address,
        )
    own = None if address == await people_store.listed_email(tx, person_id) else address
    await people_store.set_channel(tx, person_id, EMAIL, enabled=enabled, address=own)
    tx.audit(
        "channel.set",
        "person",
        person_id,
        became={"channel": EMAIL, "enabled": enabled, "address": digest(own) if own else None},
    )
