"""Forty texts that a careless page would run, in every field that takes one: shown as what they are."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Page

from tests.attacks.hostile_ward import BOARD, CLERK, INSPECTOR, HostileWard, models
from tests.attacks.payloads import PAYLOADS, payloads_in, text_fields
from tests.support.browser import DESK, Watch, device

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("attacks")]

NOT_KEPT = {
    "CodeIn.code": "compared and forgotten",
    "SignInIn.login": "compared; only its digest is counted",
}
CODES = {
    "AssignmentIn.person_code": "the code of a person who is there",
    "AssignmentIn.unit_code": "the code of a unit that stands",
    "AtUnit.unit_code": "the code of a unit that stands",
    "ChannelsIn.email.address": "an address, checked at the door",
    "PersonIn.email": "an address, checked at the door",
    "PersonIn.posts.body": "the code of a body that stands",
    "PersonIn.posts.unit_code": "the code of a unit that stands",
    "PolicyIn.owed_to": "the code of a body that stands",
    "PolicyIn.urgent_owed_to": "the code of a body that stands",
    "ReachIn.body": "the code of a body that stands",
    "RevisionIn.settles": "an open question of the calendar",
    "SuccessionIn.predecessors": "codes of units that stand",
    "SuccessionIn.successors": "codes of units that stand",
    "UnitIn.parent_code": "the code of a unit that stands",
    "DeviceKeyIn.device_id": "an id, as `VisitIn.device.id`",
    "HeartbeatIn.device_id": "an id, as `VisitIn.device.id`",
    "HeartbeatIn.app_version": "a version, as `VisitIn.device.app_version`",
    "QueueFileIn.device_id": "an id, as `VisitIn.device.id`",
    "QueueFileIn.items.kind": "the name of a kind of record",
    "QueueFileIn.items.path": "an address of ours",
    "SubscriptionIn.endpoint": "the address of a push service that is known",
    "SubscriptionIn.keys.auth": "bytes of a browser",
    "SubscriptionIn.keys.p256dh": "bytes of a browser",
    "SubscriptionIn.label": "the family of a browser; needs a push service",
    "UnheldIn.device.id": "an id, as `VisitIn.device.id`",
    "UnheldIn.device.app_version": "a version, as `VisitIn.device.app_version`",
}
"""Text in its type, one of what is there in truth; what they name is itself hostile here."""
SHORT = {
    "NewPasskeyIn.name", "PersonIn.code", "UnitIn.code",
    "VisitIn.device.app_version", "VisitIn.device.id",
}  # fmt: skip
"""Too narrow for some payloads, or there are not forty of them."""

PEOPLE = ("hostile-0", CLERK, BOARD, "CQ1", "CB1", INSPECTOR, "QT1")
ALIKE_AT_MOST = 1
"""Addresses that differ in an id or a date only; all drawers of duties have a test of their own."""

STRANGERS = """() => [...document.querySelectorAll("*")].filter((each) =>
    [...each.attributes].some(({ name, value }) => name.startsWith("on") || /^\\s*javascript:/i.test(value))
    || each.matches("script:not([src]), iframe, object, embed, base, marquee, math, video, template, meta[http-equiv]")
).map((each) => each.outerHTML.slice(0, 120))"""
"""Elements and attributes that no page of ours has."""


@dataclass
class Look:
    """What one person saw: the text of each address, and everything that a page should never do."""

    watch: Watch
    texts: dict[str, str] = field(default_factory=dict)
    dialogs: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        return [*self.watch.wrong, *self.dialogs, *self.strangers]


async def test_every_field_that_takes_a_text_took_every_payload(ward: HostileWard) -> None:
    """A field that is added later and forgotten here fails."""
    fields = {each for _, model in models() for each in text_fields(model)}
    taken = {name for name, payloads in ward.filled.items() if name in SHORT or payloads == set(PAYLOADS)}
    assert fields - taken == {*NOT_KEPT, *CODES}


@pytest.mark.parametrize("code", PEOPLE)
async def test_no_page_runs_a_text(ward: HostileWard, browser: Browser, code: str) -> None:
    """Every address that a person is offered: 0 dialogs, 0 errors and reports, 0 foreign requests, 0 strange elements."""
    async with _looking(ward, browser, code) as (page, look):
        await _crawl(page, look)

    assert len(look.texts) >= 2
    assert look.wrong == []


async def test_every_text_is_read_as_it_was_written(ward: HostileWard, browser: Browser) -> None:
    """The drawer of each late duty tells title, owner and cell in the very characters of the payload."""
    duties = (await ward.system.get(BOARD, "/feedback/api/duties?status=overdue&limit=200"))["duties"]
    of = {duty["issue_id"]: duty["duty_id"] for duty in duties}
    async with _looking(ward, browser, BOARD) as (page, look):
        for person in ward.people:
            await _open(page, look, f"/feedback/#duty={of[person.kept['id']]}")
            shown = await page.get_by_role("dialog").inner_text()
            assert shown.count(person.payload) >= 3, person.payload

    assert look.wrong == []


async def test_what_is_typed_into_a_search_is_text(ward: HostileWard, browser: Browser) -> None:
    """Choosing a unit by its hostile name, as a member does, runs nothing either."""
    async with _looking(ward, browser, "hostile-9") as (page, look):
        await _open(page, look, "/visits/#log")
        await page.get_by_label("Đơn vị", exact=True).fill("alert(1")
        await page.get_by_role("option").first.wait_for()
        offered = " ".join(await page.get_by_role("option").all_inner_texts())
        look.strangers += await page.evaluate(STRANGERS)

    assert len(payloads_in(offered)) >= 5
    assert look.wrong == []


async def test_no_text_comes_into_the_log(ward: HostileWard) -> None:
    """ASVS 16.4.1: whatever people are called, each line is JSON of ours and holds no word of theirs."""
    lines = ward.log.text.splitlines()

    assert len(lines) > 500
    for line in lines:
        said = json.loads(line)
        assert {"event", "level", "timestamp"} <= set(said)
        assert payloads_in(json.dumps(said)) == payloads_in(line) == set()
        assert line.isascii()


@asynccontextmanager
async def _looking(ward: HostileWard, browser: Browser, code: str) -> AsyncIterator[tuple[Page, Look]]:
    """A desk of this person's, watched."""
    url = ward.system.url
    cookie = (await ward.system.person(code)).cookies["fv_session"]
    look = Look(Watch(url))
    context = await device(browser, url, size=DESK, cookie=cookie)
    page = await context.new_page()
    look.watch.follow(page)
    page.on("dialog", lambda dialog: look.dialogs.append(f"dialog: {dialog.message}"))
    try:
        yield page, look
    finally:
        await context.close()


async def _crawl(page: Page, look: Look) -> None:
    """Follow the links within our origin, breadth first; what the interface answers aside."""
    waiting, kinds = ["/"], Counter[str]()
    while waiting:
        await _open(page, look, waiting.pop(0))
        links = await page.evaluate(
            "() => [...document.links].map(({ pathname, hash, search }) => pathname + search + hash)"
        )
        for link in dict.fromkeys(links):
            kind = re.sub(r"[0-9a-f-]{36}|\d{4}-\d\d-\d\d", "", link)
            if "/api/" not in link and link not in look.texts and kinds[kind] < ALIKE_AT_MOST:
                kinds[kind] += 1
                waiting.append(link)


async def _open(page: Page, look: Look, address: str) -> None:
    await page.goto(address)
    await page.wait_for_function(
        "() => document.querySelector('h1') && !/Đang mở…/.test(document.body.innerText)"
    )
    await page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    look.texts[address] = await page.inner_text("body")
    look.strangers += await page.evaluate(STRANGERS)
