"""The edge every request passes: its id, where it may come from, what the answer's headers forbid.

One layer of plain ASGI around a service. A request that changes something must come from our own pages
or from a program, never from a foreign site. Whatever happens inside, the answer is a problem without a
trace, and one line of log, two metrics and perhaps a span tell the route, never the address, a body or a name.
The line of a refusal is a warning and names by its id whose session it was.
"""

import re
import time
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.acting import Acting, acting, begin_acting, end_acting
from shared.db import constraint_race, database_away, walled_off
from shared.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, invalid, pointer
from shared.http.problems import problem_response, unavailable, unexpected
from shared.ids import uuid7
from shared.metrics import Metrics
from shared.tracing import Tracing

log = structlog.get_logger()

_CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'; require-trusted-types-for 'script'"
)
_HEADERS = {
    "content-security-policy": _CONTENT_SECURITY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_TWO_YEARS = "max-age=63072000; includeSubDomains"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_GONE = 499  # the reader left before the answer; nobody sees this status but the log
_REFUSED = frozenset({401, 403, 429})
_PROBES = ("/healthz", "/readyz", "/metrics")


Route = tuple[object, str, Iterable[str]]
"""An endpoint, its path template and its methods."""


class HttpMetrics:
    """How many requests, how they ended and how long they took, by route."""

    def __init__(self, metrics: Metrics) -> None:
        self._service = metrics.service
        self._requests = metrics.counter(
            "http_requests_total", "Requests answered.", labels=("service", "route", "method", "status")
        )
        self._seconds = metrics.histogram(
            "http_request_seconds", "Time to answer a request.", labels=("service", "route", "method")
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, route: str, method: str, status_class: int, seconds: float) -> None:
        """One answer."""
        counter, histogram = self.of(route, method, status_class)
        counter.inc()
        histogram.observe(seconds)

    def of(self, route: str, method: str, status_class: int) -> tuple[Counter, Histogram]:
        """The instruments of one kind of answer; asking for them starts them at zero."""
        key = (route, method, status_class)
        if key not in self._children:
            self._children[key] = (
                self._requests.labels(self._service, route, method, f"{status_class}xx"),
                self._seconds.labels(self._service, route, method),
            )
        return self._children[key]


class Edge:
    """The layer itself. `routes` tells endpoint, template and methods of each route, once they are known."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        tracing: Tracing,
        public_url: str,
        routes: Callable[[], Iterable[Route]],
    ) -> None:
        self._app = app
        self._service = metrics.service
        self._metrics = HttpMetrics(metrics)
        self._tracing = tracing
        self._origin = public_url.rstrip("/").lower()
        self._secure = public_url.startswith("https://")
        self._routes = routes
        self._templates: dict[object, str] = {}
        secured = {"strict-transport-security": _TWO_YEARS} if self._secure else {}
        self._headers = [
            (name.encode(), value.encode())
            for name, value in {**_HEADERS, "cache-control": "no-store", **secured}.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        request_id = _own_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        context = {"service": self._service, "request_id": request_id}
        trace = None if scope["path"].endswith(_PROBES) else self._tracing.begin(headers.get("traceparent"))
        if trace:
            context["trace_id"] = trace.trace_id
        status = 0

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message, request_id)
            await send(message)

        tokens = structlog.contextvars.bind_contextvars(**context)
        begun = begin_acting(Acting(request_id=request_id))
        try:
            if refused := self._refused(scope, headers):
                await _answer(refused, scope, receive, send_guarded)
            else:
                await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            status = status or _GONE
        except Exception as error:  # noqa: BLE001  # the outer edge: everything becomes an answer
            failed = _told(error)
            if not status:
                await _answer(failed, scope, receive, send_guarded)
        finally:
            method, route = self._account(scope, status or _GONE, time.perf_counter() - began)
            if trace:
                self._tracing.end(trace, method, route, status or _GONE)
            end_acting(begun)
            structlog.contextvars.reset_contextvars(**tokens)

    def _refused(self, scope: Scope, headers: Headers) -> DomainError | None:
        """What keeps a request out before anybody looks what it wants."""
        if self._is_foreign(scope["method"], headers):
            return _foreign()
        return _unclear(scope["path"], scope["query_string"])

    def _is_foreign(self, method: str, headers: Headers) -> bool:
        """Whether a request that may change something was sent by a page that is not ours."""
        if method in _READING:
            return False
        if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return True
        origin = headers.get("origin")
        return origin is not None and origin.lower() not in self._own_origins(headers)

    def _own_origins(self, headers: Headers) -> tuple[str, ...]:
        # Without HTTPS we run on somebody's own machine, which has several names: localhost, 127.0.0.1.
        return (
            (self._origin,) if self._secure else (self._origin, f"http://{headers.get('host', '').lower()}")
        )

    def _dress(self, message: Message, request_id: str) -> None:
        """The headers of every answer; a route that set one itself keeps it."""
        headers: list[tuple[bytes, bytes]] = message["headers"]
        own = {name for name, _ in headers}
        headers.extend(header for header in self._headers if header[0] not in own)
        headers.append((b"x-request-id", request_id.encode()))

    def _account(self, scope: Scope, status: int, seconds: float) -> tuple[str, str]:
        """Count the answer and log it; the method and route it was."""
        if not self._templates:
            self._learn_routes()
        route = self._templates.get(scope.get("endpoint"), "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.count(route, method, status // 100, seconds)
        told = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000, 1)}
        if status in _REFUSED:
            log.warning("request", **told, **_who())
        else:
            (log.debug if route.endswith(_PROBES) else log.info)("request", **told)
        return method, route

    def _learn_routes(self) -> None:
        """Templates for the log and the metrics, which start at zero."""
        for endpoint, template, methods in self._routes():
            self._templates[endpoint] = template
            for method in methods:
                self._metrics.of(template, method, 2)
                self._metrics.of(template, method, 5)


def _who() -> dict[str, str]:
    """Whose session was refused, by id; nobody's when there was none."""
    person_id = acting().person_id
    return {} if person_id is None else {"person_id": str(person_id)}


def _own_id(headers: Headers) -> str:
    """The sender's id of the request when it is one, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid7())


def _unclear(path: str, query: bytes) -> Invalid | None:
    """What is wrong with an address that may mean two things: a parameter given twice, of which whoever looks
    at it in front of us may take the other one; or a NUL, at which some readers stop and which no database takes.
    """
    if "\x00" in path:
        return _holds_nul(("path",))
    if b"&" not in query and b"%00" not in query:
        return None
    seen: set[str] = set()
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if "\x00" in name or "\x00" in value:
            return _holds_nul(("query", name.replace("\x00", "")))
        if name in seen:
            return invalid(
                pointer(("query", name)),
                "twice",
                vi="Tham số này có nhiều lần trong địa chỉ; chỉ ghi một lần.",
                en="This parameter stands in the address more than once; give it once.",
            )
        seen.add(name)
    return None


def _holds_nul(where: tuple[str, ...]) -> Invalid:
    return invalid(
        pointer(where),
        "control-character",
        vi="Có ký tự điều khiển không lưu được.",
        en="Holds a control character that cannot be stored.",
    )


def _foreign() -> Forbidden:
    return Forbidden(
        "Yêu cầu đến từ một trang khác nên bị từ chối.", "The request came from another site and was refused."
    )


def _told(error: Exception) -> DomainError:
    """What to answer to an error that nobody expected, written to the log once."""
    if database_away(error):
        log.warning("database away", exc_info=error)
        return unavailable()
    if walled_off(error):
        log.error("stopped by the wall between committees")
        return NotFound("Không tìm thấy.", "There is no such thing.")
    if constraint_race(error):
        log.warning("an id stands already", error=type(error).__name__)
        return Conflict("Mã này đã được dùng.", "This id already stands for something else.")
    log.error("request failed", exc_info=error)
    return unexpected()


async def _answer(error: DomainError, scope: Scope, receive: Receive, send: Send) -> None:
    await problem_response(Request(scope), error)(scope, receive, send)
