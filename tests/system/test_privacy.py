"""A unique word put into every text must stay where it belongs, and leave every place when its time is over.

The whole system: real servers, three services, one origin over HTTP, people of every role.
"""

import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from services.installation import NAMES
from services.visits.handlers import erase_visits
from shared.bus import connect
from shared.contracts.envelope import ERASED_BODY
from shared.ids import uuid7
from tests.support.logs import LogLines, captured_logs
from tests.support.phone import issue_body, visit_body
from tests.support.rehearsal import Json, Rehearsal, local, rehearsal
from tests.support.wait import eventually
from tests.support.ward import unit_id

pytestmark = pytest.mark.xdist_group("heavy")

OPEN, HIDDEN, NAME, CITIZEN = "Chimyến", "Chimmật", "Chimtên", "Chimdân"
"""Words in open texts, in restricted ones, in somebody's name, in a contact."""
MEMBER, COLLEAGUE, CLERK, BOARD, STANDING, INSPECTOR = "M12", "M13", "VP1", "M01", "M04", "KT1"
MAY_KNOW = (MEMBER, BOARD, INSPECTOR)


@pytest.fixture
async def ward() -> AsyncIterator[tuple[Rehearsal, LogLines]]:
    with captured_logs() as lines:
        async with rehearsal() as system:
            await system.move_clock("2026-10-05 21:30")
            yield system, lines


async def test_a_canary_is_heard_only_where_it_belongs(ward: tuple[Rehearsal, LogLines]) -> None:
    """No log line, metric, subject, header, letter, notice, quarantine detail or problem holds a word of anybody.

    Restricted words leave in no event, and in no answer to whoever may not know of them.
    """
    system, lines = ward
    visit_id, shown, hidden = await _record_everything(system)
    await _provoke_problems(system, visit_id)
    await system.move_clock("2026-10-13 08:00")
    await system.inbox(MEMBER, "overdue", count=1)

    await eventually(lambda: len(system.office.letters) > 0, every=0.1)
    await _set_aside(system)
    said = [
        json.dumps(lines.events, ensure_ascii=False),
        *[(await (await system.person("QT1")).get(f"/{name}/metrics")).text for name in (*NAMES, "ops")],
        *[_read(letter) for letter in system.office.letters],
        *await _around_the_messages(system),
    ]
    assert any("envelope" in each for each in said)
    for word in (OPEN, HIDDEN, NAME, CITIZEN):
        assert not any(word in each for each in said), word
    payloads = [
        row for name in NAMES for row in await _rows(system, name, "SELECT payload AS row FROM outbox")
    ]
    assert not any(HIDDEN in payload or CITIZEN in payload for payload in payloads)
    await _walk_all_answers(system, visit_id, shown, hidden)


async def test_an_erased_visit_is_erased_everywhere_and_stays_so(ward: tuple[Rehearsal, LogLines]) -> None:
    """Over the real bus: copies obey, and nothing that comes later brings a word back.

    Neither an old event that comes late, nor a whole history sent again to a service that lost it.
    """
    system, _ = ward
    visit_id, _, _ = await _record_everything(system)
    found = system.installation
    (late,) = await _rows(
        system, "visits", f"SELECT payload AS row FROM outbox WHERE key = '{visit_id}' ORDER BY seq LIMIT 1"
    )
    (headers,) = await _rows(
        system,
        "visits",
        f"""SELECT json_build_object('id', event_id, 'seq', seq, 'at', occurred_at) AS row
            FROM outbox WHERE key = '{visit_id}' ORDER BY seq LIMIT 1""",
    )

    async with found.database("visits") as database:
        assert await database.run(lambda tx: erase_visits([UUID(visit_id)], tx, by="test")) == 1
    await found.settled(within=30)
    assert await _texts(system) == []

    # An old copy of the first event, under its own id and under a new one.
    client = await connect(found.admin_nats_url)
    for event_id in (headers["id"], str(uuid7())):
        await client.jetstream().publish(
            "visits.visit.recorded.v1",
            late.encode(),
            headers={
                "Nats-Msg-Id": str(uuid7()),
                "ce-specversion": "1.0",
                "ce-id": event_id,
                "ce-source": "/field-visits/visits",
                "ce-type": "visits.visit.recorded.v1",
                "ce-subject": visit_id,
                "ce-time": headers["at"],
                "ce-sequence": str(headers["seq"]),
            },
        )
    # feedback comes back from a backup of before this visit; the stream is wiped.
    await _forget_visits(system)
    await client.jetstream().purge_stream("VISITS")
    await client.close()
    await eventually(lambda: _known_again(system, visit_id), 60.0, every=0.2)
    await found.settled(within=60)

    assert await _texts(system) == []
    (facts,) = await _rows(
        system,
        "feedback",
        f"""SELECT json_build_object('erased', erased_at IS NOT NULL, 'issues',
                   (SELECT count(*) FROM issue WHERE visit_id = '{visit_id}')) AS row
            FROM visit WHERE visit_id = '{visit_id}'""",
    )
    assert facts == {"erased": True, "issues": 2}
    assert ERASED_BODY.decode() in await _rows(system, "visits", "SELECT payload AS row FROM outbox")


