"""`make shots`: a rehearsal with the demo is started, every view is opened, and its picture put into docs/images.

The clock stands still at nine on a Monday, nothing moves, and the pictures have few colours, so that they are small
and change only when a view does. docs/screens.md is written with them, from the same table.
"""

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from PIL import Image
from playwright.async_api import Browser, Page, Route

from tests.support.browser import DESK, PHONE, Scheme, Size, chromium, device
from tests.support.installed import up
from tests.support.servers import temporary_folder
from tests.support.supervisor import REPOSITORY
from tests.web.conftest import MONDAY, Installed
from tests.web.views import VIEWS

IMAGES: Final = REPOSITORY / "docs" / "images"
SCREENS: Final = REPOSITORY / "docs" / "screens.md"
COLOURS: Final = 64
LONGEST: Final = 2_000
"""A list that never ends is cut here, in pixels of the page."""


class Shot(NamedTuple):
    """One picture of a view, and what there is to see on it."""

    name: str
    view: str
    about: str
    size: Size = PHONE
    scheme: Scheme = "light"
    whole: bool = False
    """The view to its end, not only what the screen shows at first."""


SHOTS: Final = [
    Shot("today", "today", "What is due, the late first; one large way to write a visit down."),
    Shot("today-dark", "today", "The same in the evening.", scheme="dark"),
    Shot("today-desk", "today", "The same on a desk, with the quota and the last visits beside it.", DESK),
    Shot("why", "why", "Why a duty ends on that day: the days one by one, in place."),
    Shot(
        "place",
        "place",
        "Before the visit: the cell, its last visits, what is open and what was promised.",
        whole=True,
    ),
    Shot("visit", "visit", "A visit as it was recorded, with its versions and what came of it.", whole=True),
    Shot("issue", "issue", "An issue on its way, from raised to read out at the cell.", whole=True),
    Shot("edit", "edit", "A visit is corrected by a new version; the first one stays.", whole=True),
    Shot("places", "places", "Where one is going: found by a few letters, one's own cells first."),
    Shot("plan", "plan", "A visit that is planned."),
    Shot(
        "record",
        "record",
        "What the system holds about one's own work, with its questions to oneself first.",
        whole=True,
    ),
    Shot("reminders", "reminders", "Reminders on this phone, their quiet hours, and the calendar."),
    Shot(
        "log",
        "log",
        "Writing a visit down, first where and when: what is most often true stands there already.",
    ),
    Shot("log-unit", "log-unit", "A unit is found by a few letters, with marks or without."),
    Shot("log-said", "log-said", "Then what was said: the matter, its field, who may settle it.", whole=True),
    Shot("log-missing", "log-missing", "What is missing is said at its field."),
    Shot("log-check", "log-check", "Then everything once more; a telephone number is noticed.", whole=True),
    Shot("log-check-dark", "log-check", "The same in the evening.", scheme="dark", whole=True),
    Shot("waiting", "waiting", "Frozen without a signal: it stays on the phone and goes by itself."),
    Shot("outbox", "outbox", "What waits and what arrived, each with its state and reason.", whole=True),
    Shot("report", "report", "The report on a visit."),
    Shot("whose", "whose", "An assistant says first for whom."),
    Shot("on-behalf", "on-behalf", "From then on it stands above everything for whom one writes."),
    Shot(
        "cell",
        "cell",
        "A cell secretary sees what was recorded from the cell, and confirms or disputes it.",
        whole=True,
    ),
    Shot("card", "card", "The card of answers that is read out at the cell and printed.", whole=True),
    Shot("visits-desk", "visits", "All visits, for the office.", DESK),
    Shot("desk", "desk", "The committee's morning: figures that open their lists, and what is late.", DESK),
    Shot("desk-dark", "desk", "The same in dark colours.", DESK, "dark"),
    Shot("desk-phone", "desk", "The same on a phone."),
    Shot(
        "register-desk",
        "register",
        "The late register: narrowed, kept under a name, and asked for by hand, many at once.",
        DESK,
    ),
    Shot("unvisited-desk", "unvisited", "The cells in which nobody attended a meeting this year.", DESK),
    Shot("duty-desk", "duty", "One duty: its due date explained day by day, and what became of it.", DESK),
    Shot("duty-phone", "duty", "The same on a phone."),
    Shot("own-duties", "own-duties", "A member's own duties."),
    Shot("inbox-desk", "inbox", "What waits for the office's next step, the longest first.", DESK),
    Shot("office-issue-desk", "office-issue", "One matter's whole way, and what can be done about it.", DESK),
    Shot("answers", "answers", "What an agency owes, with its questions and promises."),
    Shot(
        "rules-desk",
        "rules",
        "Rules with their documents, and the days off with the notices that decided them.",
        DESK,
        whole=True,
    ),
    Shot("policy", "policy", "A new rule says what it will change and from which day on."),
    Shot("what-if", "what-if", "When something would be due, counted day by day.", whole=True),
    Shot("extensions", "extensions", "More days are asked for, and the permanent board decides.", whole=True),
    Shot("past-desk", "past", "The desk as it stood at a past minute.", DESK),
    Shot("changes", "changes", "What has changed since that minute."),
    Shot("grid-desk", "grid", "The year by member and month or quarter, each against the quota.", DESK),
    Shot("grid-phone", "grid", "The same on a phone."),
    Shot("evidence", "evidence", "The visits behind one number.", DESK),
    Shot(
        "coverage-desk",
        "coverage",
        "Where nobody was for how long, how evenly visits fall on cells, where to go next.",
        DESK,
        whole=True,
    ),
    Shot("coverage-phone", "coverage", "The same on a phone."),
    Shot("planning-desk", "planning", "Plans: the evening of the 3rd, what collides, what was held.", DESK),
    Shot("reports-desk", "reports", "The report of a period, as it will be printed.", DESK),
    Shot("reports-phone", "reports", "The same on a phone."),
    Shot("follow-up-desk", "follow-up", "What cells still wait for, for the periodic meeting.", DESK),
    Shot("sheets-desk", "sheets", "Evaluation sheets of a quarter, by name.", DESK),
    Shot(
        "sheet-desk",
        "sheet",
        "One member's sheet: what was asked, what was done, the visits behind it.",
        DESK,
    ),
    Shot("sheet-phone", "sheet", "The same on a phone."),
    Shot("praise-phone", "praise", "Commendations and good practices, with the version before.", whole=True),
    Shot("messages", "messages", "What was sent to one, the unread first."),
    Shot("messages-desk", "messages", "The same on a desk, with the choice of e-mail.", DESK),
    Shot("sign-in", "sign-in", "The door: a passkey, or a code and a password."),
    Shot("account", "account", "One's own ways to sign in, and one's devices."),
    Shot("own-data", "own-data", "Everything that is kept about oneself."),
    Shot("invitations-desk", "invitations", "The office invites by link or QR code.", DESK),
    Shot(
        "registers",
        "registers",
        "A spreadsheet that cannot come in says where and why, cell by cell.",
        DESK,
        whole=True,
    ),
    Shot(
        "registers-seen",
        "registers-seen",
        "Before a spreadsheet is recorded one sees what it will do; the whole import can be undone.",
        DESK,
        whole=True,
    ),
    Shot("import-desk", "import", "The office takes in what a phone could not send.", DESK),
    Shot("audit-desk", "audit", "The inspector reads who did what.", DESK),
]


