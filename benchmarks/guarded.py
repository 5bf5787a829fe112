"""`python -m benchmarks.guarded serve`: visits with one read twice, behind the guard and without it.

Both list the units of the demo's committee by the same view. `guarded` asks who is there, checks the rule and reads
behind the wall between committees, as every route does; `bare` does nothing of it.
"""

from typing import Annotated

from fastapi import Depends

from services.demo.opening import COMMITTEE
from services.visits import views
from services.visits.app import MIGRATIONS, build
from services.visits.domain.register import register_id
from services.visits.settings import VisitsSettings
from shared.access import RULES, Principal, allow, public
from shared.clock import Clock
from shared.serve import main
from shared.service import Service
from shared.uow import Database

GUARDED, BARE = "/visits/api/benchmark/guarded", "/visits/api/benchmark/bare"


def with_both(settings: VisitsSettings, clock: Clock) -> Service:
    service = build(settings, clock)

    committee_id = register_id(COMMITTEE, "unit", COMMITTEE)

    async def units(database: Database) -> int:
        async with database.read() as tx:
            page = await views.units(tx, committee_id, search="", kind=None, cursor=None, limit=20)
        return len(page.rows)

    @service.app.get(GUARDED)
    async def guarded(_: Annotated[Principal, Depends(allow(RULES.read_units))]) -> int:
        return await units(service.requests)

    @service.app.get(BARE, dependencies=[Depends(public)])
    async def bare() -> int:
        return await units(service.database)

    return service


if __name__ == "__main__":
    main("visits", VisitsSettings, with_both, MIGRATIONS)