# --- What happens ----------------------------------------------------------------------------------


async def _record_everything(system: Rehearsal) -> tuple[str, str, str]:
    """A word in every field that takes one; the visit, its open issue and its restricted one."""
    clerk: dict[str, Any] = {
        "code": "DTV9",
        "full_name": f"Nguyễn {NAME}",
        "email": None,
        "portfolios": [],
        "posts": [],
    }
    await system.put(CLERK, "/visits/api/people/DTV9", clerk)
    letters = {"email": {"enabled": True, "address": "an@tu-son.invalid"}}
    await system.put(MEMBER, "/notify/api/channels", letters)
    visit_id = str(uuid7())
    asked = issue_body(f"Rãnh thoát nước {OPEN}") | {"detail": OPEN}
    restricted = issue_body(HIDDEN) | {"detail": HIDDEN, "access_class": "ideology"}
    body = visit_body("C001", local("2026-10-05 19:00"), asked, restricted, meeting=True)
    await system.put(MEMBER, f"/visits/api/visits/{visit_id}", body | {"notes": OPEN})
    await system.put(
        MEMBER,
        f"/visits/api/visits/{visit_id}/report",
        {"summary": OPEN, "claimed_at": local("2026-10-05 21:00").isoformat()},
    )
    await eventually(lambda: system.get(CLERK, f"/feedback/api/issues/{asked['id']}"), every=0.1)
    sent = {"agency_unit_id": str(unit_id("A02")), "number": "15-CV/VPĐU", "proof": OPEN}
    forwarding = f"/feedback/api/issues/{asked['id']}/forwardings/{uuid7()}"
    await system.put(CLERK, forwarding, sent | {"sent_at": local("2026-10-05 21:30").isoformat()})
    await system.put(CLERK, f"/feedback/api/issues/{asked['id']}/contact", {"contact": CITIZEN})
    duties = (await system.get(MEMBER, "/feedback/api/duties"))["duties"]
    still = next(duty for duty in duties if duty["issue_id"] == restricted["id"])
    await system.put(
        MEMBER,
        f"/feedback/api/duties/{still['duty_id']}/extensions/{uuid7()}",
        {"days": 1, "reason": HIDDEN},
    )
    await system.installation.settled(within=30)
    return visit_id, str(asked["id"]), str(restricted["id"])


async def _set_aside(system: Rehearsal) -> None:
    """An event with words in its body, its id and its headers, which nobody can read: each consumer puts it aside."""
    client = await connect(system.installation.admin_nats_url)
    escaped = OPEN.encode("ascii", "backslashreplace").decode()
    for subject in ("visits.visit.recorded.v1", "feedback.duty.opened.v1"):
        body = json.dumps({"visit_id": OPEN, "notes": [OPEN, NAME], "full_name": NAME}).encode()
        headers = {"Nats-Msg-Id": str(uuid7()), "ce-id": escaped, "ce-type": escaped}
        await client.jetstream().publish(subject, body, headers=headers)
    await client.close()

    async def held() -> bool:
        return bool(await _rows(system, "notify", "SELECT detail AS row FROM quarantine"))

    await eventually(held, every=0.1)


def _read(letter: EmailMessage) -> str:
    """Subject, every header and every part as its reader sees them, not as they travel."""
    parts = [part.get_content() for part in letter.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in letter.items()), *parts])


async def _provoke_problems(system: Rehearsal, visit_id: str) -> None:
    """Refusals of every kind repeat nothing of what was written."""
    member, clerk = await system.person(MEMBER), await system.person(CLERK)
    long = issue_body(f"{OPEN} " * 60)
    body = visit_body("C001", local("2026-10-05 19:00"), long, meeting=True)
    answers = [
        await member.put(f"/visits/api/visits/{uuid7()}", json=body),
        await member.put(f"/visits/api/visits/{uuid7()}", json=body | {OPEN: OPEN, "ghi chú": OPEN}),
        await member.put(f"/visits/api/visits/{uuid7()}", content=f'{{"notes": "{OPEN}'.encode()),
        await member.put(
            f"/visits/api/visits/{visit_id}/report",
            json={"summary": f"{OPEN}\u0000", "claimed_at": local("2026-10-05 21:00").isoformat()},
        ),
        await clerk.put(f"/feedback/api/issues/{uuid7()}/contact", json={"contact": f"{CITIZEN} " * 400}),
    ]
    for answer in answers:
        assert 400 <= answer.status_code < 500, answer.text
        values = [error.get("value", "") for error in answer.json().get("errors", [])]
        assert not any(word in str([answer.json()["detail"], values]) for word in (OPEN, CITIZEN)), (
            answer.text
        )


