"""A ward in which everything that takes a text holds one that a careless page would run.

Forty people, each with a name, a post, a cell, visits, issues, letters and answers made of their own payload:
what is shown of one is shown of all, so that no payload is spared a place.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.routing import compile_path

from services.feedback.domain.owed import report_duty_id
from services.installation import unconnected
from shared.access import calls
from shared.http.bodies import JsonBody
from shared.ids import uuid7
from tests.attacks.payloads import PAYLOADS, bundles, payloads_in, places_of
from tests.support.authenticator import Authenticator
from tests.support.logs import LogLines
from tests.support.phone import issue_body, visit_body
from tests.support.rehearsal import Json, Rehearsal, local
from tests.support.ward import person_id, unit_id

CLERK, BOARD, AGENCY, INSPECTOR = "VP1", "M01", "CQ1", "KT1"
SECRETARY, ASSISTANT = "hostile-bi-thu", "hostile-giup-viec"
NEAR = 20
"""So many cells and members have these two; so many an assistant may serve."""
EVENING = local("2026-10-05 19:00")
CODES_AT_MOST, NAMES_OF_PASSKEYS_AT_MOST = 64, 60


@dataclass
class Person:
    """One of the forty: everything of theirs says `payload`."""

    number: int
    payload: str
    code: str
    name: str
    """How the tests call them."""
    unit_id: str = field(default_factory=lambda: str(uuid7()))
    visit_id: str = field(default_factory=lambda: str(uuid7()))
    told: Json = field(default_factory=dict)
    """An issue that goes its whole way."""
    kept: Json = field(default_factory=dict)
    """One that nobody forwards."""
    duty_id: str = ""
    """What is owed for it."""


@dataclass
class HostileWard:
    system: Rehearsal
    log: LogLines
    people: list[Person] = field(default_factory=list)
    filled: dict[str, set[str]] = field(default_factory=dict)
    """Per field, as `VisitIn.issues.title`, the payloads that it took."""

    async def put(self, who: str, path: str, body: Json, word: str, *, method: str = "PUT") -> Json:
        answer = await self.system.put(who, path, body, method=method)
        for place in places_of(body, word, _model_of(path).__name__):
            self.filled.setdefault(place, set()).update(payloads_in(word))
        return answer

    async def fill(self) -> None:
        self.people = [_person(number, payload) for number, payload in enumerate(PAYLOADS)]
        for person in self.people:
            await self._appoint(person)
        await self._appoint_those_near()
        await self.system.people([SECRETARY, ASSISTANT, *(person.name for person in self.people)])
        for person in self.people:
            await self._go_out(person)
        await self.system.installation.settled(within=60)
        for person, word in zip(self.people, bundles(100), strict=False):
            await self._handle(person, word)
        for word in bundles(120):
            await self._hand_over(word)
        for number, word in enumerate(bundles(200)):
            await self._write_around(self.people[number], word)
            await self._decide(number, word)
            await self._say_otherwise(self.people[number], word)
        await self._name_passkeys()
        await self.system.installation.settled(within=60)

    async def _appoint(self, person: Person) -> None:
        word = person.payload
        unit = {"code": person.code, "name": word, "kind": "party_cell", "parent_code": "TS"}
        await self.put(CLERK, f"/visits/api/units/{person.unit_id}", unit, word)
        post = {"role": "committee_member", "title": word, "unit_code": "TS", "body": "executive_committee"}
        who = {"code": person.code, "full_name": word, "email": f"{person.name}@tu-son.invalid"}
        at = f"/visits/api/people/{person_id(person.name)}"
        await self.put(CLERK, at, who | {"posts": [post]}, word)
        body = {"code": f"hostile_{person.number}", "name": word}
        await self.put(CLERK, f"/visits/api/bodies/hostile_{person.number}", body, word)

    async def _appoint_those_near(self) -> None:
        """A secretary of the first cells, and an assistant of those who go there."""
        some = self.people[:NEAR]
        cells = [{"role": "cell_secretary", "title": "Bí thư", "unit_code": each.code} for each in some]
        serves = [str(person_id(each.name)) for each in some]
        writes = [{"role": "assistant", "title": "Giúp việc", "unit_code": "TS", "serves": serves}]
        for name, posts in ((SECRETARY, cells), (ASSISTANT, writes)):
            who = {"code": name, "full_name": name, "posts": posts}
            await self.system.put(CLERK, f"/visits/api/people/{person_id(name)}", who)

    async def _go_out(self, person: Person) -> None:
        word = person.payload
        person.told = issue_body(word) | {"detail": word}
        person.kept = issue_body(word) | {"detail": word}
        visit = visit_body(person.code, EVENING, person.told, person.kept, meeting=True)
        visit["device"] |= {"id": person.code, "app_version": word[:40]}
        report = {"summary": word, "claimed_at": local("2026-10-05 21:00").isoformat()}
        path = f"/visits/api/visits/{person.visit_id}"
        await self.put(person.name, path, visit | {"notes": word, "report": report}, word)
        await self.put(person.name, f"{path}/report", report, word)

    async def _handle(self, person: Person, word: str) -> None:
        """Ask for more time, decide on it, forward, answer, reply to the cell."""
        issue = f"/feedback/api/issues/{person.told['id']}"
        duties = (await self.system.get(person.name, "/feedback/api/duties"))["duties"]
        person.duty_id = next(duty["duty_id"] for duty in duties if duty["issue_id"] == person.kept["id"])
        more = f"/feedback/api/duties/{person.duty_id}/extensions/{uuid7()}"
        await self.put(person.name, more, {"days": 1, "reason": word}, word)
        await self.put(BOARD, f"{more}/decision", {"granted": False, "note": word}, word)
        forwarding = f"{issue}/forwardings/{uuid7()}"
        letter = {"agency_unit_id": str(unit_id("A01")), "number": word, "proof": word}
        await self.put(CLERK, forwarding, letter | {"sent_at": local("2026-10-05 21:30").isoformat()}, word)
        answer = {"answered_at": local("2026-10-05 21:40").isoformat()}
        said = {"document_number": word, "summary": word}
        await self.put(AGENCY, f"{forwarding}/answer", answer | said, word)
        await self.put(CLERK, f"{issue}/reply", {"summary": word}, word)
        await self.put(CLERK, f"{issue}/contact", {"contact": word}, word)
        kept = {"name": word, "choice": {"status": ["overdue"], "q": word}}
        await self.put(CLERK, f"/feedback/api/saved-views/{uuid7()}", kept, word)
        await self._praise(person, word)

    async def _praise(self, person: Person, word: str) -> None:
        """A cell is commended, the commendation is revoked, and a good practice is told of it."""
        commendation = f"/feedback/api/commendations/{uuid7()}"
        decided = {"reason": word, "deciding_body": word, "document_number": word}
        of = {"unit_id": person.unit_id, "decided_on": "2026-09-02"}
        await self.put(CLERK, commendation, of | decided, word)
        await self.put(BOARD, f"{commendation}/revocation", {"reason": word}, word)
        told = {"unit_id": person.unit_id, "title": word, "body": word}
        await self.put(CLERK, f"/feedback/api/good-practices/{uuid7()}/versions/1", told, word)

    async def _hand_over(self, word: str) -> None:
        transfer = {"kind": "complaint", "register_number": "15/PC-VPĐU", "visit_id": None}
        handed = {"receiving_office": word, "transferred_on": "2026-10-05"}
        await self.put(CLERK, f"/visits/api/transfers/{uuid7()}", transfer | handed, word)

    async def _write_around(self, person: Person, word: str) -> None:
        """What belongs to no single issue."""
        request, later = uuid7(), f"{2027 + person.number}-01-01"
        about = {"kind": "correct", "about": word}
        await self.put(person.name, f"/feedback/api/me/requests/{request}", about, word)
        answer = {"done": True, "note": word}
        await self.put(CLERK, f"/feedback/api/requests/{request}/answer", answer, word)
        plan = {"person_code": person.code, "unit_code": person.code, "duty": "attend_meeting"}
        dated = {"valid_from": "2026-10-05", "basis_document": word}
        await self.put(CLERK, f"/visits/api/assignments/{uuid7()}", plan | dated, word)
        old = {"code": f"cu-{person.number}", "name": word, "kind": "party_cell", "parent_code": "TS"}
        await self.put(CLERK, f"/visits/api/units/{uuid7()}", old, word)
        merger = {"predecessors": [old["code"]], "successors": ["C001"], "effective_on": "2026-10-05"}
        await self.put(CLERK, f"/visits/api/successions/{uuid7()}", merger | {"basis_document": word}, word)
        quota = {"kind": "field_trip", "period": "month", "min_count": 1, "valid_from": later}
        await self.put(CLERK, f"/visits/api/quotas/{uuid7()}", quota | {"basis_document": word}, word)
        reach = {"body": None, "deepest": 9, "valid_from": later, "basis_document": word}
        await self.put(CLERK, f"/visits/api/reaches/{uuid7()}", reach, word)
        await self._take_in(person, word)
        rule = {"days": 400, "citation": word, "valid_from": later}
        for service in ("visits", "feedback"):
            await self.put(BOARD, f"/{service}/api/retention/{uuid7()}", rule, word)

    async def _take_in(self, person: Person, word: str) -> None:
        """A register whose file has a hostile name: the list of imports tells it."""
        rows = f"code,name,kind,parent_code\nnhap-{person.number},Chi bộ {person.number},party_cell,TS\n"
        files = [{"name": word, "content": base64.b64encode(rows.encode()).decode()}]
        desk = "/visits/api/imports/registers"
        seen = await self.put(CLERK, f"{desk}/preview", {"files": files}, word, method="POST")
        sure = {"import_id": str(uuid7()), "digest": seen["effect"]["digest"], "files": files}
        await self.put(CLERK, desk, sure, word, method="POST")

    async def _say_otherwise(self, person: Person, word: str) -> None:
        """Everybody who may say no gives this as the reason."""
        visit = f"/visits/api/visits/{person.visit_id}"
        wrong = {"version": 1, "outcome": "disputed", "comment": word}
        await self.put(SECRETARY, f"{visit}/confirmation", wrong, word)
        await self.put(person.name, f"{visit}/confirmation/answer", {"statement": word}, word)
        await self._say_as_agency(person, word)
        verdict = f"/feedback/api/issues/{person.told['id']}/verdicts/{uuid7()}"
        await self.put(SECRETARY, verdict, {"settled": False, "reason": word}, word)
        late = {"duty_ids": [str(report_duty_id(UUID(person.visit_id)))], "note": word}
        await self.put(CLERK, f"/feedback/api/chases/{uuid7()}", late, word)
        back = f"/feedback/api/duties/{report_duty_id(UUID(person.visit_id))}/returns/{uuid7()}"
        await self.put(CLERK, back, {"comment": word}, word)
        mine = {"period": "2026", "text": word}
        await self.put(person.name, f"/visits/api/me/objections/{uuid7()}", mine, word)

        member = {"on_behalf_of": str(person_id(person.name))}
        other, draft = f"/visits/api/visits/{uuid7()}", uuid7()
        written = visit_body(person.code, EVENING - timedelta(hours=4)) | {"notes": word}
        await self.put(ASSISTANT, other, written | member, word)
        await self.put(ASSISTANT, f"{other}/report-drafts/{draft}", {"summary": word} | member, word)
        no = {"reason": word}
        await self.put(person.name, f"{other}/report-drafts/{draft}/rejection", no, word)
        await self.put(person.name, f"{other}/approval", {"version": 1, "approved": False} | no, word)

    async def _say_as_agency(self, person: Person, word: str) -> None:
        """A matter sent on once more: the agency asks, is answered, and is not competent."""
        way = f"/feedback/api/issues/{person.told['id']}"
        at_agency, note = f"{way}/forwardings/{uuid7()}", uuid7()
        sent = {"agency_unit_id": str(unit_id("A01")), "number": "2/CV", "proof": word}
        await self.put(CLERK, at_agency, sent, word)
        await self.put(CLERK, f"{at_agency}/notes/{note}", {"kind": "question", "text": word}, word)
        await self.put(CLERK, f"{way}/notes/{note}/reply", {"text": word}, word)
        await self.put(CLERK, f"{at_agency}/notes/{uuid7()}", {"kind": "not_competent", "text": word}, word)

    async def _decide(self, number: int, word: str) -> None:
        """What the whole committee decides; of some there is one at a time, and the last one stays."""
        later = {"valid_from": f"{2027 + number}-01-01"}
        policy = {"kind": "forward", "rule": "calendar_roll", "days": 5, "owed_to": "permanent_board"}
        cited = policy | later | {"citation": word}
        await self.put(BOARD, f"/feedback/api/policies/{uuid7()}", cited, word)
        off = {"date": "2027-03-08", "off": True, "kind": "statutory", "vi": word, "en": word}
        notice: Json = {"decided_on": "2026-10-05", "notice": word, "days": [off]}
        await self.put(CLERK, "/feedback/api/calendar/revisions/2", notice, word)
        alarm: Json = {"name": "urgent", "targets": [{"role": "permanent_board"}], "channels": []}
        ladder = {"basis": word, "alarm": alarm, "rungs": [alarm | {"name": "late", "offset": 2}]}
        await self.put(CLERK, f"/notify/api/ladders/{number + 1}", later | ladder, word)
        term = {"first_day": "2015-01-01", "last_day": "2020-12-31", "basis_document": word}
        await self.put(BOARD, f"/visits/api/terms/{uuid7()}", term, word)

    async def _name_passkeys(self) -> None:
        """As many as an account may hold."""
        browser = await self.system.person(self.people[0].name)
        at = "/visits/api/account/passkeys"
        named: set[str] = set()
        for word in bundles(NAMES_OF_PASSKEYS_AT_MOST):
            asked = await browser.post(f"{at}/options")
            device = Authenticator(origin=self.system.url.replace("127.0.0.1", "localhost"))
            body = {"name": word[:60], "credential": device.make(asked.json()["options"])}
            if (await browser.post(at, json=body)).status_code != 201:
                break
            named |= payloads_in(word)
        assert len(named) >= 8
        self.filled["NewPasskeyIn.name"] = named


def _person(number: int, payload: str) -> Person:
    short = len(payload) <= CODES_AT_MOST
    name = f"hostile-{number}"
    return Person(number, payload, payload if short else name, name)


def models() -> Iterator[tuple[Any, type[BaseModel]]]:
    """Each route that reads a body: the pattern of its address, and the model."""
    for service in unconnected():
        for context in iter_route_contexts(service.app.routes):
            for call in calls(context.dependant):
                if isinstance(call, JsonBody):
                    yield compile_path(str(context.path))[0], call.model


_MODELS = list(models())


def _model_of(path: str) -> type[BaseModel]:
    fitting = [model for pattern, model in _MODELS if pattern.match(path)]
    assert fitting, path
    return fitting[0]
