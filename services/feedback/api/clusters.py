"""The same trouble from many cells: merged by hand, taken apart again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.feedback.handlers import clusters
from shared.access import RULES, Principal, allow
from shared.uow import Database

Office = Annotated[Principal, Depends(allow(RULES.forward_issue))]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(tags=["issues"])

    @router.put("/clusters/{cluster_id}/issues/{issue_id}", status_code=204)
    async def put_merged(principal: Office, cluster_id: UUID, issue_id: UUID) -> None:
        """The matter is the same trouble as the others of this cluster; its duties and clocks stay its own."""
        await database.run(lambda tx: clusters.merge(tx, principal, cluster_id, issue_id))

    @router.delete("/clusters/{cluster_id}/issues/{issue_id}", status_code=204)
    async def delete_merged(principal: Office, cluster_id: UUID, issue_id: UUID) -> None:
        """It is another trouble after all; what was answered stays."""
        await database.run(lambda tx: clusters.take_apart(tx, principal, cluster_id, issue_id))

    return router