# --- Where to look -----------------------------------------------------------------------------------


async def _around_the_messages(system: Rehearsal) -> list[str]:
    """Subjects, keys, headers and details of everything that left or was set aside, and every notice."""
    said: list[str] = []
    for name in NAMES:
        said += await _rows(system, name, "SELECT concat(subject, ' ', key) AS row FROM outbox")
        said += await _rows(
            system, name, "SELECT concat(subject, ' ', headers, ' ', detail) AS row FROM quarantine"
        )
        said += await _rows(system, name, "SELECT CAST(to_jsonb(audit) AS text) AS row FROM audit")
    for code in (MEMBER, COLLEAGUE, CLERK, BOARD, STANDING):
        said.append(json.dumps(await system.get(code, "/notify/api/inbox"), ensure_ascii=False))
        said.append(json.dumps(await system.get(code, "/notify/api/me/data"), ensure_ascii=False))
    return said


async def _walk_all_answers(system: Rehearsal, visit_id: str, shown: str, hidden: str) -> None:
    """Every GET of every document, as everybody, with ids that exist: restricted words only to who may know."""
    duties = (await system.get(BOARD, "/feedback/api/duties?limit=200"))["duties"]
    of_hidden = next(duty["duty_id"] for duty in duties if duty["issue_id"] == hidden)
    ids = {
        "visit_id": [visit_id],
        "issue_id": [shown, hidden],
        "duty_id": [of_hidden],
        "number": ["1"],
    }
    heard = set()
    for code in (MEMBER, COLLEAGUE, CLERK, BOARD, STANDING, INSPECTOR, "QT1", "CB1", "CQ1"):
        browser = await system.person(code)
        for path in await _paths(browser):
            for url in _filled(path, ids):
                text = (await browser.get(url)).text
                if HIDDEN in text or hidden in text or of_hidden in text:
                    heard.add(code)
                    assert code in MAY_KNOW, f"{code} hears of it at {url}"
                assert CITIZEN not in text or (code == CLERK and url.endswith("/contact")), url
    assert heard == set(MAY_KNOW)


async def _paths(browser: httpx2.AsyncClient) -> list[str]:
    found = []
    for name in NAMES:
        document = (await browser.get(f"/{name}/api/openapi.json")).json()
        found += [path for path, methods in document["paths"].items() if _ends(methods.get("get"))]
    return found


def _ends(operation: Json | None) -> bool:
    """A question whose answer comes to an end; what is told live is the number of a change and no text."""
    return operation is not None and "text/event-stream" not in operation["responses"]["200"].get(
        "content", {}
    )


def _filled(path: str, ids: dict[str, list[str]]) -> list[str]:
    urls = [path + ("?year=2026" if path.endswith("/cadence") else "")]
    for name, values in ids.items():
        urls = [url.replace(f"{{{name}}}", value) for url in urls for value in values]
    return sorted({url for url in urls if "{" not in url})


async def _rows(system: Rehearsal, name: Any, statement: str) -> list[Any]:
    async with system.installation.database(name) as database, database.read() as tx:
        return [row.row for row in await tx.all(statement)]


async def _texts(system: Rehearsal) -> list[str]:
    """Every table of every service in which one of the words still stands."""
    found = []
    for name in NAMES:
        tables = await _rows(
            system,
            name,
            "SELECT relname AS row FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
        )
        for table in tables:
            rows = await _rows(system, name, f"SELECT CAST(to_jsonb(t) AS text) AS row FROM {table} AS t")
            found += [f"{name}.{table}" for row in rows if OPEN in row or HIDDEN in row]
        held = await _rows(system, name, "SELECT payload AS row FROM quarantine")
        found += [f"{name}.quarantine" for row in held if OPEN.encode() in bytes(row)]
    return found


async def _forget_visits(system: Rehearsal) -> None:
    """What a restored backup of feedback does not know: everything visits ever sent."""
    owner = system.installation.settings["feedback"].owner_url("FEEDBACK_")
    connection = await asyncpg.connect(owner, server_settings={"fv.service": "on"})
    try:
        await connection.execute("DELETE FROM inbox WHERE producer = 'visits'")
        await connection.execute("DELETE FROM inbox_progress WHERE producer = 'visits'")
        for table in ("alarm", "duty_due", "extension", "duty", "forwarding", "contact", "issue", "visit"):
            await connection.execute(f"DELETE FROM {table}")
    finally:
        await connection.close()


async def _known_again(system: Rehearsal, visit_id: str) -> bool:
    """The erasure itself has come again, whatever came before it."""
    return bool(
        await _rows(
            system,
            "feedback",
            f"SELECT true AS row FROM visit WHERE visit_id = '{visit_id}' AND erased_at IS NOT NULL",
        )
    )
