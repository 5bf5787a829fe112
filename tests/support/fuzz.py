"""Requests made from the OpenAPI documents, good and bad, sent by people of every role; what is wrong with the answers.

Half of the requests name records that exist, so that they come as far as a handler. Which, and by whom a
request is sent, follows from its content: the same run asks the same questions.
"""

import json
import random
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import httpx2
import requests
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from shared.access import Rule, rule_of
from shared.contracts.envelope import Producer
from shared.contracts.visits import Role
from tests.support.edge import ORIGIN
from tests.support.ward import CELLS, MEMBERS, REGISTER, unit_id
from tests.support.whole import PEOPLE, Whole

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
Asker = Role | str
NOBODY, PHONE = "nobody", "a member's phone"
EVERYBODY: Sequence[Asker] = (*PEOPLE, NOBODY, PHONE)
INSTANTS = ("2026-11-18T08:00:00+07:00", "2026-11-18T10:30:00+07:00", "2026-11-20T01:00:00Z")
DAYS = ("2026-01-01", "2026-11-19", "2026-11-20", "2026-11-24", "2027-01-01")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(T|$)")

LEAK = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|\bline \d+, in\b"
    r"|\b(?:SELECT|INSERT INTO|DELETE FROM|UPDATE \w+ SET|FROM \w+ WHERE)\b"
    r"|(?:^|[\s\"'(])/(?:home|usr|tmp|var|etc|opt|root|work)/"
    r"|sqlalchemy|asyncpg|psycopg|pydantic|starlette|fastapi|uvicorn|postgresql|duplicate key|violates"
    r"|\b(?:[A-Z][a-z0-9]+){1,6}(?:Error|Exception|In|Out)\b|\bobject at 0x",
)
"""What tells how we are made: a trace, a query, a path of the machine, the name of a class."""

_READ_BACK = ("value", "pointer")
"""Members of a problem in which the sender reads their own words."""


@dataclass
class Findings:
    """What was asked and what was wrong, each kind of wrong once with its first example."""

    cases: int = 0
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)

    def note(self, operation: str, what: str, example: str) -> None:
        self.wrong.setdefault((operation, what), example)

    @property
    def told(self) -> str:
        return "\n\n".join(
            f"{operation}: {what}\n{example}" for (operation, what), example in self.wrong.items()
        )


