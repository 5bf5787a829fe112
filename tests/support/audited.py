"""Which routes of a service left something in its audit: every answered change is looked up by its request's id."""

from dataclasses import dataclass, field

import httpx2
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from shared.uow import Database

CHANGING = {"PUT", "POST", "DELETE", "PATCH"}
Route = tuple[str, str]
"""Method and path template."""


def changing_routes(app: FastAPI) -> set[Route]:
    """Every route that may change something, read from the application."""
    return {
        (method, str(context.path))
        for context in iter_route_contexts(app.routes)
        for method in CHANGING & set(context.methods or ())
    }


@dataclass
class Watch:
    """Looks up what each change left. `audited` are routes that left a row, `silent` what answered without one."""

    app: FastAPI
    database: Database
    audited: dict[Route, set[str]] = field(default_factory=dict)
    silent: set[Route] = field(default_factory=set)

    async def saw(self, answer: httpx2.Response) -> None:
        """One answer; a refused request needs no row."""
        if answer.request.method not in CHANGING or answer.status_code >= 400:
            return
        route = self._route(answer.request.method, answer.request.url.path)
        async with self.database.read() as tx:
            rows = await tx.all(
                "SELECT act FROM audit WHERE request_id = :id", id=answer.headers["x-request-id"]
            )
        if rows:
            self.audited.setdefault(route, set()).update(row.act for row in rows)
        else:
            self.silent.add(route)

    def _route(self, method: str, path: str) -> Route:
        """The template with the most words of its own that fits the path."""
        fitting = [
            template
            for known, template in changing_routes(self.app)
            if known == method and _fits(template, path)
        ]
        return method, min(fitting, key=lambda template: template.count("{"))


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == shown for part, shown in zip(wanted, given, strict=True)
    )
