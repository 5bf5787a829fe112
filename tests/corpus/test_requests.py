"""The bad-input corpus, asked of the running services: each line ends as it says, and leaves no trace."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from shared.contracts.visits import Role
from tests.support.corpus import Case, Json, at, cases, changed, meeting, sent, written
from tests.support.edge import ORIGIN
from tests.support.fuzz import wrong_with
from tests.support.logs import captured_logs
from tests.support.ward import person_id
from tests.support.whole import PEOPLE, Whole

FILES = ["json.jsonl", "http_shapes.jsonl", "texts.jsonl", "values.jsonl", "sessions.jsonl"]
PUT = "/visits/api/visits/{new}"


@pytest.mark.parametrize("file", FILES)
def test_every_case_ends_as_the_corpus_says(ward: Whole, file: str) -> None:
    """Refused with field and rule and nothing stored, or taken and given back; never a fault, never in a log."""
    asked = [Asked(ward, case) for case in cases(file) if case.asked]
    with captured_logs() as log:
        broken = {each.case.name: found for each in asked if (found := list(each.broken()))}

    assert broken == {}
    assert len(asked) >= 8
    assert not [text for each in asked for text in each.texts if text in log.text]


class Asked:
    """A case on its way: where it goes, what it says, and how it failed its promise."""

    def __init__(self, ward: Whole, case: Case) -> None:
        self.ward = ward
        self.case = case
        self.method = case.method or "PUT"
        self.path = ward.wait(_found(ward, case.path or PUT))
        self.body: Json | None = None
        if "change" in case.row or "again" in case.row:
            self.body = changed(meeting(), case.change or {})

    @property
    def texts(self) -> list[str]:
        """What somebody wrote; none of it belongs into a log."""
        return [text for text in _texts(self.case.change) if len(text) > 6]

    def broken(self) -> Iterator[str]:
        case, before = self.case, self._stored()
        raw = self._raw()
        began = time.monotonic()
        answer = self._send(raw)
        if time.monotonic() - began > (case.within or 2.0):
            yield "took too long"
        if case.again is not None:
            yield from self._broken_again(answer)
        elif case.expect == "R":
            yield from _not_refused(case, answer)
            if before != self._stored():
                yield "something is stored"
        elif answer.status_code != (case.status or 201):
            yield f"answered {answer.status_code} {answer.text[:300]}"
        elif self.body is not None:
            yield from self._not_given_back(answer)
        yield from self._not_as_said(answer)
        yield from wrong_with(answer)

    def _not_as_said(self, answer: httpx2.Response) -> Iterator[str]:
        for pointer, value in (self.case.found or {}).items():
            if at(answer.json(), pointer) != value:
                yield f"found {at(answer.json(), pointer)} at {pointer}"
        if self.case.alike is not None:
            self.path = self.ward.wait(_found(self.ward, self.case.alike))
            if answer.json() | {"instance": ""} != self._send(b"").json() | {"instance": ""}:
                yield "tells a hidden record from a missing one"

    def _broken_again(self, first: httpx2.Response) -> Iterator[str]:
        """Sent again, as often as the case says: the same answer. Another content: refused, both kept apart."""
        match self.case.again:
            case int(times):
                answers = [self._send(self._raw()) for _ in range(times - 1)]
                if {(answer.status_code, answer.content) for answer in answers} != {(200, first.content)}:
                    yield "another answer"
            case "upper":
                self.path = self.path.rpartition("/")[0] + "/" + self.path.rpartition("/")[2].upper()
                if self._send(self._raw()).content != first.content:
                    yield "another answer"
            case dict(change):
                self.body = changed(self.body or {}, change)
                yield from _not_refused(self.case, self._send(self._raw()))
        if first.status_code != 201:
            yield f"first answered {first.status_code} {first.text[:300]}"

    def _not_given_back(self, receipt: httpx2.Response) -> Iterator[str]:
        self.method = "GET"
        shown = self._send(b"").json()
        for pointer, value in (self.case.change or {}).items():
            expected = (self.case.back or {}).get(pointer, written(value))
            if pointer.endswith("_at"):
                expected, given = _instant(expected), _instant(at(shown, pointer))
            else:
                given = at(shown, pointer)
            if given != expected:
                yield f"{pointer} came back as {str(given)[:80]!r}"
        warned = [each["pointer"] for each in receipt.json()["warnings"]]
        if missing := set(self.case.warned or ()) - set(warned):
            yield f"no warning of {missing}"

    def _raw(self) -> bytes:
        if "body" in self.case.row or "hex" in self.case.row:
            return self.case.raw()
        if self.case.json is not None:
            return sent(written(self.case.json))
        return b"" if self.body is None else sent(self.body)

    def _send(self, content: bytes) -> httpx2.Response:
        who = self.case.by or Role.COMMITTEE_MEMBER
        headers = {"content-type": "application/json"} | (self.case.headers or {})
        if who != "nobody":
            headers["cookie"] = f"fv_session={self.ward.tokens[Role(who)]}"
        kept = {name: value for name, value in headers.items() if value is not None}
        request = httpx2.Request(self.method, f"{ORIGIN}{self.path}", headers=kept, content=content)
        return self.ward.wait(self.ward.send(request))

    def _stored(self) -> Any:
        return self.ward.wait(_stored(self.ward))


def _not_refused(case: Case, answer: httpx2.Response) -> Iterator[str]:
    if answer.status_code != case.status:
        yield f"answered {answer.status_code} {answer.text[:300]}"
        return
    problem = answer.json()
    if not problem["detail"] or problem["title"].isascii():
        yield "gives no reason in Vietnamese"
    if answer.status_code == 405 and not answer.headers.get("allow"):
        yield "does not say what is allowed"
    if case.wrong is not None:
        wrong = [[each["pointer"], each["rule"]] for each in problem.get("errors", ()) if each["message"]]
        if case.wrong not in wrong:
            yield f"names {wrong}"


async def _stored(ward: Whole) -> Any:
    """What grows with everything that is stored: events, the audit, and what was set beside a visit."""
    found = []
    for name, service in ward.services.items():
        async with service.database.read() as tx:
            found += await tx.all(
                "SELECT (SELECT last_seq FROM outbox_head), (SELECT count(*) FROM audit)"
                + (", (SELECT count(*) FROM visit_conflict)" if name == "visits" else "")
            )
    return found


async def _found(ward: Whole, path: str) -> str:
    """The path with ids in it: a new one, a visit of somebody else, a duty."""
    if "{theirs}" in path:
        async with ward.services["visits"].database.read() as tx:
            theirs = await tx.scalar(
                "SELECT visit_id FROM visit WHERE visitor_id <> :own ORDER BY visit_id LIMIT 1",
                own=person_id(PEOPLE[Role.COMMITTEE_MEMBER]),
            )
        path = path.replace("{theirs}", str(theirs))
    if "{duty}" in path:
        async with ward.services["feedback"].database.read() as tx:
            path = path.replace("{duty}", str(await tx.scalar("SELECT duty_id FROM duty LIMIT 1")))
    return path.replace("{new}", str(uuid4()))


def _texts(value: Any) -> Iterator[str]:
    match written(value):
        case str() as text:
            yield text
        case dict() as inner:
            for each in inner.values():
                yield from _texts(each)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
