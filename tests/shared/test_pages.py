"""Pages are served as they are: with a tag, from memory, and nothing but them."""

import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request

from shared.access import Principal, unguarded_routes
from shared.clock import RehearsalClock, SystemClock
from shared.contracts.visits import Role
from shared.directory import Post
from shared.errors import SignInRequired
from shared.ids import uuid7
from shared.pages import SHARED, add_pages
from tests.support.edge import ORIGIN, client_of, tiny_service

NOON = datetime.fromisoformat("2026-11-23T12:00:00+07:00")


@dataclass
class Signed:
    """Who is behind every request; nobody, unless somebody is named."""

    person: Principal | None = None

    async def of(self, request: Request) -> Principal:  # noqa: ARG002  # whoever asks
        if self.person is None:
            raise SignInRequired("Đồng chí cần đăng nhập.", "Sign in first.")
        return self.person


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page of a service, and files beside it that are nobody's business."""
    web = tmp_path / "web"
    (web / "inner").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>Trang</title>", "utf-8")
    (web / "page.js").write_text("export default 1;\n" * 100, "utf-8")
    (web / "inner" / "part.css").write_text("p {}", "utf-8")
    (web / "parts.css").mkdir()
    (web / "parts.css" / "b.css").write_text("b {}", "utf-8")
    (web / "parts.css" / "a.css").write_text("a {}", "utf-8")
    (web / "secret.py").write_text("PASSWORD = 1", "utf-8")
    (tmp_path / "outside.js").write_text("no", "utf-8")
    return web


@pytest.fixture
def app(folder: Path) -> FastAPI:
    made = tiny_service()
    add_pages(made, "visits", folder, sessions=Signed(), clock=SystemClock())
    return made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(app) as opened:
        yield opened


async def test_a_folder_named_like_a_file_is_that_file(client: httpx2.AsyncClient) -> None:
    """Its parts come in the order of their names, in one answer; by themselves they are not there."""
    whole = await client.get("/visits/web/parts.css")
    assert whole.text == "a {}\nb {}"
    assert whole.headers["content-type"] == "text/css; charset=utf-8"
    assert (await client.get("/visits/web/parts.css/a.css")).status_code == 404


@pytest.mark.parametrize(
    ("path", "media_type"),
    {
        "/visits/": "text/html; charset=utf-8",
        "/visits/web/page.js": "text/javascript; charset=utf-8",
        "/visits/web/inner/part.css": "text/css; charset=utf-8",
        "/visits/web/shared/mark.svg": "image/svg+xml",
        "/visits/web/shared/fonts/be-vietnam-pro-vietnamese-400-normal.woff2": "font/woff2",
    }.items(),
)
async def test_a_file_is_sent_once_and_then_only_confirmed(
    client: httpx2.AsyncClient, path: str, media_type: str
) -> None:
    """Right type, asked again each time, strong tag, 304 without a body, and the same headers to HEAD."""
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    head = await client.head(path)

    assert (first.status_code, first.headers["content-type"]) == (200, media_type)
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["etag"].startswith('"')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (head.status_code, head.content) == (200, b"")
    assert "script-src 'self'" in first.headers["content-security-policy"]


async def test_who_can_unzip_gets_less(client: httpx2.AsyncClient, folder: Path) -> None:
    """Two forms of a file have two tags, and the packed one unpacks to the very same bytes."""
    plain = await client.get("/visits/web/page.js", headers={"accept-encoding": "identity"})
    async with client.stream("GET", "/visits/web/page.js", headers={"accept-encoding": "gzip"}) as zipped:
        raw = b"".join([part async for part in zipped.aiter_raw()])

    assert gzip.decompress(raw) == plain.content == (folder / "page.js").read_bytes()
    assert len(raw) < len(plain.content) / 5
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert zipped.headers["vary"] == "accept-encoding"
    assert plain.headers["vary"].startswith("accept-encoding")


@pytest.mark.parametrize(
    "path",
    [
        "/visits/web/",
        "/visits/web/inner",
        "/visits/web/inner/",
        "/visits/web/secret.py",
        "/visits/web/../outside.js",
        "/visits/web/%2e%2e/outside.js",
        "/visits/web/..%2foutside.js",
        "/visits/web/shared/../../outside.js",
        "/visits/web//etc/passwd",
        "/visits/web/shared/tokens.css%00.js",
    ],
)
async def test_nothing_else_can_be_reached(client: httpx2.AsyncClient, path: str) -> None:
    """No listing, no way out of the folder, no file of another kind."""
    answer = await client.send(httpx2.Request("GET", httpx2.URL(f"{ORIGIN}{path}")))
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_slash_may_be_forgotten(client: httpx2.AsyncClient) -> None:
    """`/visits` leads to `/visits/`."""
    answer = await client.get("/visits")
    assert (answer.status_code, answer.headers["location"]) == (308, "/visits/")


async def test_who_is_not_signed_in_is_told_the_time_and_no_more(client: httpx2.AsyncClient) -> None:
    """The sign-in page needs no refusal to know that nobody is there."""
    answer = await client.get("/visits/api/viewer")
    assert answer.status_code == 200
    assert (answer.json()["person"], answer.json()["rehearsal"]) == (None, False)


async def test_a_page_knows_its_reader_and_what_they_may_do(folder: Path) -> None:
    """By name and role, with the rules that admit them, on the clock of the installation."""
    somebody = _holding(Role.OFFICE_CLERK)
    app = tiny_service()
    add_pages(app, "visits", folder, sessions=Signed(somebody), clock=RehearsalClock(NOON))
    async with client_of(app) as client:
        shown: dict[str, Any] = (await client.get("/visits/api/viewer")).json()

    assert shown["rehearsal"] is True
    assert datetime.fromisoformat(shown["now"]).date() == NOON.date()
    assert shown["person"]["full_name"] == somebody.full_name
    assert shown["person"]["roles"] == ["office_clerk"]
    assert "forward_issue" in shown["person"]["may"]
    assert "record_visit" not in shown["person"]["may"]


def test_every_route_of_the_pages_is_marked_public(app: FastAPI) -> None:
    """None is open by oversight."""
    assert unguarded_routes(app) == []


def test_the_typeface_is_the_one_whose_licence_we_keep() -> None:
    """The manifest names version, licence and the very bytes."""
    fonts = SHARED / "fonts"
    manifest = json.loads((fonts / "manifest.json").read_text("utf-8"))
    assert manifest["licence"] == "OFL-1.1"
    assert "SIL OPEN FONT LICENSE" in (fonts / manifest["licence_file"]).read_text("utf-8")
    assert manifest["sha256"] == {
        font.name: hashlib.sha256(font.read_bytes()).hexdigest() for font in fonts.glob("*.woff2")
    }


def _holding(role: Role) -> Principal:
    unit_id = uuid7()
    held = Post(
        post_id=uuid7(), role=role, body="b", title="t", unit_id=unit_id, valid_from=None, valid_to=None
    )
    return Principal(
        person_id=uuid7(),
        committee_id=unit_id,
        session_id=uuid7(),
        full_name="Nguyễn Thị Hồng",
        posts=(held,),
        today=NOON.date(),
    )
