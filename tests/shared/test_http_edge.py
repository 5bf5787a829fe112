"""The layer around every request: headers, foreign pages, failures, logs, metrics, documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import Depends, FastAPI, Request

from shared.access import RULES, Principal, allow
from shared.errors import Conflict, SignInRequired, TooMany
from tests.support.edge import ORIGIN, VISIT_PATH, client_of, put, tiny_service, visit
from tests.support.logs import LogLines, captured_logs

CANARY = "Nguyễn Văn Canary"


@pytest.fixture
def log() -> Iterator[LogLines]:
    with captured_logs() as lines:
        yield lines


@pytest.mark.parametrize("path", [VISIT_PATH, "/visits/api/nothing", "/visits/api/openapi.json"])
async def test_every_answer_forbids_what_browsers_may_do_with_it(path: str) -> None:
    """Good, missing or wrong: the same headers, and nothing is kept in caches."""
    async with client_of(tiny_service()) as client:
        answer = await client.get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


async def test_an_installation_with_https_insists_on_it() -> None:
    """HSTS for at least a year, on errors too."""
    async with client_of(tiny_service(public_url="https://so.example.vn")) as client:
        answer = await client.get("/nothing")

    assert answer.status_code == 404
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")


@pytest.mark.parametrize(
    ("public_url", "headers", "status"),
    [
        (ORIGIN, {}, 200),
        (ORIGIN, {"origin": ORIGIN}, 200),
        (ORIGIN, {"origin": "http://localhost:8080", "host": "localhost:8080"}, 200),
        (ORIGIN, {"sec-fetch-site": "same-origin"}, 200),
        (ORIGIN, {"sec-fetch-site": "none"}, 200),
        (ORIGIN, {"sec-fetch-site": "cross-site"}, 403),
        (ORIGIN, {"sec-fetch-site": "same-site"}, 403),
        (ORIGIN, {"origin": "https://evil.example"}, 403),
        (ORIGIN, {"origin": "null"}, 403),
        (ORIGIN, {"origin": ORIGIN, "sec-fetch-site": "cross-site"}, 403),
        ("https://so.example.vn", {"origin": "https://so.example.vn"}, 200),
        ("https://so.example.vn", {"origin": "http://so.example.vn", "host": "so.example.vn"}, 403),
        (
            "https://so.example.vn",
            {"origin": "https://evil.example", "x-forwarded-host": "evil.example"},
            403,
        ),
    ],
)
async def test_only_our_own_pages_and_programs_change_anything(
    public_url: str, headers: dict[str, str], status: int
) -> None:
    """A form or script of a foreign page is refused before anything is read."""
    app = tiny_service(public_url=public_url)

    async with client_of(app) as client:
        answer = await client.put(
            VISIT_PATH, content=visit(), headers={"content-type": "application/json"} | headers
        )

    assert status == answer.status_code


async def test_a_request_keeps_its_id_from_the_phone_to_the_answer() -> None:
    """The id in the header, in the answer's header and in a problem is one and the same."""
    answer = await put(tiny_service(), b"{}", x_request_id="phone-7")

    assert (answer.headers["x-request-id"], answer.json()["instance"]) == ("phone-7", "/requests/phone-7")


async def test_an_id_that_could_forge_a_log_line_is_replaced() -> None:
    """Only letters, digits and dashes are taken over."""
    answer = await put(tiny_service(), b"{}", x_request_id='x" injected="1')

    assert "injected" not in answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ("", "Không tìm thấy."),
        ("vi", "Không tìm thấy."),
        ("fr", "Không tìm thấy."),
        ("vi-VN,en;q=0.8", "Không tìm thấy."),
        ("en", "There is no such thing."),
        ("en-GB,vi;q=0.5", "There is no such thing."),
        ("en;q=x", "Không tìm thấy."),
    ],
)
async def test_a_problem_speaks_the_readers_language(asked: str, detail: str) -> None:
    """Vietnamese unless English is preferred."""
    async with client_of(tiny_service()) as client:
        answer = await client.get("/nothing", headers={"accept-language": asked})

    assert detail == answer.json()["detail"]


async def test_a_wrong_method_is_told_the_right_ones() -> None:
    """405 with Allow, as a problem."""
    async with client_of(tiny_service()) as client:
        answer = await client.delete(VISIT_PATH)

    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize("path", ["/visits/api/visits/1%20OR%201=1", f"{VISIT_PATH}?page=x"])
async def test_wrong_parameters_are_named(path: str) -> None:
    """Path and query are told apart in the pointer."""
    async with client_of(tiny_service()) as client:
        answer = await client.get(path)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] in {"/path/visit_id", "/query/page"}


@pytest.mark.parametrize(
    ("failure", "status", "retry_after"),
    [
        (Conflict("Trùng mã.", "The id is taken."), 409, None),
        (TooMany("Xin chờ.", "Please wait.", retry_after=30), 429, "30"),
        (ConnectionRefusedError(111, "refused"), 503, "2"),
        (TimeoutError(), 503, "2"),
        (ValueError(CANARY), 500, None),
    ],
)
async def test_a_failure_is_a_problem_without_a_trace(
    failure: Exception, status: int, retry_after: str | None, log: LogLines
) -> None:
    """Foreseen or not, the answer tells what to do, and neither it nor the log repeats what was sent."""
    answer = await put(tiny_service(failure=failure), visit(notes=CANARY))

    assert status == answer.status_code
    assert answer.headers["content-type"] == "application/problem+json"
    assert retry_after == answer.headers.get("retry-after")
    assert not [word for word in ("Traceback", ".py", "Canary", "refused") if word in answer.text]
    assert "Canary" not in log.text


