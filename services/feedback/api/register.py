"""What somebody does with a choice of the register: whom it names, keeping it, asking for the duties in it."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.feedback.handlers import saved_views
from services.feedback.handlers.chases import Chase, chase
from services.feedback.schemas.register import (
    ChaseIn,
    ChaseOut,
    PassedOver,
    SavedViewIn,
    SavedViewList,
    SavedViewOut,
)
from services.feedback.store import saved_views as view_store
from services.feedback.store.calendars import CalendarBook
from services.feedback.views import filters as views
from services.feedback.views.filters import Named
from shared.access import RULES, Principal, allow
from shared.cautions import personal_cautions
from shared.http import json_body
from shared.http.cautions import told_to
from shared.uow import Database

Keeper = Annotated[Principal, Depends(allow(RULES.keep_views))]


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["duties"])
    _add_saved_views(router, database)

    @router.get("/register/names")
    async def get_names(
        principal: Annotated[Principal, Depends(allow(RULES.read_duties))],
    ) -> dict[str, list[Named]]:
        """The owners and units that stand in the duties within one's reach, by name: what can be chosen."""
        async with database.read() as tx:
            return {
                "owners": await views.owners(tx, principal),
                "units": await views.units(tx, principal),
            }

    @router.put("/chases/{chase_id}", status_code=201, responses={200: {"model": ChaseOut}})
    async def put_chase(
        request: Request,
        principal: Annotated[Principal, Depends(allow(RULES.chase_duties))],
        chase_id: UUID,
        body: Annotated[ChaseIn, Depends(json_body(ChaseIn))],
        response: Response,
    ) -> ChaseOut:
        """Ask for late duties by hand; each owner hears of all of theirs in one letter.

        A duty that is not late, or was asked for within the last 24 hours, is passed over and said so.
        """
        command = Chase(chase_id=chase_id, duty_ids=frozenset(body.duty_ids), note=body.note)
        lines, new = await database.run(lambda tx: chase(tx, book, principal, command))
        response.status_code = 201 if new else 200
        return ChaseOut(
            chase_id=chase_id,
            chased_at=lines[0].chased_at,
            chased=[line.duty_id for line in lines if line.skipped is None],
            skipped=[
                PassedOver(duty_id=line.duty_id, why=line.skipped)
                for line in lines
                if line.skipped is not None
            ],
            warnings=told_to(request, personal_cautions("/note", body.note)),
        )

    return router


def _add_saved_views(router: APIRouter, database: Database) -> None:
    @router.get("/saved-views")
    async def list_saved_views(principal: Keeper) -> SavedViewList:
        """One's own choices of the register, by the names they were kept under."""
        async with database.read() as tx:
            kept = await view_store.of_person(tx, principal.person_id)
        return SavedViewList(views=[SavedViewOut.model_validate(asdict(each), strict=False) for each in kept])

    @router.put("/saved-views/{view_id}", status_code=201, responses={200: {"model": SavedViewOut}})
    async def put_saved_view(
        principal: Keeper,
        view_id: UUID,
        body: Annotated[SavedViewIn, Depends(json_body(SavedViewIn))],
        response: Response,
    ) -> SavedViewOut:
        """Keep a choice under a name, or change what is kept under this id."""
        choice = body.choice.model_dump(mode="json", exclude_defaults=True)
        kept, new = await database.run(
            lambda tx: saved_views.keep(tx, principal, view_id, name=body.name, choice=choice)
        )
        response.status_code = 201 if new else 200
        return SavedViewOut(view_id=view_id, name=kept.name, choice=body.choice, saved_at=kept.saved_at)

    @router.delete("/saved-views/{view_id}", status_code=204)
    async def delete_saved_view(principal: Keeper, view_id: UUID) -> None:
        """Forget one of one's own."""
        await database.run(lambda tx: saved_views.forget(tx, principal, view_id))
