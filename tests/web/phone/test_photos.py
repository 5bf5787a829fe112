"""F10: a photograph taken without a network. It forgets its place on the phone, follows its visit and holds up nothing."""

import base64
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from shared.ids import uuid7
from tests.support.photos import MINE, jpeg, photograph
from tests.support.road import Road, problem
from tests.support.wait import eventually
from tests.web.conftest import Installed
from tests.web.phone.conftest import Handsets
from tests.web.phone.handset import CELL, Handset, visit_act
from tests.web.phone.test_queue import id_of, recorded, unit_of
from tests.web.phone.test_secrecy import ended

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("phone")]

_PICTURE = """
async (id) => {
  const { openPhone } = await import("/visits/web/phone.js");
  globalThis.fieldPhone ??= await openPhone(null);
  const bytes = new Uint8Array(await (await globalThis.fieldPhone.photos.picture(id)).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
"""
_ATTACH = """
async ([id, visitId, issueId, picture]) => {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  await globalThis.fieldPhone.photos.add(id, { visitId, issueId }, bytes);
  await globalThis.fieldPhone.photos.retry(id);
}
"""
_OLDER = """
() => new Promise((resolve) => {
  const opening = indexedDB.open("field-visits", 1);
  opening.onupgradeneeded = () => {
    for (const name of ["drafts", "queue", "receipts", "shelf"]) {
      opening.result.createObjectStore(name, { keyPath: "id" }).createIndex("person", "person_id");
    }
    for (const name of ["keys", "device"]) opening.result.createObjectStore(name, { keyPath: "person_id" });
    opening.transaction.objectStore("drafts").put({ id: "d", person_id: "somebody", saved_at: 1 });
  };
  opening.onsuccess = () => { opening.result.close(); resolve(); };
})
"""
_FREEZE = """
async ([form, act, id, picture]) => {
  const draft = await globalThis.fieldPhone.drafts.begin(form);
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  await globalThis.fieldPhone.photos.add(id, { visitId: form.id, issueId: form.issues[0].id }, bytes);
  return draft.freeze(act.body, act.about, { path: act.path });
}
"""
_COPY = """
async (id) => {
  const draft = await globalThis.fieldPhone.drafts.open(await globalThis.fieldPhone.outbox.copyToDraft(id));
  globalThis.copied = draft;
  return [draft.id, draft.form.issues[0].id];
}
"""


async def picture_on(phone: Handset, photo_id: str) -> bytes:
    return base64.b64decode(await phone.page.evaluate(_PICTURE, photo_id))


async def take_picture(page: Page, content: bytes, name: str = "IMG_2026.jpg") -> None:
    await page.locator('input[type="file"]').last.set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": content}
    )


async def photo_states(phone: Handset) -> list[tuple[str, str | None]]:
    return [(each["state"], each["reason"]) for each in await phone.records("photos")]


def bare(content: bytes) -> tuple[str | None, tuple[int, int]]:
    """Format and size of a picture that knows nothing of where it was taken."""
    for trace in (MINE, b"Exif", b"GPS"):
        assert trace not in content
    with Image.open(BytesIO(content)) as picture:
        assert dict(picture.getexif()) == {}
        return picture.format, picture.size


