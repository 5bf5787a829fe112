"""The pages of a service: its own few files and those all services share, read once and served as they are.

Nothing is built and nothing is looked up on disk by a request, so no path can lead out of the two folders.
Every file has a strong ETag; browsers ask again each time and mostly hear 304. The pages know who reads
them from one question, `/{service}/api/viewer`, which also tells what this person may do and the server's
time, because in a rehearsal it is not the browser's.

A folder with a `sw.js` is an app: the worker made of it (`shared/shell.py`) stands at `/{service}/sw.js` and
keeps all files of one version for when there is no network.
"""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final
from uuid import UUID

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from shared.access import Principal, PrincipalSource, public, rules_admitting
from shared.clock import Clock, RehearsalClock
from shared.contracts.visits import Role
from shared.errors import NotFound, SignInRequired
from shared.modules import packed, with_preloads
from shared.shell import VERSION_MODULE, version_module, version_of, worker_script

SHARED: Final = Path(__file__).parent / "web"
INDEX: Final = "index.html"
WORKER: Final = "sw.js"
DOORS: Final = ("shared/early.js", "shared/kit.js", "phone.js")
"""Modules through which alone others enter what lies behind them."""
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_PACKED: Final = frozenset({".png", ".woff2"})
"""Compressed already."""
_KEPT: Final = frozenset({".css", ".js", ".svg", ".webmanifest", ".woff2"})
"""What an app needs to open without a network."""


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    media_type: str
    packed: bool = field(kw_only=True)

    @cached_property
    def zipped(self) -> bytes:
        return gzip.compress(self.content, mtime=0)

    @cached_property
    def tag(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:24]

    def answer(self, request: Request) -> Response:
        """The file, zipped for who can unzip it; 304 for who has it."""
        zips = not self.packed and "gzip" in request.headers.get("accept-encoding", "")
        headers = {"etag": f'"{self.tag}{"-z" if zips else ""}"', "cache-control": "no-cache"}
        if not self.packed:
            headers["vary"] = "accept-encoding"
        if headers["etag"] in _tags(request):
            return Response(status_code=304, headers=headers)
        if zips:
            headers["content-encoding"] = "gzip"
        return Response(self.zipped if zips else self.content, media_type=self.media_type, headers=headers)


class ViewerPerson(BaseModel):
    """Who is signed in, and the names of the rules of the policy that admit them."""

    person_id: UUID
    full_name: str
    roles: list[Role]
    may: list[str]
    device_only: bool
    """Only the phone is let in, not its person: the session has ended."""
    offers: list[str]
    """What this installation has switched on beyond what all have; a phone remembers it with its person."""


class Viewer(BaseModel):
    """Who looks at a page, or nobody, and when that is."""

    now: datetime
    rehearsal: bool
    person: ViewerPerson | None


def add_pages(
    app: FastAPI,
    service: str,
    folder: Path,
    *,
    sessions: PrincipalSource,
    clock: Clock,
    offers: Sequence[str] = (),
) -> None:
    """Serve `/{service}/`, its files under `/{service}/web/`, and who is looking under `/{service}/api/viewer`.

    `app.state.shell_version` tells which version of the pages this is.
    """
    assets = {**_read(folder), **{f"shared/{name}": asset for name, asset in _read(SHARED).items()}}
    version = version_of({name: asset.content for name, asset in assets.items()})
    assets[VERSION_MODULE] = Asset(version_module(version), _TYPES[".js"], packed=False)
    app.state.shell_version = version
    modules = {name: asset.content.decode() for name, asset in assets.items() if name.endswith(".js")}
    sent = _hurried(assets, modules, f"/{service}/web/")
    if WORKER in sent:
        del sent[WORKER]
        _add_worker(app, service, worker_script(modules, WORKER, keeps=_shell(service, sent, version)))
    _add_files(app, service, sent)
    _add_viewer(app, service, sessions, clock, offers)