async def test_the_log_has_what_the_answer_hides(log: LogLines) -> None:
    """The request's id leads from the answer to type and place of the failure."""
    answer = await put(tiny_service(failure=ValueError(CANARY)), visit())

    failed = next(line for line in log.events if line["event"] == "request failed")
    assert answer.json()["instance"] == f"/requests/{failed['request_id']}"
    assert failed["error"][0]["type"] == "ValueError"
    assert "put_visit" in failed["error"][0]["at"][-1]


async def test_one_line_tells_of_a_request_without_its_address(log: LogLines) -> None:
    """Route template, method, status and time; ids of people and things stay out."""
    await put(tiny_service(), visit(), traceparent=f"00-{'a' * 32}-{'b' * 16}-01")

    line = log.events[-1]
    assert (
        line["event"],
        line["route"],
        line["method"],
        line["status"],
    ) == ("request", "/visits/api/visits/{visit_id}", "PUT", 200)
    assert line["trace_id"] == "a" * 32
    assert VISIT_PATH not in log.text


async def test_metrics_count_by_route_and_start_at_zero() -> None:
    """A route that nobody has called yet is there, and an unknown address adds no label of its own."""
    async with client_of(tiny_service()) as client:
        await client.get(f"/visits/api/{CANARY}")
        answer = await client.get("/visits/metrics")

    read = 'http_requests_total{method="GET",route="/visits/api/visits/{visit_id}",service="visits",status="2xx"} 0.0'
    unmatched = 'http_requests_total{method="GET",route="unmatched",service="visits",status="4xx"} 1.0'
    assert read in answer.text
    assert unmatched in answer.text
    assert "Canary" not in answer.text


async def test_the_document_tells_bodies_and_problems() -> None:
    """OpenAPI knows what `json_body` reads and that every error is a problem."""
    async with client_of(tiny_service()) as client:
        document = (await client.get("/visits/api/openapi.json")).json()

    operation = document["paths"]["/visits/api/visits/{visit_id}"]["put"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/VisitIn"}
    assert {"VisitIn", "IssueIn", "Problem"} == set(document["components"]["schemas"])
    assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert "422" not in operation["responses"]


async def test_there_are_no_documentation_pages() -> None:
    """Nothing is served that loads scripts from elsewhere."""
    async with client_of(tiny_service()) as client:
        answers = [await client.get(path) for path in ("/docs", "/redoc", "/openapi.json")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_a_reader_who_leaves_is_no_failure(log: LogLines) -> None:
    """A connection that breaks while the body is read is logged as such, not as our fault."""
    app = tiny_service()
    scope = {
        "type": "http",
        "method": "PUT",
        "path": VISIT_PATH,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_message: Any) -> None:
        raise AssertionError("nobody is there to be answered")

    await app(scope, receive, send)

    assert [line["status"] for line in log.events] == [499]


async def test_answers_reach_real_clients_too() -> None:
    """The client library reads a problem as JSON in UTF-8."""
    answer: httpx2.Response = await put(tiny_service(), b"")

    assert answer.json()["title"] == "Không đọc được nội dung gửi lên"


async def test_a_refusal_is_a_warning_that_names_the_session(log: LogLines) -> None:
    """ASVS 16.3.1, 16.3.2: who, what and when of somebody who may not, or who is nobody; only an id, and in UTC."""
    person_id = UUID(int=7)
    somebody = SessionOf(person_id)
    await put(tiny_service(), visit(), "/visits/api/guarded", origin="https://evil.example")
    for sessions in (somebody, SessionOf(None)):
        async with client_of(guarded_service(sessions)) as client:
            await client.get("/visits/api/guarded")

    foreign, refused, nobody = [line for line in log.events if line["event"] == "request"]
    assert [line["level"] for line in (foreign, refused, nobody)] == ["warning"] * 3
    assert [line["status"] for line in (foreign, refused, nobody)] == [403, 403, 401]
    assert (refused["person_id"], refused["route"]) == (str(person_id), "/visits/api/guarded")
    assert "person_id" not in nobody
    assert datetime.fromisoformat(refused["timestamp"]).utcoffset() == timedelta(0)


@dataclass(frozen=True)
class SessionOf:
    """A session of somebody without any post, or none."""

    person_id: UUID | None

    async def of(self, _request: Request) -> Principal:
        if self.person_id is None:
            raise SignInRequired("Đồng chí cần đăng nhập.", "Sign in first.")
        return Principal(
            person_id=self.person_id,
            committee_id=UUID(int=1),
            session_id=UUID(int=2),
            full_name=CANARY,
            posts=(),
            today=date(2026, 11, 22),
        )


def guarded_service(sessions: SessionOf) -> FastAPI:
    app = tiny_service(sessions=sessions)

    @app.get("/visits/api/guarded", dependencies=[Depends(allow(RULES.read_audit))])
    async def guarded() -> None:
        raise AssertionError("nobody comes so far")

    return app
