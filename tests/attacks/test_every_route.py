"""What no route of any service may do, asked of every one of them: the list is read from the applications.

The services stand behind HTTPS and reach nothing: what is refused here is refused before anything is read.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts

from services.installation import unconnected
from shared.access import Principal, calls
from shared.contracts.visits import Role
from shared.directory import Post
from shared.http.bodies import JsonBody
from shared.http.quotas import Quotas
from tests.support.audited import CHANGING
from tests.support.edge import client_of
from tests.support.logs import captured_logs

HOME = "https://so.example.vn"
SOMETHING = "018f2f6e-7c3a-7d5e-9b1a-3f2d1c0b9a87"
YEAR = 365 * 86_400
_PARAMETER = re.compile(r"\{[^}]+\}")
_NUMBERS = ("{version}", "{number}")


@dataclass(frozen=True)
class Route:
    """One method of one address. `body` is the model it reads, if it reads any."""

    app: FastAPI
    method: str
    template: str
    body: JsonBody | None

    @property
    def url(self) -> str:
        """With something in the place of each parameter that some route would take for an id, a code or a number."""
        return _PARAMETER.sub(lambda found: "1" if found[0] in _NUMBERS else SOMETHING, self.template)

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def _routes() -> Iterator[Route]:
    for service in unconnected(public_url=HOME):
        service.app.state.quotas = Quotas()
        for context in iter_route_contexts(service.app.routes):
            assert context.path is not None
            bodies = [call for call in calls(context.dependant) if isinstance(call, JsonBody)]
            for method in sorted(context.methods or ()):
                yield Route(service.app, method, context.path, bodies[0] if bodies else None)


ROUTES = list(_routes())
CHANGES = [route for route in ROUTES if route.method in CHANGING]
READS = [route for route in ROUTES if route.method == "GET"]


@pytest.fixture
async def clients() -> AsyncIterator[dict[FastAPI, httpx2.AsyncClient]]:
    async with AsyncExitStack() as stack:
        stack.enter_context(captured_logs("CRITICAL"))
        yield {
            app: await stack.enter_async_context(client_of(app, HOME))
            for app in {route.app for route in ROUTES}
        }


Clients = dict[FastAPI, httpx2.AsyncClient]

FOREIGN = {
    "a form": {
        "content-type": "application/x-www-form-urlencoded",
        "origin": "https://evil.example",
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
    },
    "a form of a browser without Fetch Metadata": {
        "content-type": "text/plain",
        "origin": "https://evil.example",
    },
    "a script": {
        "content-type": "application/json",
        "origin": "https://evil.example",
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "cors",
    },
    "a sandboxed frame": {"content-type": "application/json", "origin": "null"},
    "a page of a neighbouring name": {"origin": "https://khac.example.vn", "sec-fetch-site": "same-site"},
    "our name without HTTPS": {"origin": "http://so.example.vn"},
    "a script that hides its origin": {"sec-fetch-site": "cross-site"},
}


@pytest.mark.parametrize("sender", FOREIGN)
async def test_no_foreign_page_changes_anything(clients: Clients, sender: str) -> None:
    """Each route that may change something answers 403 before it looks who asks or what is sent."""
    answers = {
        str(route): await clients[route.app].request(
            route.method, route.url, content=b"{}", headers=FOREIGN[sender]
        )
        for route in CHANGES
    }

    assert len(answers) >= 50
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 403} == {}
    assert {answer.json()["type"] for answer in answers.values()} == {"/problems/forbidden"}


async def test_every_answer_is_dressed(clients: Clients) -> None:
    """Good, refused, missing, wrong or broken: HSTS for a year, no foreign reader, no guessing of types, no frame."""
    naked = {}
    for route in ROUTES:
        client = clients[route.app]
        asked = [
            await client.request(route.method, route.url),
            await client.request(route.method, route.url, headers=FOREIGN["a script"]),
            await client.request("TRACE", route.url),
            await client.request("OPTIONS", route.url),
            await client.get(f"{route.url}/khong-co"),
        ]
        naked |= {
            f"{route} {answer.status_code}": wrong for answer in asked if (wrong := _wrong_with(answer))
        }

    assert naked == {}


def _wrong_with(answer: httpx2.Response) -> list[str]:
    headers = answer.headers
    lasts, _, _ = headers.get("strict-transport-security", "").partition(";")
    wrong = {
        "HSTS": int(lasts.removeprefix("max-age=") or 0) >= YEAR,
        "content policy": "default-src 'none'" in headers.get("content-security-policy", ""),
        "no unsafe source": "unsafe" not in headers.get("content-security-policy", ""),
        "frames": "frame-ancestors 'none'" in headers.get("content-security-policy", ""),
        "types": headers.get("x-content-type-options") == "nosniff",
        "referrer": headers.get("referrer-policy") == "no-referrer",
        "opener": headers.get("cross-origin-opener-policy") == "same-origin",
        "no foreign reader": not [name for name in headers if name.startswith("access-control-")],
        "charset": _tells_its_letters(answer),
        "caches": headers.get("cache-control") == "no-store" or "/api/" not in answer.request.url.path,
        "server": "server" not in headers,
    }
    return [name for name, right in wrong.items() if not right]


def _tells_its_letters(answer: httpx2.Response) -> bool:
    """Text says UTF-8; JSON is UTF-8 by its own definition; nothing else is sent with words in it."""
    kind = answer.headers.get("content-type", "")
    if not answer.content:
        return True
    return kind in ("application/json", "application/problem+json") or "charset=utf-8" in kind


async def test_no_route_lets_a_foreign_page_read(clients: Clients) -> None:
    """A preflight is answered without a word of leave, and a cross-origin read without one either."""
    asked = FOREIGN["a script"] | {
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type",
    }
    for route in ROUTES:
        answer = await clients[route.app].options(route.url, headers=asked)
        assert answer.status_code == 405, route
        assert not [name for name in answer.headers if name.startswith("access-control-")], route


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
async def test_no_other_method_is_known(clients: Clients, method: str) -> None:
    """TRACE above all, which would read a cookie to a script."""
    for route in READS:
        answer = await clients[route.app].request(method, route.url, headers={"cookie": "fv_session=x"})
        assert answer.status_code in (403, 405), route
        assert "fv_session" not in answer.text


WANTED = {
    "role": "office_clerk",
    "roles": ["permanent_board"],
    "unit_id": SOMETHING,
    "received_at": "2026-01-01T00:00:00Z",
    "id": SOMETHING,
    "deadline": "2030-01-01",
    "due_at": "2030-01-01T00:00:00Z",
    "committee_id": SOMETHING,
    "person_id": SOMETHING,
    "created_by": SOMETHING,
    "owner_id": SOMETHING,
    "is_admin": True,
    "version": 99,
    "__proto__": {"admin": True},
}
"""What somebody would like to decide for the server."""


class AllPowerful:
    """A session of somebody who may do everything, so that each body is read."""

    async def of(self, _request: Request) -> Principal:
        posts = tuple(
            Post(
                post_id=UUID(SOMETHING),
                role=role,
                body="executive_committee",
                title="x",
                unit_id=UUID(SOMETHING),
                valid_from=None,
                valid_to=None,
            )
            for role in Role
        )
        return Principal(
            person_id=UUID(SOMETHING),
            committee_id=UUID(SOMETHING),
            session_id=UUID(SOMETHING),
            full_name="x",
            posts=posts,
            today=date(2026, 11, 23),
            fresh=True,
        )


async def test_no_route_takes_a_field_that_it_does_not_name(clients: Clients) -> None:
    """ASVS 15.3.3: whoever may do everything still decides no role, no id, no instant and no committee by a body."""
    for app in clients:
        app.state.sessions = AllPowerful()
    taken = {}
    reading = [route for route in CHANGES if route.body]
    for route in reading:
        assert route.body is not None
        sent = {name: value for name, value in WANTED.items() if name not in route.body.model.model_fields}
        answer = await clients[route.app].request(route.method, route.url, json=sent)
        assert answer.status_code == 422, (str(route), answer.text)
        refused = {
            error["pointer"].removeprefix("/")
            for error in answer.json()["errors"]
            if error["rule"] == "unknown-field"
        }
        taken[str(route)] = set(sent) - refused

    assert len(reading) >= 35
    assert {name: fields for name, fields in taken.items() if fields} == {}


async def test_no_object_inside_a_body_takes_one_either() -> None:
    """Every object that a document describes as sent is closed; what a browser's authenticator says is its own."""
    open_ones = set()
    for app in {route.app for route in CHANGES}:
        document = app.openapi()
        schemas = document["components"]["schemas"]
        sent = {
            name
            for operations in document["paths"].values()
            for operation in operations.values()
            for name in _named_by(operation.get("requestBody"), schemas)
        }
        open_ones |= {name for name in sent if _takes_more(schemas[name])}
        open_ones |= {
            f"{name}.{field}"
            for name in sent
            for field, schema in schemas[name].get("properties", {}).items()
            if _takes_more(schema)
        }

    assert open_ones == {"NewPasskeyIn.credential", "CredentialIn.credential"}


def _takes_more(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "object" and schema.get("additionalProperties", True) is True


def _named_by(schema: object, schemas: dict[str, Any]) -> set[str]:
    """The names of all models in it, those inside them too."""
    found = {
        name for name in re.findall(r"#/components/schemas/(\w+)", json.dumps(schema)) if name in schemas
    }
    return found.union(*(_named_by(schemas[name], schemas) for name in found))
