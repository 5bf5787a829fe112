"""F10: photographs of issues. Drawn anew, read by whoever may read the issue, gone with the texts, off by default."""

import asyncio
import json
import struct
import time
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from services.visits.domain.photos import EDGE
from services.visits.handlers import erase_visits
from shared.ids import uuid7
from tests.conftest import Fresh
from tests.support.photos import MINE, jpeg, photograph
from tests.visits.near import assistant
from tests.visits.world import World, issue, migrate_visits, open_world, person_id, trip

API = "/visits/api/visits"


async def recorded(client: httpx2.AsyncClient, *issues: dict[str, Any], **more: Any) -> str:
    visit_id = str(uuid7())
    answer = await client.put(f"{API}/{visit_id}", json=trip(issues=list(issues)) | more)
    assert answer.status_code == 201, answer.text
    return visit_id


async def with_issue(client: httpx2.AsyncClient, **facts: Any) -> str:
    """The path of an issue of a new visit."""
    raised = issue(**facts)
    return f"{API}/{await recorded(client, raised)}/issues/{raised['id']}"


async def send(
    client: httpx2.AsyncClient, path: str, content: bytes, media_type: str = "image/jpeg"
) -> httpx2.Response:
    return await client.put(path, content=content, headers={"content-type": media_type})


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG of this size in its head, whatever follows."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def animated(format_: str) -> bytes:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    made = BytesIO()
    frames[0].save(made, format_, save_all=True, append_images=frames[1:])
    return made.getvalue()


# --- What is kept ---------------------------------------------------------------------------------


async def test_a_photograph_forgets_where_it_was_taken(world: World, member: httpx2.AsyncClient) -> None:
    """No EXIF, no GPS, no thumbnail, no comment and no profile in what is kept; the picture is still there."""
    path = f"{await with_issue(member)}/photos/{uuid7()}"

    answer = await send(member, path, photograph())
    kept = await member.get(path)

    assert (answer.status_code, kept.status_code) == (201, 200)
    with Image.open(BytesIO(photograph())) as sent:
        assert sent.getexif().get_ifd(0x8825)[2] == (21.0, 7.0, 12.0)
    assert MINE in photograph()
    for trace in (MINE, b"Exif", b"GPS", b"ICC_PROFILE"):
        assert trace not in kept.content
    with Image.open(BytesIO(kept.content)) as picture:
        assert (picture.format, dict(picture.getexif())) == ("JPEG", {})
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    (row,) = await world.rows("SELECT picture FROM visit_photo")
    assert bytes(row.picture) == kept.content


