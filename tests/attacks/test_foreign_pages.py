"""Reading changes nothing, and a page of somebody else makes a signed-in browser change nothing."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts
from playwright.async_api import Browser, Response

from services.installation import NAMES, unconnected
from tests.attacks.hostile_ward import BOARD, CLERK, INSPECTOR, HostileWard
from tests.support.audited import changing_routes
from tests.support.browser import device
from tests.support.wait import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("attacks")]

KNOWN_TO_CHANGE = {"feedback.audit", "feedback.audit_head", "visits.device"}
"""Who read a restricted matter or a contact stands in the audit; asking who one is tells when a device was last here."""

Digests = dict[str, str]


async def test_no_question_changes_anything(ward: HostileWard) -> None:
    """Every GET of every service, by people who may read much, by one who may not and by nobody."""
    readers = [await ward.system.person(code) for code in (BOARD, CLERK, INSPECTOR, "hostile-3")]
    before = await _settled(ward)

    answered = 0
    for browser in readers:
        for url in _questions(ward):
            async with browser.stream("GET", url) as answer:  # one of them never ends
                assert answer.status_code < 500, url
                answered += answer.status_code == 200

    changed = {name for name, digest in (await _settled(ward)).items() if digest != before[name]}
    assert answered > 100
    assert changed <= KNOWN_TO_CHANGE


def _questions(ward: HostileWard) -> list[str]:
    """Every address that answers GET, with something that is there in the place of each parameter."""
    person = ward.people[0]
    there = {
        "{visit_id}": person.visit_id,
        "{issue_id}": person.told["id"],
        "{unit_id}": person.unit_id,
        "{duty_id}": person.duty_id,
        "{number}": "1",
        "{version}": "1",
        "{body}": "executive_committee",
        "{name:path}": "page.js",
    }
    found = []
    for service in unconnected():
        for context in iter_route_contexts(service.app.routes):
            if "GET" in (context.methods or ()):
                url = str(context.path)
                for parameter, value in there.items():
                    url = url.replace(parameter, value)
                found.append(re.sub(r"\{[^}]+\}", str(UUID(int=1)), url))
    return found


async def test_a_foreign_page_moves_nothing_in_a_real_browser(ward: HostileWard, browser: Browser) -> None:
    """Chromium, signed in with us, opens a page elsewhere that sends every form and every request it can think of."""
    before = await _settled(ward)
    cookie = (await ward.system.person(CLERK)).cookies["fv_session"]
    context = await device(browser, ward.system.url, cookie=cookie)
    page = await context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  # Playwright wants a function

    async with _elsewhere(_attack(ward.system.url)) as evil:
        await page.goto(evil)
        await page.wait_for_function("() => window.done", timeout=60_000)
    await context.close()

    sent = [each for each in answers if each.url.startswith(ward.system.url)]
    posted = [each for each in sent if each.request.method == "POST"]
    assert len(posted) >= 2 * len([route for route in _changes() if route[0] == "POST"])
    assert {each.status for each in posted} == {403}
    assert {each.status for each in sent if each.request.method == "OPTIONS"} <= {405}
    assert not [each for each in sent if each.request.method in ("PUT", "DELETE", "PATCH")]
    assert await _settled(ward) == before


def _changes() -> list[tuple[str, str]]:
    return sorted(route for service in unconnected() for route in changing_routes(service.app))


def _attack(target: str) -> str:
    """A page that sends each route a form and two scripts' requests, one of which asks for leave first."""
    some = str(UUID(int=1))
    sends = [
        (method, target + "/".join(some if part.startswith("{") else part for part in path.split("/")))
        for method, path in _changes()
    ]
    forms = "".join(
        f'<form method=post enctype=text/plain action="{url}" target="f{number}">'
        f'<input name=\'{{"a":"\' value=\'"}}\'></form><iframe name="f{number}"></iframe>'
        for number, (method, url) in enumerate(sends)
        if method == "POST"
    )
    return f"""<!doctype html><title>Quà tặng</title>{forms}<script>
        const sends = {[list(each) for each in sends]};
        const quiet = () => {{}};
        const requests = sends.flatMap(([method, url]) => [
            fetch(url, {{ method: "POST", mode: "no-cors", credentials: "include", body: "{{}}" }}).catch(quiet),
            fetch(url, {{ method, credentials: "include", body: "{{}}", headers: {{ "content-type": "application/json" }} }}).catch(quiet),
        ]);
        const forms = [...document.forms].map((form) => new Promise((sent) => {{
            document.getElementsByName(form.target)[0].addEventListener("load", sent, {{ once: true }});
            form.submit();
        }}));
        Promise.all([...requests, ...forms]).then(() => {{ window.done = true; }});
    </script>"""


@asynccontextmanager
async def _elsewhere(page: str) -> AsyncIterator[str]:
    """Another site: another name and another port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = page.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def _settled(ward: HostileWard) -> Digests:
    """What stands in every table, once nothing moves any more by itself."""
    last: Digests = {}

    async def still() -> Digests:
        nonlocal last
        await ward.system.installation.settled(within=30)
        was, last = last, await _digests(ward)
        assert last == was
        return last

    return await eventually(still, every=0.3)


async def _digests(ward: HostileWard) -> Digests:
    found: Digests = {}
    for name in NAMES:
        async with ward.system.installation.database(name) as database, database.read() as tx:
            tables = await tx.all(
                """
                SELECT relname FROM pg_class
                WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'receipt'
                """  # what a consumer tells again from time to time, whoever asks what
            )
            for table in tables:
                rows: list[Any] = await tx.all(
                    f"SELECT CAST(to_jsonb(t) AS text) AS row FROM {table.relname} AS t ORDER BY 1"
                )
                text = "\n".join(row.row for row in rows)
                found[f"{name}.{table.relname}"] = hashlib.sha256(text.encode()).hexdigest()
    return found
