"""Contacts of citizens who are owed an answer, and requests of people about their own data.

A contact is seen by the office alone; keeping, reading and erasing one each stand in the audit. A request about
one's own data is due within two working days (Law 91/2025/QH15), by the calendar in force, and stays in the
office's list until it is answered.
"""

from typing import Final
from uuid import UUID

from services.feedback.contacts import ContactKeys, Sealed
from services.feedback.domain.deadline import due_date
from services.feedback.domain.policy import Policy, Rule
from services.feedback.handlers.acts import place_of
from services.feedback.store import contacts as contact_store
from services.feedback.store import data_requests as request_store
from services.feedback.store import retention as retention_store
from services.feedback.store import visits as visit_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.store.contacts import SealedContact
from services.feedback.store.data_requests import DataRequest, RequestKind
from services.feedback.store.retention import Retention
from services.feedback.store.visits import IssueFacts
from shared.access import RULES, Place, Principal, visible_or_404
from shared.errors import Conflict, NotFound
from shared.uow import UnitOfWork

ANSWER_WITHIN: Final = Policy(rule=Rule.WORKING_DAYS, days=2)


# --- Contacts ------------------------------------------------------------------------------------


async def keep_contact(
    tx: UnitOfWork, keys: ContactKeys, principal: Principal, issue_id: UUID, text: str
) -> tuple[SealedContact, bool]:
    """Seal how to reach whoever is owed an answer; True when there was none. Nothing is kept of an erased visit."""
    issue = await _issue(tx, principal, issue_id)
    if issue.erased:
        raise Conflict(
            "Nội dung vấn đề đã được xóa vì hết thời hạn lưu giữ; không ghi thêm được nữa.",
            "The texts of this issue were erased at the end of their time; nothing can be added to it.",
        )
    known = await contact_store.find(tx, issue_id)
    sealed = keys.seal(issue_id, text)
    contact = SealedContact(
        issue_id=issue_id,
        committee_id=issue.visit.committee_id,
        key_id=sealed.key_id,
        sealed=sealed.box,
        recorded_by=principal.person_id,
        recorded_at=tx.now,
        erased_at=None,
    )
    await contact_store.put(tx, contact)
    tx.audit("contact.kept", "contact", issue_id)
    return contact, known is None or known.erased_at is not None


async def read_contact(
    tx: UnitOfWork, keys: ContactKeys, principal: Principal, issue_id: UUID
) -> tuple[SealedContact, str]:
    """The contact in clear, which the audit tells. Raises NotFound where there is none to be seen."""
    contact = await contact_store.find(tx, issue_id)
    if contact is None or contact.sealed is None or contact.key_id is None:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    await _issue(tx, principal, issue_id)
    tx.audit("contact.read", "contact", issue_id)
    return contact, keys.open(issue_id, Sealed(contact.key_id, contact.sealed))


async def erase_contact(tx: UnitOfWork, principal: Principal, issue_id: UUID) -> None:
    """The office erases a contact before its time; again changes nothing."""
    await _issue(tx, principal, issue_id)
    contact = await contact_store.find(tx, issue_id)
    if contact is None:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    if contact.erased_at is None:
        await contact_store.erase(tx, [issue_id])
        tx.audit("contact.erased", "contact", issue_id)


async def _issue(tx: UnitOfWork, principal: Principal, issue_id: UUID) -> IssueFacts:
    issue = await visit_store.issue(tx, issue_id)
    if issue is None or issue.removed:
        return visible_or_404(principal, RULES.keep_contact, None, None)
    return visible_or_404(
        principal, RULES.keep_contact, issue, place_of(issue), access_class=issue.access_class
    )


async def set_retention(tx: UnitOfWork, principal: Principal, policy: Retention) -> bool:
    """Decide how long contacts stay after closing; True when it is new."""
    if await retention_store.put(tx, policy, by=principal.person_id):
        tx.audit(
            "retention.set",
            "retention",
            policy.policy_id,
            became={"days": policy.days, "from": policy.valid_from},
        )
        return True
    if policy not in await retention_store.of_committee(tx, principal.committee_id):
        raise _other_content()
    return False


# --- Requests about one's own data ---------------------------------------------------------------


async def ask(
    tx: UnitOfWork, book: CalendarBook, principal: Principal, request_id: UUID, kind: RequestKind, about: str
) -> tuple[DataRequest, bool]:
    """Ask that one's own data be erased or corrected; True when this is new."""
    known = await request_store.find(tx, request_id)
    if known is not None:
        if known.person_id != principal.person_id:
            raise NotFound("Không tìm thấy.", "There is no such thing.")
        if (known.kind, known.about) != (kind, about):
            raise _other_content()
        return known, False
    request = DataRequest(
        request_id=request_id,
        committee_id=principal.committee_id,
        person_id=principal.person_id,
        kind=kind,
        about=about,
        asked_at=tx.now,
        due_at=due_date(tx.now, ANSWER_WITHIN, await book.in_force(tx)).due_at,
    )
    if not await request_store.insert(tx, request):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    tx.audit("data_request.asked", "data_request", request_id, became={"kind": kind.value})
    return request, True


async def answer(
    tx: UnitOfWork, principal: Principal, request_id: UUID, *, done: bool, note: str
) -> DataRequest:
    """The office says what it did. Said twice the same it changes nothing; said otherwise it is refused."""
    known = await request_store.find(tx, request_id)
    place = Place(committee_id=known.committee_id) if known else None
    request = visible_or_404(principal, RULES.answer_data_request, known, place)
    if request.answered_at is not None:
        if (request.done, request.note) != (done, note):
            raise _other_content()
        return request
    await request_store.answer(tx, request_id, done=done, note=note, by=principal.person_id)
    tx.audit("data_request.answered", "data_request", request_id, became={"done": done})
    return await request_store.find(tx, request_id) or request


def _other_content() -> Conflict:
    return Conflict(
        "Mã này đã ghi nội dung khác; nội dung đã ghi được giữ nguyên.",
        "This id already stands for other content, which is kept.",
    )
