"""Each database away in turn (ASVS 16.5.2, 16.5.3): nobody is let in, nothing is shown, nothing is taken in."""

import re
from uuid import uuid4

import httpx2
import pytest

from shared.contracts.envelope import Producer
from shared.contracts.visits import Role
from shared.sessions import new_token
from tests.support.edge import ORIGIN
from tests.support.fuzz import rules_of, wrong_with
from tests.support.logs import captured_logs
from tests.support.servers import Databases
from tests.support.whole import Whole

SAYS_NOTHING_KEPT = {
    "GET /visits/api/sign-in",
    "GET /visits/api/viewer",
    "DELETE /visits/api/session",
}
"""Public routes that ask no database about somebody without a cookie."""


@pytest.mark.parametrize("service", ["visits", "feedback", "notify"])
def test_without_its_database_a_service_lets_nobody_in(
    ward: Whole, databases: Databases, service: Producer
) -> None:
    """Every route with a rule, and who the page thinks one is: 503 to a session that is good and to one that nobody knows, and never an answer."""
    guarded = [route for route, rule in rules_of(ward.services[service].app).items() if rule is not None]
    guarded.append(("GET", f"/{service}/api/viewer"))
    let_in: dict[tuple[str, str], list[int]] = {}

    async def ask() -> None:
        good = [await ward.sign_in(role) for role in (Role.OFFICE_CLERK, Role.INSPECTOR)]
        async with databases.closed(ward.dsns[service]):
            for method, path in guarded:
                answers = [await _asked(ward, method, path, token) for token in (*good, new_token())]
                if {answer.status_code for answer in answers} != {503}:
                    let_in[method, path] = [answer.status_code for answer in answers]
                assert all(answer.headers["retry-after"] for answer in answers)
                assert {what for each in answers for what in wrong_with(each)} == {"answered 503"}

    with captured_logs("ERROR") as log:
        ward.wait(ask())

    assert log.text == ""
    assert let_in == {}
    assert guarded


def test_without_its_database_no_way_in_opens(ward: Whole, databases: Databases) -> None:
    """Signing in, invitations, passkeys, codes: a wrong body is refused as always, a right one is 503."""
    public = [
        (method, path)
        for (method, path), rule in rules_of(ward.services["visits"].app).items()
        if rule is None and path.startswith("/visits/api/") and not path.endswith(".json")
    ]
    answered: dict[str, int] = {}

    async def ask() -> None:
        async with databases.closed(ward.dsns["visits"]):
            for method, path in public:
                answered[f"{method} {path}"] = (await _asked(ward, method, path, None)).status_code
            body = {"login": "VP1", "password": "con đò nhỏ qua sông"}
            answered["right"] = (await _asked(ward, "POST", "/visits/api/session", None, body)).status_code

    with captured_logs("ERROR") as log:
        ward.wait(ask())

    assert log.text == ""
    assert {route for route, status in answered.items() if status < 400} <= SAYS_NOTHING_KEPT
    assert answered["right"] == 503


async def _asked(
    ward: Whole, method: str, path: str, token: str | None, body: object = None
) -> httpx2.Response:
    filled = re.sub(r"\{(number|version)\}", "1", path)
    filled = re.sub(r"\{\w+\}", lambda _: str(uuid4()), filled)
    cookie = {} if token is None else {"cookie": f"fv_session={token}"}
    request = httpx2.Request(method, f"{ORIGIN}{filled}", headers=cookie, json={} if body is None else body)
    return await ward.send(request)
