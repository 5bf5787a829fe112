"""A member's phone in Chromium, used as a thumb would, and opened up to see what it keeps."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Page, expect

from shared.ids import uuid7
from tests.support.road import Road
from tests.support.wait import eventually

Size = tuple[int, int]
Record = dict[str, Any]
CELL = "Chi bộ khu phố Đông Ngàn 3"

_RECORDS = """
(name) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("field-visits");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const asked = opening.result.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => { opening.result.close(); resolve(asked.result.map((each) => ({ ...each, key: undefined }))); };
  };
})
"""
_WRITE = """
([name, record]) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("field-visits");
  opening.onsuccess = () => {
    const database = opening.result;
    const transaction = database.transaction(name, "readwrite");
    const store = transaction.objectStore(name);
    const asked = store.get(record.id ?? record.person_id);
    asked.onsuccess = () => store.put({ ...asked.result, ...record });
    transaction.oncomplete = () => { database.close(); resolve(); };
    transaction.onabort = () => reject(transaction.error);
  };
})
"""
_FREEZE = """
async (acts) => {
  const { openPhone } = await import("/visits/web/phone.js");
  globalThis.fieldPhone ??= await openPhone(null);
  for (const act of acts) await globalThis.fieldPhone.outbox.add(act);
}
"""
_FILL = """
async () => {
  const opening = indexedDB.open("field-visits");
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  const database = opening.result;
  for (let size = 2_000_000; size > 200; ) {
    const full = await new Promise((resolve) => {
      const transaction = database.transaction("shelf", "readwrite");
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      const asked = transaction.objectStore("shelf").put({ id: crypto.randomUUID(), person_id: "x", bytes });
      asked.onerror = () => resolve(true);
      transaction.oncomplete = () => resolve(false);
      transaction.onabort = () => resolve(true);
    });
    if (full) size = Math.floor(size / 2);
  }
  database.close();
}
"""
_EMPTY = """
async () => {
  const opening = indexedDB.open("field-visits");
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  const transaction = opening.result.transaction("shelf", "readwrite");
  transaction.objectStore("shelf").clear();
  await new Promise((resolve) => { transaction.oncomplete = resolve; });
  opening.result.close();
}
"""
_SEND = """
async () => {
  while ((await globalThis.fieldPhone.outbox.send({ urgent: true })) === "busy") {
    await new Promise((again) => setTimeout(again, 50));
  }
}
"""
_ALL_BYTES = """
async () => {
  const readable = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
  const opening = indexedDB.open("field-visits");
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  const database = opening.result;
  for (const name of database.objectStoreNames) {
    const asked = database.transaction(name).objectStore(name).getAll();
    await new Promise((resolve) => { asked.onsuccess = resolve; });
    for (const record of asked.result) {
      readable.push(JSON.stringify(record));
      const { sealed, said } = record;
      for (const each of [sealed, said]) if (each) readable.push(new TextDecoder().decode(each.data));
    }
  }
  database.close();
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (request.url.includes("/api/")) readable.push(await (await cache.match(request)).text());
    }
  }
  return readable.join("\\n");
}
"""


@dataclass
class Handset:
    """One browser profile with one page that matters. `wrong`: what no page may ever do."""

    context: BrowserContext
    road: Road
    wrong: list[str] = field(default_factory=list)
    page: Page = field(init=False)

    async def sign_in(self, cookie: str) -> None:
        await self.context.clear_cookies()
        await self.context.add_cookies([{"name": "fv_session", "value": cookie, "url": self.road.url}])

    async def open(self, where: str = "") -> Page:
        """A new window on the app; the last one opened is `page`."""
        self.page = await self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        await self.page.goto(f"{self.road.url}/visits/{where}")
        await expect(self.page.locator("footer.foot")).to_be_visible()
        await self.page.locator(".phone-bar").first.wait_for(state="attached")
        return self.page

    async def installed(self) -> Page:
        """The app opened until its shell is kept, and what is needed to write without a network."""
        page = await self.open()

        async def ready() -> bool:
            controlled = await page.evaluate("navigator.serviceWorker.controller !== null")
            return controlled and any("/units?" in each["id"] for each in await self.records("shelf"))

        await eventually(ready, every=0.2)
        return page

    async def kill(self) -> None:
        """The window's process dies, whatever it was doing; nothing of it says goodbye."""
        session = await self.context.new_cdp_session(self.page)
        dead = asyncio.get_running_loop().create_future()
        self.page.once("crash", lambda _: dead.set_result(None))
        asked = asyncio.ensure_future(session.send("Page.crash"))
        await asyncio.wait_for(dead, 10)
        asked.cancel()
        await self.page.close()

    # --- writing with the thumb

    async def write(self, *, note: str = "", issue: str | None = None, meeting: bool = False) -> Page:
        """A visit written to its last step."""
        page = self.page
        await page.goto(f"{self.road.url}/visits/#log")
        await expect(page.get_by_role("heading", name="Ở đâu, khi nào")).to_be_visible()
        await page.get_by_label("Dự sinh hoạt chi bộ" if meeting else "Đi cơ sở").check()
        await self.choose_unit("dong ngan 3", CELL)
        await self.next()
        if issue:
            await self.add_issue(issue)
        elif meeting:
            await page.get_by_label("Không có ý kiến").check()
        if note:
            await page.get_by_label("Ghi chú chung").fill(note)
        await self.next()
        return page

    async def choose_unit(self, typed: str, name: str) -> None:
        await self.page.get_by_label("Đơn vị", exact=True).fill(typed)
        await self.page.get_by_role("option", name=name).first.click()

    async def add_issue(self, title: str, field_: str = "electricity_water") -> None:
        await self.page.get_by_role("button", name="Thêm ý kiến").click()
        await self.page.get_by_label("Nội dung chính").last.fill(title)
        await self.page.get_by_label("Nội dung chính").last.blur()
        await self.page.get_by_label("Lĩnh vực", exact=True).last.select_option(field_)

    async def next(self) -> None:
        await self.page.get_by_role("button", name="Tiếp tục").click()

    async def freeze(self) -> str:
        """Freeze what is written; the item's id."""
        await self.page.get_by_role("button", name="Khóa lại và gửi").click()
        await self.page.wait_for_url(re.compile("#outbox="))
        return self.page.url.rpartition("=")[2]

    # --- what it keeps

    async def records(self, store: str) -> list[Record]:
        found: list[Record] = await self.page.evaluate(_RECORDS, store)
        return found

    async def change(self, store: str, record: Record) -> None:
        """Change a record behind the app's back: time that has passed, a bit that has rotted."""
        await self.page.evaluate(_WRITE, [store, record])

    async def states(self) -> list[str]:
        """The queue's states in order."""
        return [each["state"] for each in sorted(await self.records("queue"), key=lambda each: each["order"])]

    async def fill_up(self, quota: int = 30_000_000) -> None:
        """Take all the room that this browser gives the app."""
        session = await self.context.new_cdp_session(self.page)
        await session.send("Storage.overrideQuotaForOrigin", {"origin": self.road.url, "quotaSize": quota})
        await self.page.evaluate(_FILL)

    async def make_room(self) -> None:
        await self.page.evaluate(_EMPTY)

    async def comes_to(self, *wanted: tuple[str, str | None]) -> None:
        """The queue's states and reasons, in order, once nothing is on its way any more."""

        async def there() -> bool:
            queue = sorted(await self.records("queue"), key=lambda each: each["order"])
            return [(each["state"], each["reason"]) for each in queue] == list(wanted)

        await eventually(there, every=0.2)

    async def emptied(self, *, within: float = 20.0) -> None:
        """Everything has its receipt."""

        async def empty() -> bool:
            return await self.records("queue") == []

        await eventually(empty, within, every=0.2)

    async def readable(self) -> str:
        """Every byte of its storage that can be read as text."""
        return str(await self.page.evaluate(_ALL_BYTES))

    async def freeze_many(self, *acts: Record) -> None:
        """Acts frozen as views do it, without the thumb."""
        await self.page.evaluate(_FREEZE, list(acts))

    async def send_now(self) -> None:
        """One round of sending, as the button begins it."""
        await self.freeze_many()
        await self.page.evaluate(_SEND)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.wrong.append(f"console: {message.text}")


