"""The office lets people in and out: invitations, closed accounts, whom the outside provider's subjects are.

Only people of the own committee; anybody else is not there.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from services.visits import handlers
from services.visits.api.doors import SignInWiring, qr_code
from services.visits.handlers import Provider
from services.visits.schemas.sign_in import InvitationLine, InvitationList, InvitationOut, SubjectIn
from services.visits.store import invitations as store
from shared import directory
from shared.access import RULES, Principal, allow
from shared.directory import Person
from shared.errors import NotFound
from shared.http import json_body
from shared.uow import UnitOfWork

Office = Annotated[Principal, Depends(allow(RULES.edit_directory))]
Doorkeeper = Annotated[Principal, Depends(allow(RULES.manage_accounts))]
Reference = Annotated[str, Path(min_length=1, max_length=64, description="An id, or a code")]


def build_router(wiring: SignInWiring) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["accounts"])
    database = wiring.database

    @router.post("/people/{person}/invitations", status_code=201)
    async def invite(principal: Doorkeeper, person: Reference) -> InvitationOut:
        """A link and QR code that let this person in once, within 72 hours. Those before it end."""

        async def issue(tx: UnitOfWork) -> InvitationOut:
            invited = await _person(tx, principal, person)
            invitation, token = await handlers.invite(invited, tx, by=principal.person_id)
            link = handlers.invitation_link(wiring.public_url, token)
            return InvitationOut(
                invitation_id=invitation.invitation_id,
                person_id=invitation.person_id,
                link=link,
                qr=qr_code(link),
                expires_at=invitation.expires_at,
            )

        return await database.run(issue)

    @router.get("/invitations")
    async def list_invitations(principal: Office) -> InvitationList:
        """The invitations that still let somebody in, the latest first."""
        async with database.read() as tx:
            rows = await store.open_ones(tx, principal.committee_id)
        return InvitationList(invitations=[InvitationLine(**row._asdict()) for row in rows])

    @router.delete("/invitations/{invitation_id}", status_code=204)
    async def revoke(principal: Office, invitation_id: UUID) -> None:
        """Take an invitation back."""
        await database.run(lambda tx: handlers.revoke_invitation(principal.committee_id, invitation_id, tx))

    @router.delete("/people/{person}/account", status_code=204)
    async def close_account(principal: Doorkeeper, person: Reference) -> None:
        """No way in is left and every session ends; what the person recorded stays. An invitation begins anew."""

        async def close(tx: UnitOfWork) -> None:
            found = await _person(tx, principal, person)
            await handlers.close_account(found.person_id, tx)

        await database.run(close)

    if wiring.provider is not None:
        _add_subjects(router, wiring, wiring.provider)
    return router


def _add_subjects(router: APIRouter, wiring: SignInWiring, provider: Provider) -> None:
    @router.put("/people/{person}/provider-subject", status_code=204)
    async def link_subject(
        principal: Doorkeeper, person: Reference, body: Annotated[SubjectIn, Depends(json_body(SubjectIn))]
    ) -> None:
        """Say who this person is to the outside provider."""

        async def link(tx: UnitOfWork) -> None:
            found = await _person(tx, principal, person)
            await handlers.link_subject(
                found.person_id, provider.settings, body.subject, tx, by=principal.person_id
            )

        await wiring.database.run(link)


async def _person(tx: UnitOfWork, principal: Principal, reference: str) -> Person:
    """The person of the own committee with this id or code. Raises NotFound."""
    by_code = await directory.people_by_code(tx, principal.committee_id, [reference])
    found = by_code.get(reference) or await _by_id(tx, reference)
    if found is None or found.committee_id != principal.committee_id:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    return found


async def _by_id(tx: UnitOfWork, reference: str) -> Person | None:
    try:
        person_id = UUID(reference)
    except ValueError:
        return None
    return await directory.person_by_id(tx, person_id)
