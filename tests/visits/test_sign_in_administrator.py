"""The first administrator: made by a command in an empty installation, never by a default password."""

import httpx2
import pytest

from services.visits import handlers
from services.visits.app import build
from services.visits.settings import VisitsSettings
from shared.clock import RehearsalClock
from shared.contracts.visits import Role
from shared.errors import Conflict
from shared.settings import from_values
from tests.conftest import Fresh
from tests.support.authenticator import Authenticator
from tests.visits.ways_in import accept, enrol_passkey
from tests.visits.world import NOW, ORIGIN, World, migrate_visits


async def test_the_first_administrator_invites_the_others(database: Fresh) -> None:
    """From nothing to a clerk with a passkey: the committee, the person, the link."""
    dsn = await database("visits", migrate_visits)
    settings = from_values(VisitsSettings, database_url=dsn, nats_url="nats://127.0.0.1:1", public_url=ORIGIN)
    service = build(settings, RehearsalClock(NOW))
    async with service.database.begin() as tx:
        token = await handlers.first_administrator(
            name="Nguyễn Thị Minh", code="VP1", committee_code="TS", committee_name="Đảng bộ Từ Sơn", tx=tx
        )
    transport = httpx2.ASGITransport(app=service.app)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
        assert (await accept(browser, token)).status_code == 202
        entered = await enrol_passkey(browser, Authenticator())
        direct = await browser.get(f"/visits/sign-in/{token}")
        me = (await browser.get("/visits/api/me")).json()

    assert entered.json()["roles"] == sorted([Role.OFFICE_CLERK, Role.OPS])
    assert me["committee"]["code"] == "TS"
    assert direct.status_code == 404
    await service.dispose()


async def test_there_is_one_first_administrator(world: World) -> None:
    """ASVS 6.3.2: where a committee is, nobody becomes its office by a command."""
    async with world.database.begin() as tx:
        with pytest.raises(Conflict):
            await handlers.first_administrator(
                name="Ai Đó", code="X9", committee_code="XX", committee_name="Khác", tx=tx
            )