def visit_act(unit_id: str, *, title: str | None = None, note: str = "", **changes: Any) -> Record:
    """A visit as a view freezes it."""
    visit_id = str(uuid7())
    issue = {
        "id": str(uuid7()),
        "kind": "petition",
        "field": "environment",
        "title": title,
        "detail": "",
        "urgency": "normal",
        "access_class": "normal",
        "resolved_on_spot": False,
    }
    body = {
        "kind": "field_trip",
        "unit_id": unit_id,
        "started_at": "2026-11-21T08:00:00+07:00",
        "ended_at": "2026-11-21T09:00:00+07:00",
        "device": None,
        "meeting": None,
        "notes": note,
        "nothing_raised": title is None,
        "issues": [] if title is None else [issue],
        "report": None,
    }
    path = f"/visits/api/visits/{visit_id}"
    about = {"unit": CELL, "day": "2026-11-21"}
    return {"kind": "visit", "method": "PUT", "path": path, "body": body | changes, "about": about}


def report_act(visit: Record, summary: str) -> Record:
    body = {"summary": summary, "claimed_at": "2026-11-22T08:00:00+07:00"}
    return {**visit, "kind": "report", "path": f"{visit['path']}/report", "body": body}


def version_act(visit: Record, version: int, **changes: Any) -> Record:
    return {
        **visit,
        "kind": "version",
        "path": f"{visit['path']}/versions/{version}",
        "body": visit["body"] | {"base_version": version - 1} | changes,
    }


def body_of(passed: Any) -> Record:
    """What a request said."""
    return dict(json.loads(passed.body))