async def test_a_photograph_stands_upright_and_is_no_larger_than_a_screen(member: httpx2.AsyncClient) -> None:
    """The camera's note "turn me" is carried out before it is thrown away: the sky is on top."""
    path = f"{await with_issue(member)}/photos/{uuid7()}"
    await send(member, path, photograph(size=(2400, 1200), turned=6))

    with Image.open(BytesIO((await member.get(path)).content)) as picture:
        assert picture.size == (EDGE // 2, EDGE)
        top, bottom = picture.getpixel((400, 40)), picture.getpixel((400, EDGE - 40))

    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200 > top[0]
    assert bottom[0] > 100 > bottom[2]


async def test_what_is_clear_becomes_paper(member: httpx2.AsyncClient) -> None:
    """A PNG with holes is a JPEG with white in them."""
    path = f"{await with_issue(member)}/photos/{uuid7()}"
    made = BytesIO()
    Image.new("RGBA", (60, 40), (255, 0, 0, 0)).save(made, "PNG")

    answer = await send(member, path, made.getvalue(), "image/png")

    assert answer.status_code == 201
    with Image.open(BytesIO((await member.get(path)).content)) as picture:
        assert picture.getpixel((30, 20)) == (255, 255, 255)


async def test_a_picture_that_is_a_script_too_is_only_a_picture_afterwards(
    member: httpx2.AsyncClient,
) -> None:
    """What hides in a comment or behind the end does not go on."""
    path = f"{await with_issue(member)}/photos/{uuid7()}"
    script = b"*/=alert(1)//<script>"
    polyglot = jpeg(comment=script) + script

    answer = await send(member, path, polyglot)

    assert answer.status_code == 201
    assert script not in (await member.get(path)).content


# --- What is refused ------------------------------------------------------------------------------

REFUSED = {
    "nothing": b"",
    "a program": b"MZ\x90\x00\x03\x00\x00\x00" + bytes(4096),
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a drawing with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "half a photograph": jpeg()[: len(jpeg()) // 2],
    "fifty thousand by fifty thousand": png(50_000, 50_000, bytes(100_000)),
    "thirteen million pixels": png(3_600, 3_600),
    "an animated GIF": animated("GIF"),
    "an animated PNG": animated("PNG"),
    "a thousand scans": jpeg()[:-2] + b"\xff\xda" * 1000 + b"\xff\xd9",
    "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200),
    "WebP": b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\xff\xff\xff\xff" + bytes(9),
    "a packed archive": b"PK\x03\x04" + bytes(300),
}


@pytest.mark.parametrize("called", ["image/jpeg", "image/png"])
async def test_what_is_no_photograph_is_refused_whatever_it_is_called(
    world: World, member: httpx2.AsyncClient, called: str
) -> None:
    """By what it holds, within a second each, and nothing of it is kept."""
    issue_path = await with_issue(member)

    for name, content in REFUSED.items():
        began = time.perf_counter()
        answer = await send(member, f"{issue_path}/photos/{uuid7()}", content, called)
        seconds = time.perf_counter() - began

        assert (answer.status_code, seconds < 1) == (422, True), (name, answer.text, seconds)
        assert answer.json()["errors"][0]["pointer"] == "/photo"
    assert await world.count("visit_photo") == 0


async def test_what_is_too_large_or_of_another_kind_is_not_looked_at(member: httpx2.AsyncClient) -> None:
    """Two megabytes; counted while they come, also when nobody says how many there will be."""
    path = f"{await with_issue(member)}/photos/{uuid7()}"

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(41):
            yield bytes(1024 * 1024)

    answers = [
        await send(member, path, bytes(2 * 1024 * 1024 + 1)),
        await member.put(path, content=endless(), headers={"content-type": "image/jpeg"}),
        await send(member, path, jpeg(), "image/svg+xml"),
        await send(member, path, jpeg(), "application/json"),
    ]

    assert [answer.status_code for answer in answers] == [413, 413, 415, 415]


async def test_an_issue_has_three_photographs_and_a_visit_twelve(
    world: World, member: httpx2.AsyncClient
) -> None:
    """Also when they come at once; the same one again is none more."""
    raised = [issue() for _ in range(5)]
    visit_id = await recorded(member, *raised)
    at = [f"{API}/{visit_id}/issues/{each['id']}/photos" for each in raised]

    first = await asyncio.gather(*(send(member, f"{at[0]}/{uuid7()}", jpeg(n)) for n in range(4)))
    rest = [await send(member, f"{path}/{uuid7()}", jpeg(n)) for path in at[1:4] for n in range(3)]
    last = await send(member, f"{at[4]}/{uuid7()}", jpeg())

    assert sorted(answer.status_code for answer in first) == [201, 201, 201, 422]
    assert [answer.status_code for answer in rest] == [201] * 9
    assert last.json()["errors"][0]["rule"] == "enough-photographs"
    assert await world.count("visit_photo") == 12


# --- Sending again, and of whom -------------------------------------------------------------------


async def test_a_photograph_sent_again_is_the_same_and_other_bytes_are_refused(
    world: World, member: httpx2.AsyncClient
) -> None:
    """The phone sends until it has its proof; an id stands for one photograph, everywhere."""
    path, other = await with_issue(member), await with_issue(member)
    photo_id = uuid7()

    first, again = [await send(member, f"{path}/photos/{photo_id}", photograph()) for _ in range(2)]
    changed = await send(member, f"{path}/photos/{photo_id}", jpeg())
    elsewhere = await send(member, f"{other}/photos/{photo_id}", photograph())

    assert [each.status_code for each in (first, again, changed, elsewhere)] == [201, 200, 409, 409]
    assert first.json() == again.json()
    assert first.json()["photo_id"] == str(photo_id)
    (row,) = await world.rows("SELECT kind, record_id, became FROM audit WHERE act = 'photo.kept'")
    assert (row.kind, row.record_id) == ("photo", str(photo_id))
    assert set(json.loads(row.became)) == {"visit", "issue", "content"}


async def test_the_visit_says_which_photographs_there_are_and_no_event_does(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """Ids and sizes, at their issue; for its own person among all that is kept of them. The pages are told to offer it."""
    assert (await member.get("/visits/api/viewer")).json()["person"]["offers"] == ["photos"]
    path, photo_id = await with_issue(member), str(uuid7())
    told = await world.events()
    await send(member, f"{path}/photos/{photo_id}", photograph())

    (raised,) = (await clerk.get(path.partition("/issues/")[0])).json()["issues"]
    picture = await clerk.get(f"{path}/photos/{photo_id}")
    mine = (await member.get("/visits/api/me/data")).json()

    assert [each["photo_id"] for each in raised["photos"]] == [photo_id]
    assert raised["photos"][0]["size"] == len(picture.content)
    assert photo_id in json.dumps(mine)
    assert await world.events() == told


async def test_a_photograph_is_a_download_and_never_a_page(member: httpx2.AsyncClient) -> None:
    """Opened by its address it is saved under a name of ours, runs nothing and is kept in no cache."""
    path = f"{await with_issue(member)}/photos/{uuid7()}"
    await send(member, path, photograph())

    headers = (await member.get(path)).headers

    assert headers["content-disposition"] == "attachment; filename*=UTF-8''%E1%BA%A3nh.jpg"
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


async def test_somebody_elses_issue_is_as_absent(world: World, member: httpx2.AsyncClient) -> None:
    """Another member's visit, another committee's, another visit's issue and none at all: the same words."""
    path = await with_issue(member)
    photo = f"{path}/photos/{uuid7()}"
    await send(member, photo, photograph())
    other = await with_issue(member)
    crossed = f"{path.partition('/issues/')[0]}/issues/{other.rpartition('/')[2]}"
    absent = f"{API}/{uuid7()}/issues/{uuid7()}"
    asked: list[httpx2.Response] = []

    for who in ("M2", "X1"):
        stranger = await world.client(who)
        asked += [await send(stranger, f"{there}/photos/{uuid7()}", jpeg()) for there in (path, absent)]
        asked += [await stranger.get(photo), await stranger.get(f"{absent}/photos/{uuid7()}")]
    asked += [await send(member, f"{crossed}/photos/{uuid7()}", jpeg())]
    asked += [await member.get(photo.replace(path, crossed)), await member.get(photo.replace(path, other))]

    assert {answer.status_code for answer in asked} == {404}
    assert len({answer.json()["detail"] for answer in asked}) == 1


async def test_an_assistant_attaches_for_the_member_whom_they_serve(world: World) -> None:
    """For nobody else; and to nothing that they may not know of."""
    helper, served, other = await assistant(world, "M2"), await world.client("M2"), await world.client("M1")
    theirs, secret, foreign = (
        await with_issue(served),
        await with_issue(served, access_class="ideology"),
        await with_issue(other),
    )

    answers = [
        await send(helper, f"{path}/photos/{uuid7()}", photograph()) for path in (theirs, secret, foreign)
    ]

    assert [answer.status_code for answer in answers] == [201, 404, 404]
    (row,) = await world.rows("SELECT kept_by FROM visit_photo")
    assert row.kept_by != person_id("M2")


async def test_a_photograph_of_a_restricted_issue_is_for_those_few(
    world: World, member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """The office sees neither it nor that there is one; who reads it is written down."""
    path = await with_issue(member, access_class="ideology")
    photo = f"{path}/photos/{uuid7()}"
    await send(member, photo, photograph())

    answers = [await client.get(photo) for client in (member, await world.client("B1"), clerk)]

    assert [answer.status_code for answer in answers] == [200, 200, 404]
    assert photo.rpartition("/")[2] not in (await clerk.get(path.partition("/issues/")[0])).text
    rows = await world.rows("SELECT person_id FROM audit WHERE act = 'restricted.read'")
    assert {row.person_id for row in rows} >= {person_id("M1"), person_id("B1")}


async def test_an_issue_taken_out_takes_its_photographs_along(
    member: httpx2.AsyncClient, clerk: httpx2.AsyncClient
) -> None:
    """What was corrected away is shown no more; one that was still on its way is taken and not shown either."""
    raised = [issue(), issue()]
    visit_id = await recorded(member, *raised)
    path = f"{API}/{visit_id}/issues/{raised[0]['id']}/photos"
    first, late = f"{path}/{uuid7()}", f"{path}/{uuid7()}"
    await send(member, first, photograph())
    await member.put(f"{API}/{visit_id}/versions/2", json=trip(issues=raised[1:]))

    assert (await send(member, late, photograph())).status_code == 201
    assert [(await clerk.get(each)).status_code for each in (first, late)] == [404, 404]


async def test_photographs_go_with_the_texts_of_their_visit(world: World, member: httpx2.AsyncClient) -> None:
    """A tombstone has none and takes none."""
    path = await with_issue(member)
    photo = f"{path}/photos/{uuid7()}"
    await send(member, photo, photograph())
    visit_id = UUID(path.split("/")[4])
    world.clock.move_to(world.clock.now() + timedelta(days=1))

    await world.database.run(lambda tx: erase_visits([visit_id], tx, by="retention"))

    assert await world.count("visit_photo") == 0
    assert (await member.get(photo)).status_code == 404
    assert (await send(member, photo, photograph())).status_code == 409


async def test_where_nobody_switched_it_on_there_is_nothing(database: Fresh) -> None:
    """By default: no page offers it, both routes answer as for what is absent, and no byte is read."""
    plain = await open_world(await database("visits", migrate_visits))
    member = await plain.client("M1")
    path = f"{await with_issue(member)}/photos/{uuid7()}"

    sent, read = await send(member, path, photograph()), await member.get(path)
    viewer = (await member.get("/visits/api/viewer")).json()
    await plain.close()

    assert (sent.status_code, read.status_code) == (404, 404)
    assert viewer["person"]["offers"] == []