class Fuzz:
    """Asks the services of `world` everything their documents allow, and much that they do not."""

    def __init__(self, world: Whole) -> None:
        self.world = world
        self.findings = Findings()
        self.known = world.wait(_known(world))
        self.phone = world.wait(world.sign_in_phone(Role.COMMITTEE_MEMBER))
        self.rules = {name: rules_of(service.app) for name, service in world.services.items()}

    def operations(self, name: str) -> list[Any]:
        """Every operation of one service, with answers that may hold nothing but what the document lists."""
        document = closed(self.world.services[name].app.openapi())
        config = schemathesis.Config()
        rejection = config.projects.default.checks.negative_data_rejection
        rejection.expected_statuses = [*rejection.expected_statuses, "413"]
        schema = schemathesis.openapi.from_dict(document, config=config)
        return [each.ok() for each in schema.get_all_operations()]

    def by_everybody(self, operation: Any) -> None:
        """Ask what has no parameters, each of all people once."""
        if not (operation.path_parameters.items or operation.query.items or operation.body.items):
            for who in EVERYBODY:
                self.ask(operation, operation.Case(), who)

    def boundaries(self, operation: Any, most: int) -> None:
        """The edges of every parameter and field, one at a time."""
        schema = operation.schema
        generation = schema.config.generation_for(operation=operation, phase="coverage")
        found = list(
            schema.iter_coverage_cases(
                operation,
                generation_modes=list(schemathesis.GenerationMode),
                generation_config=generation,
            )
        )
        step = max(1, len(found) // most)
        for case in found[::step]:
            self.ask(operation, case)

    def at_random(self, operation: Any, examples: int) -> None:
        """So many well-formed requests and as many that are not; the same ones every time."""
        for mode in schemathesis.GenerationMode:

            @settings(
                max_examples=examples,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def each(case: Any) -> None:
                self.ask(operation, case)

            try:
                each()
            except Exception as error:
                if "Unsatisfiable" not in type(error).__name__ and "cannot be negated" not in str(error):
                    raise

    def ask(self, operation: Any, case: Any, by: Asker | None = None) -> None:
        """Send one request and look at the answer."""
        chance = random.Random(zlib.crc32(repr(case).encode("utf-8", "surrogatepass")))  # noqa: S311  # repeatable
        self._name_what_exists(case, chance)
        rule = self.rules[case.path.split("/", 2)[1]].get((operation.method.upper(), case.path))
        who = by or self._who(rule, chance)
        try:
            prepared = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
            request = httpx2.Request(
                prepared.method or "",
                prepared.url or "",
                headers=dict(prepared.headers),
                content=prepared.body or b"",
            )
        except (ValueError, httpx2.InvalidURL, httpx2.UnsupportedProtocol):
            return  # no client can send it
        answer = self._send(request, who, rule)
        self.findings.cases += 1
        self.findings.statuses[operation.label, answer.status_code] += 1
        for what in wrong_with(answer):
            self.findings.note(operation.label, what, _shown(who, request, answer))
        try:
            case.validate_response(as_schemathesis(prepared, answer), checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                told = f"{failure}\n{_shown(who, request, answer)}"
                self.findings.note(operation.label, getattr(failure, "title", ""), told)

    def _send(self, request: httpx2.Request, who: Asker, rule: Rule | None) -> httpx2.Response:
        answer = self.world.wait(self._sent(request, who))
        if answer.status_code == 401 and rule is not None and isinstance(who, Role):
            # Signed out by an earlier request, or the proof is too old: as a person would, they come in again.
            self.world.wait(self.world.sign_in(who))
            answer = self.world.wait(self._sent(request, who))
        return answer

    async def _sent(self, request: httpx2.Request, who: Asker) -> httpx2.Response:
        request.headers.pop("authorization", None)
        request.headers.pop("cookie", None)
        if isinstance(who, Role):
            request.headers["cookie"] = f"fv_session={self.world.tokens[who]}"
        elif who == PHONE:
            request.headers["authorization"] = f"Bearer {self.phone}"
        return await self.world.send(request)

    def _who(self, rule: Rule | None, chance: random.Random) -> Asker:
        """Mostly somebody who may do this, so that more is asked than whether the door is locked."""
        if rule is None or chance.random() < 0.25:
            return chance.choice(EVERYBODY)
        return chance.choice([role for role in PEOPLE if not rule.grants or role in rule.grants])

    def _name_what_exists(self, case: Any, chance: random.Random) -> None:
        if chance.random() < 0.6:
            case.path_parameters = self._known_in(case.path_parameters, chance)
        if chance.random() < 0.6:
            case.query = self._known_in(case.query, chance)
        if isinstance(case.body, dict) and chance.random() < 0.7:
            case.body = self._known_in(case.body, chance)

    def _known_in(self, value: Any, chance: random.Random, name: str = "") -> Any:
        """The same, with ids, codes and moments of this world where there were any."""
        match value:
            case dict():
                return {name: self._known_in(inner, chance, name) for name, inner in value.items()}
            case list():
                return [self._known_in(inner, chance, name) for inner in value]
            case str() if self.known.get(name):
                return chance.choice(self.known[name])
            case str() if _DAY.match(value):
                return chance.choice(INSTANTS if "T" in value else DAYS)
            case int() if name in {"number", "version"} and not isinstance(value, bool):
                return chance.choice([1, 2, 3])
        return value


def closed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every answer's object closed: what is not listed may not be told."""
    document = deepcopy(document)
    schemas = document["components"]["schemas"]
    waiting = [
        content.get("schema", {})
        for path in document["paths"].values()
        for operation in path.values()
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
    ]
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop()
        if isinstance(schema, list):
            waiting += schema
        if not isinstance(schema, dict):
            continue
        if (name := schema.get("$ref", "").rpartition("/")[2]) and name not in seen:
            seen.add(name)
            waiting.append(schemas[name])
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        waiting += [inner for inner in schema.values() if isinstance(inner, dict | list)]
    return document


def wrong_with(answer: httpx2.Response) -> Iterator[str]:
    """What no answer of ours may do, whatever was asked."""
    media_type, _, charset = answer.headers.get("content-type", "").partition(";")
    if _told_unready(answer):
        return
    if answer.status_code >= 500:
        yield f"answered {answer.status_code}"
    if 300 <= answer.status_code < 400:
        yield "a redirect"
    if answer.headers.get("cache-control") != "no-store":
        yield "may be kept in caches"
    if answer.headers.get("x-content-type-options") != "nosniff":
        yield "its type may be guessed"
    if "access-control-allow-origin" in answer.headers:
        yield "other sites may read it"
    if answer.content and not media_type:
        yield "has no content type"
    if media_type.startswith("text/") and "charset=utf-8" not in charset.lower():
        yield "text without a charset"
    if answer.status_code >= 400:
        yield from _wrong_with_problem(answer, media_type)


def _told_unready(answer: httpx2.Response) -> bool:
    """`/readyz` says 503 and which part is not ready, in its own words; its schema is checked like any other."""
    return answer.request.url.path.endswith("/readyz") and answer.status_code == 503


def _wrong_with_problem(answer: httpx2.Response, media_type: str) -> Iterator[str]:
    if answer.request.method == "HEAD":
        return
    if media_type != "application/problem+json":
        yield f"{answer.status_code} as {media_type or 'nothing'}"
        return
    problem = answer.json()
    if problem.get("status") != answer.status_code:
        yield "a problem that tells another status"
    for error in problem.get("errors", ()):
        for name in _READ_BACK:
            error.pop(name, None)
    if found := LEAK.search(json.dumps(problem, ensure_ascii=False)):
        yield f"tells how we are made: {found.group()}"


def as_schemathesis(prepared: requests.PreparedRequest, answer: httpx2.Response) -> schemathesis.Response:
    return schemathesis.Response(
        status_code=answer.status_code,
        headers={name: answer.headers.get_list(name) for name in answer.headers},
        content=answer.content,
        request=prepared,
        elapsed=0.0,
        verify=False,
        encoding=answer.encoding,
    )


def _shown(who: Asker, request: httpx2.Request, answer: httpx2.Response) -> str:
    return (
        f"  {who}: {request.method} {request.url}\n  {request.content[:400]!r}\n"
        f"  {answer.status_code} {answer.text[:600]}"
    )


def rules_of(app: FastAPI) -> Mapping[tuple[str, str], Rule | None]:
    """The rule of every route by method and path template; None for a public one."""
    return {
        (method, context.path_format or ""): rule_of(context.dependant)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in context.methods or ()
    }


async def _known(world: Whole) -> dict[str, list[str]]:
    """What exists, by the name it has in paths and bodies. Nobody who asks is among the people."""
    questions: tuple[tuple[Producer, str, str], ...] = (
        ("visits", "visit_id", "SELECT visit_id FROM visit ORDER BY started_at DESC LIMIT 40"),
        ("feedback", "issue_id", "SELECT issue_id FROM issue ORDER BY issue_id LIMIT 60"),
        ("feedback", "duty_id", "SELECT duty_id FROM duty ORDER BY closed_at IS NOT NULL, duty_id LIMIT 60"),
        ("feedback", "forwarding_id", "SELECT forwarding_id FROM forwarding ORDER BY forwarding_id LIMIT 40"),
        ("notify", "message_id", "SELECT message_id FROM message ORDER BY message_id LIMIT 40"),
    )
    found: dict[str, list[str]] = {}
    for service, name, question in questions:
        async with world.services[service].database.read() as tx:
            found[name] = [str(row[0]) for row in await tx.all(question)]
    cells = [code for code in CELLS if code != "C001"]
    agencies = [str(unit_id(unit.code)) for unit in REGISTER.units if unit.kind == "agency"]
    others = [code for code in MEMBERS if code not in PEOPLE.values()]
    return found | {
        "unit": cells[-3:],
        "unit_code": cells,
        "parent_code": ["TS"],
        "agency_unit_id": agencies,
        "person": others[-3:],
        "person_code": others,
        "body": ["permanent_board", "committee_office"],
        "owed_to": ["permanent_board"],
        "urgent_owed_to": ["standing_committee"],
    }