def _hurried(assets: Mapping[str, Asset], modules: Mapping[str, str], folder: str) -> dict[str, Asset]:
    """What is sent: doors with their rooms in one piece, and a page that names every module it will need."""
    pieces = packed(modules, DOORS, apart=WORKER)
    page = with_preloads(assets[INDEX].content.decode(), folder, pieces)
    kept = {name: asset for name, asset in assets.items() if name not in modules or name in pieces}
    changed = {name: piece for name, piece in pieces.items() if piece != modules[name]} | {INDEX: page}
    return kept | {name: replace(assets[name], content=text.encode()) for name, text in changed.items()}


def _shell(service: str, sent: Mapping[str, Asset], version: str) -> dict[str, object]:
    """What the worker keeps."""
    files = [f"/{service}/web/{name}" for name in sent if Path(name).suffix in _KEPT]
    return {"version": version, "page": f"/{service}/", "files": files}


def _add_worker(app: FastAPI, service: str, source: str) -> None:
    """The worker at an address from which it may serve the whole service; as a file of its own it is nothing."""
    script = Asset(source.encode(), _TYPES[".js"], packed=False)

    @app.get(f"/{service}/{WORKER}", dependencies=[Depends(public)], include_in_schema=False)
    async def worker(request: Request) -> Response:
        return script.answer(request)


def _add_files(app: FastAPI, service: str, assets: Mapping[str, Asset]) -> None:
    @app.get(f"/{service}", dependencies=[Depends(public)], include_in_schema=False)
    async def without_slash() -> RedirectResponse:
        return RedirectResponse(f"/{service}/", 308)

    @app.api_route(
        f"/{service}/", methods=["GET", "HEAD"], dependencies=[Depends(public)], include_in_schema=False
    )
    async def page(request: Request) -> Response:
        return assets[INDEX].answer(request)

    @app.api_route(
        f"/{service}/web/{{name:path}}",
        methods=["GET", "HEAD"],
        dependencies=[Depends(public)],
        include_in_schema=False,
    )
    async def file(request: Request, name: str) -> Response:
        if name not in assets:
            raise NotFound("Không tìm thấy.", "There is no such thing.")
        return assets[name].answer(request)


def _add_viewer(
    app: FastAPI, service: str, sessions: PrincipalSource, clock: Clock, offers: Sequence[str]
) -> None:
    @app.get(f"/{service}/api/viewer", dependencies=[Depends(public)], tags=["pages"])
    async def viewer(request: Request) -> Viewer:
        """Who is signed in and what they may do, or nobody; and the time this installation lives in."""
        try:
            person = _person(await sessions.of(request), offers)
        except SignInRequired:
            person = None
        return Viewer(now=clock.now(), rehearsal=isinstance(clock, RehearsalClock), person=person)


def _person(principal: Principal, offers: Sequence[str]) -> ViewerPerson:
    return ViewerPerson(
        person_id=principal.person_id,
        full_name=principal.full_name,
        roles=sorted(principal.roles),
        may=rules_admitting(principal),
        device_only=principal.device_only,
        offers=list(offers),
    )


def _read(folder: Path, under: str = "") -> dict[str, Asset]:
    """Every file by its name. A folder that is named like a file, `base.css`, is that file in its parts."""
    found: dict[str, Asset] = {}
    for path in sorted(folder.iterdir()):
        name = f"{under}{path.name}"
        if path.suffix in _TYPES:
            found[name] = Asset(_content(path), _TYPES[path.suffix], packed=path.suffix in _PACKED)
        elif path.is_dir():
            found |= _read(path, f"{name}/")
    return found


def _content(path: Path) -> bytes:
    """A file, or the parts of one in the order of their names: one request where there could be ten."""
    if path.is_file():
        return path.read_bytes()
    return b"\n".join(part.read_bytes() for part in sorted(path.glob(f"*{path.suffix}")))


def _tags(request: Request) -> set[str]:
    """The tags the browser has; a proxy that zipped by itself may have made them weak."""
    return {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