async def test_a_photo_taken_offline_forgets_its_place_and_goes_after_its_visit(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """The camera's file has a place in it; what lies on the phone, passes the road and stands there has none."""
    phone = await handset()
    page = await phone.installed()
    road.close()
    await phone.context.set_offline(True)
    await page.goto(f"{road.url}/visits/#log")
    await page.get_by_label("Đi cơ sở").check()
    await phone.choose_unit("dong ngan 3", CELL)
    await phone.next()
    await phone.add_issue("Nắp cống trước cổng trường bị vỡ")
    await expect(page.get_by_text("Không chụp mặt người")).to_be_visible()

    await take_picture(page, b"%PDF-1.7 not a picture")
    await expect(page.get_by_text("Máy không mở được ảnh này.")).to_be_visible()
    await take_picture(page, photograph(size=(2400, 1800), turned=6))
    await expect(page.get_by_role("img", name="Ảnh 1")).to_be_visible()
    await take_picture(page, jpeg())
    await page.get_by_role("button", name="Bỏ ảnh 2").click()
    await expect(page.get_by_role("img", name="Ảnh 2")).to_have_count(0)
    await written(phone)
    await page.reload()
    await expect(page.get_by_role("img", name="Ảnh 1")).to_be_visible()
    (kept,) = await phone.records("photos")
    on_phone = await picture_on(phone, kept["id"])
    assert bare(on_phone) == ("JPEG", (1200, 1600))
    assert "JFIF" not in await phone.readable()

    await phone.next()
    visit_id = await phone.freeze()
    await expect(page.get_by_role("heading", name="Đang chờ gửi")).to_be_visible()
    assert [state for state, _ in await photo_states(phone)] == ["ready"]
    await page.goto(f"{road.url}/visits/#outbox")
    await expect(page.get_by_role("heading", name="Ảnh chờ gửi")).to_be_visible()
    road.open()
    await phone.context.set_offline(False)
    await phone.emptied()
    await comes(phone, "photos", 0)

    visit, photo = road.sent(visit_id)
    assert (visit.path, photo.body) == (f"/visits/api/visits/{visit_id}", on_phone)
    assert b"photo" not in visit.body
    (raised,) = (await recorded(installed, visit_id))["issues"]  # type: ignore[misc]  # JSON
    assert [each["photo_id"] for each in raised["photos"]] == [kept["id"]]
    async with await installed.client("office") as office:
        there = await office.get(photo.path)
    assert bare(there.content) == ("JPEG", (1200, 1600))
    await page.goto(f"{road.url}/visits/#visit={visit_id}")
    shown = page.get_by_role("img", name="Ảnh 1")
    await expect(shown).to_be_visible()
    await eventually(lambda: shown.evaluate("(image) => image.complete && image.naturalWidth === 1200"))


async def test_a_photo_that_cannot_go_holds_up_nothing_and_stays_sealed(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """Peers: one attachment that fails stops the queue. Here records pass it by, also after signing out and in."""
    phone = await handset()
    page = await phone.open()
    unit = await unit_of(installed)
    first, second = visit_act(unit, title="Đèn đường hỏng"), visit_act(unit)
    await phone.freeze_many(first)
    await phone.emptied()
    road.answers = lambda passing: problem(503) if "/photos/" in passing.path else ended(passing)
    photo: list[Any] = [str(uuid7()), id_of(first), first["body"]["issues"][0]["id"]]
    await page.evaluate(_ATTACH, [*photo, base64.b64encode(jpeg()).decode()])

    await phone.send_now()
    assert await photo_states(phone) == [("failed", "busy")]
    await phone.freeze_many(second)
    await phone.emptied()
    assert await recorded(installed, id_of(second))
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Đăng xuất").click()
    await expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    assert len(await phone.records("photos")) == 1
    assert await phone.records("keys") == []
    assert "JFIF" not in await phone.readable()

    road.answers = lambda passing: problem(422) if "/photos/" in passing.path else None
    await phone.sign_in(await installed.cookie("member"))
    await phone.open("#outbox")
    page = phone.page
    await expect(page.get_by_text("Máy chủ chưa nhận vì lý do dưới đây.")).to_be_visible()
    road.open()
    await page.get_by_role("button", name="Gửi lại").click()
    await comes(phone, "photos", 0)
    assert "/photos/" in road.sent(id_of(first))[-1].path


async def test_a_visit_that_is_copied_takes_its_photos_along_and_one_that_is_thrown_away_too(
    installed: Installed, road: Road, handset: Handsets
) -> None:
    """Under the new ids of visit and issue, so that they go with what is sent in the end, and nothing is left behind."""
    phone = await handset()
    page = await phone.open()
    road.answers = lambda passing: problem(422) if "/visits/api/visits/" in passing.path else None
    act = visit_act(await unit_of(installed), title="Biển báo bị che khuất")
    form = {"id": id_of(act), "issues": [{"id": act["body"]["issues"][0]["id"]}], "opened_at": 1}
    await phone.freeze_many()
    item = await page.evaluate(_FREEZE, [form, act, str(uuid7()), base64.b64encode(jpeg()).decode()])
    await phone.send_now()
    await phone.comes_to(("refused", "refused"))
    assert [state for state, _ in await photo_states(phone)] == ["ready"]

    visit_id, issue_id = await page.evaluate(_COPY, item)
    (photo,) = await phone.records("photos")

    assert (photo["visit_id"], photo["issue_id"], photo["state"]) == (visit_id, issue_id, "draft")
    assert visit_id != id_of(act)
    await page.evaluate("globalThis.copied.discard()")
    assert await phone.records("photos") == []


async def test_a_phone_from_before_there_were_photos_keeps_what_it_has(handset: Handsets) -> None:
    """Its store is built on, not built anew."""
    phone = await handset()
    phone.page = await phone.context.new_page()
    await phone.page.goto(f"{phone.road.url}/visits/web/vi.js")
    await phone.page.evaluate(_OLDER)

    await phone.open()

    assert [each["id"] for each in await phone.records("drafts")] == ["d"]
    assert await phone.records("photos") == []


async def written(phone: Handset) -> None:
    """The draft is written down as it was when its photograph was taken."""

    async def there() -> bool:
        drafts, (photo,) = await phone.records("drafts"), await phone.records("photos")
        return [each["saved_at"] >= photo["taken_at"] for each in drafts] == [True]

    await eventually(there, every=0.2)


async def comes(phone: Handset, store: str, many: int) -> None:
    """So many records are there; none, when everything has its proof and has left."""

    async def there() -> bool:
        return len(await phone.records(store)) == many

    await eventually(there, every=0.2)
