"""What the law asks of every record: what was handed over, how long texts stay, and one's own data."""

from collections import Counter
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.visits import handlers
from services.visits.domain.retention import Retention, Term
from services.visits.domain.visit import TransferredKind
from services.visits.personal import SECTIONS
from services.visits.schemas.privacy import (
    RetentionIn,
    RetentionList,
    RetentionOut,
    TermIn,
    TermOut,
    TransferIn,
    TransferList,
    TransferOut,
)
from services.visits.store import erasure as erasure_store
from services.visits.store import transfers as transfer_store
from services.visits.store.transfers import Transfer
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions
from shared.http import Day, json_body
from shared.http.cautions import told_to
from shared.personal import PersonalData, personal_data
from shared.uow import Database

Recorder = Annotated[Principal, Depends(allow(RULES.record_transfer))]
Reader = Annotated[Principal, Depends(allow(RULES.read_transfers))]
Chair = Annotated[Principal, Depends(allow(RULES.set_retention))]
SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["privacy"])
    _add_transfers(router, database)
    _add_retention(router, database)

    @router.get("/me/data")
    async def get_own_data(principal: SignedIn) -> PersonalData:
        """Everything this service keeps about oneself, with Vietnamese labels."""
        async with database.read() as tx:
            return await personal_data(tx, "visits", principal.person_id, SECTIONS)

    return router


def _add_transfers(router: APIRouter, database: Database) -> None:
    @router.put("/transfers/{transfer_id}", status_code=201, responses={200: {"model": TransferOut}})
    async def put_transfer(
        request: Request,
        principal: Recorder,
        transfer_id: UUID,
        body: Annotated[TransferIn, Depends(json_body(TransferIn))],
        response: Response,
    ) -> TransferOut:
        """Record that a complaint, a denunciation or a classified matter went where it belongs: no word of it."""
        transfer = Transfer(
            transfer_id=transfer_id,
            committee_id=principal.committee_id,
            recorded_by=principal.person_id,
            **body.model_dump(),
        )
        is_new = await database.run(lambda tx: handlers.record_transfer(transfer, principal, tx))
        response.status_code = 201 if is_new else 200
        warnings = told_to(request, personal_cautions("/receiving_office", body.receiving_office))
        return TransferOut.model_validate(asdict(transfer) | {"warnings": warnings})

    @router.get("/transfers")
    async def list_transfers(
        principal: Reader,
        first: Annotated[Day | None, Query(alias="from")] = None,
        last: Annotated[Day | None, Query(alias="to")] = None,
    ) -> TransferList:
        """What was handed over, by number, and how many of each kind; a member sees their own."""
        async with database.read() as tx:
            reach = RULES.read_transfers.reach(principal)
            found = await transfer_store.listed(tx, reach, first=first, last=last)
        counted = Counter(transfer.kind for transfer in found)
        return TransferList(
            transfers=[TransferOut(**asdict(transfer)) for transfer in found],
            counted={kind: counted[kind] for kind in TransferredKind},
        )


def _add_retention(router: APIRouter, database: Database) -> None:
    @router.get("/retention")
    async def get_retention(principal: SignedIn) -> RetentionList:
        """The terms, and how long texts stay after the end of a term: the defaults and one's own committee's."""
        async with database.read() as tx:
            schedule = await erasure_store.schedule(tx)
        mine = (None, principal.committee_id)
        return RetentionList(
            terms=[TermOut(**asdict(term)) for term in schedule.terms if term.committee_id in mine],
            policies=[
                RetentionOut(**asdict(policy)) for policy in schedule.policies if policy.committee_id in mine
            ],
        )

    @router.put("/retention/{policy_id}", status_code=201, responses={200: {"model": RetentionOut}})
    async def put_retention(
        principal: Chair,
        policy_id: UUID,
        body: Annotated[RetentionIn, Depends(json_body(RetentionIn))],
        response: Response,
    ) -> RetentionOut:
        """Decide how many days after the end of a term the texts of one's own committee stay."""
        policy = Retention(policy_id=policy_id, committee_id=principal.committee_id, **body.model_dump())
        is_new = await database.run(lambda tx: handlers.set_retention(policy, tx, by=principal.person_id))
        response.status_code = 201 if is_new else 200
        return RetentionOut(**asdict(policy))

    @router.put("/terms/{term_id}", status_code=201, responses={200: {"model": TermOut}})
    async def put_term(
        principal: Chair,
        term_id: UUID,
        body: Annotated[TermIn, Depends(json_body(TermIn))],
        response: Response,
    ) -> TermOut:
        """Record a term of one's own committee: what was written in it is kept from its last day on."""
        term = Term(term_id=term_id, committee_id=principal.committee_id, **body.model_dump())
        is_new = await database.run(lambda tx: handlers.set_term(term, tx, by=principal.person_id))
        response.status_code = 201 if is_new else 200
        return TermOut(**asdict(term))