async def main(*names: str) -> None:
    """All pictures, in their order, as one person after another would see them; or only those that are named."""
    IMAGES.mkdir(exist_ok=True)
    async with _rehearsal() as installed, chromium() as browser:
        for shot in (shot for shot in SHOTS if not names or shot.name in names):
            (IMAGES / f"{shot.name}.png").write_bytes(await _picture(browser, installed, shot))
    SCREENS.write_text(screens(), "utf-8")
    for stale in set(IMAGES.glob("*.png")) - {IMAGES / f"{shot.name}.png" for shot in SHOTS}:
        stale.unlink()


def screens() -> str:
    """The page that shows them all."""
    begin = "# Screens\n\nEvery view with the made-up register of a ward, taken by `make shots`. Phones are 390 pixels wide, desks 1440.\n"
    parts = [begin]
    for shot in SHOTS:
        width = 260 if shot.size == PHONE else 720
        parts.append(
            f'\n{shot.about}\n\n<img src="images/{shot.name}.png" alt="{shot.about}" width="{width}">\n'
        )
    return "".join(parts)


@asynccontextmanager
async def _rehearsal() -> AsyncIterator[Installed]:
    with temporary_folder() as folder:
        async with up(folder / "data", "--now", MONDAY) as running:
            await running.ready()
            yield Installed(running)


async def _picture(browser: Browser, installed: Installed, shot: Shot) -> bytes:
    view = VIEWS[shot.view]
    cookie = await installed.cookie(view.role) if view.role else None
    context = await device(
        browser, installed.url, size=shot.size, scheme=shot.scheme, cookie=cookie, sharp=shot.size == PHONE
    )
    page = await context.new_page()
    await page.route("**/api/viewer", _at_nine)
    await view.open(page)
    await page.evaluate("document.fonts.ready")
    if shot.whole:
        await _make_room(page, shot.size)
    taken = await page.screenshot(caret="hide", animations="disabled")
    await context.close()
    return _small(taken)


async def _at_nine(route: Route) -> None:
    """The clock of a rehearsal walks on from where it was set; in a picture it stands."""
    answer = await route.fetch()
    await route.fulfill(response=answer, json={**await answer.json(), "now": MONDAY})


async def _make_room(page: Page, size: Size) -> None:
    """As tall as the view, so that what is fixed to the foot of the screen is at its foot."""
    height: int = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": size[0], "height": min(max(height, size[1]), LONGEST)})


def _small(picture: bytes) -> bytes:
    shrunk = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        ).save(shrunk, "PNG", optimize=True)
    return shrunk.getvalue()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
