"""Invitations: the office lets a person in once, who then makes a way in of their own.

A link is good for 72 hours and for one use; only its digest is kept. A new one for the same person ends
those before it. Opening the link changes nothing: accepting it does.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from services.visits.handlers import patience
from services.visits.handlers.patience import Browser
from services.visits.handlers.sessions import close_sessions
from services.visits.handlers.sign_in import stand_at_door
from services.visits.handlers.witness import note
from services.visits.store import accounts, calendar, devices
from services.visits.store import invitations as store
from services.visits.store.invitations import Invitation
from shared.directory import Person
from shared.errors import NotFound, SignInRequired
from shared.ids import uuid7
from shared.sessions import new_token, token_sha256
from shared.uow import Database, UnitOfWork

INVITATION_LASTS: Final = timedelta(hours=72)


async def invite(person: Person, tx: UnitOfWork, *, by: UUID | None) -> tuple[Invitation, str]:
    """A new invitation and its token, which is shown this once."""
    token = new_token()
    invitation = Invitation(
        invitation_id=uuid7(),
        committee_id=person.committee_id,
        person_id=person.person_id,
        token_sha256=token_sha256(token),
        issued_by=by,
        expires_at=tx.now + INVITATION_LASTS,
    )
    await store.revoke_all_of(tx, person.person_id)
    await store.add(tx, invitation)
    await note(tx, "person.invited", person.person_id, kind="invitation", record_id=invitation.invitation_id)
    return invitation, token


def invitation_link(public_url: str, token: str) -> str:
    """The token stands behind the `#`: browsers send that part to nobody, so no log can have it."""
    return f"{public_url.rstrip('/')}/visits/#invitation={token}"


async def revoke_invitation(committee_id: UUID, invitation_id: UUID, tx: UnitOfWork) -> None:
    """Raises NotFound when the committee has no such open invitation."""
    if not await store.revoke(tx, committee_id, invitation_id):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    tx.audit("invitation.revoked", "invitation", invitation_id, committee_id=committee_id)


async def accept_invitation(database: Database, token: str, browser: Browser) -> str:
    """Use an invitation up; the token of a place on the doorstep. Raises SignInRequired, TooMany."""
    async with database.read() as tx:
        place = await patience.place_of(browser, tx, person_id=None)
    who = await patience.turn(database, "invitation", place)
    async with database.begin() as tx:
        person_id = await store.use(tx, token_sha256(token))
        if person_id is None:
            raise SignInRequired(
                "Lời mời đã dùng, đã bị thu hồi hoặc hết hạn. Đồng chí hãy xin Văn phòng lời mời mới.",
                "This invitation was used, revoked or has expired. Please ask the office for a new one.",
            )
        await patience.forgive(who, tx)
        await accounts.reopen_account(tx, person_id)
        await note(tx, "invitation.accepted", person_id)
        return await stand_at_door(person_id, "invitation", tx)


async def close_account(person_id: UUID, tx: UnitOfWork) -> None:
    """No way in is left and whoever is in is out; a new invitation begins again."""
    await store.revoke_all_of(tx, person_id)
    await accounts.close_account(tx, person_id)
    await note(tx, "account.closed", person_id)
    await devices.revoke_all(tx, person_id)
    await calendar.withdraw(tx, person_id)
    await close_sessions(person_id, tx)
