"""Every role at every route with every record: all cells, generated from the OpenAPI documents, each asserted.

The documents say which operations there are and which rule each one names; `expectations.py` says, by hand, what
everybody is answered. The services are asked where the proxy would ask them (ASVS 8.3.1), on real PostgreSQL, by
sessions that visits opened and the others heard of.
"""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from services.installation import unconnected
from shared.access import Guard, calls, unguarded_routes
from tests.matrix.asking import Answer
from tests.matrix.cast import CAST, NOBODY, ROLES, Persona, sign_in
from tests.matrix.expectations import REACHES, ROUTES, TABLE, WHICH, Route
from tests.matrix.records import Asked, Record, kinds, record
from tests.matrix.requests import QUERIES, THROWAWAY, body_of
from tests.matrix.story import Story
from tests.matrix.world import in_turns

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("matrix")]

_numbers = count(1)
METHODS = {"get", "put", "post", "delete", "patch"}
PAGES = {"/{service}", "/{service}/", "/{service}/web/{{name:path}}"}
UNDESCRIBED = PAGES | {"/{service}/api/openapi.json", "/{service}/metrics"}
"""What no document describes: files that are the same for everybody, and what the proxy does not let through."""


OF_VISITS = {"/visits/sign-in/{token}", "/visits/sw.js"}
"""One-time links of the demo, which no installation that others reach has; and the phone's worker."""


class Cell(NamedTuple):
    """One persona asks one route about one record."""

    route: Route
    persona: Persona
    which: str
    record: Record | None

    def __str__(self) -> str:
        return f"{self.persona.name} · {self.route.name} · {self.which or 'no record'}"


class Told(NamedTuple):
    cell: Cell
    answer: Answer


# --- The table is whole ------------------------------------------------------------------------------


def described(story: Story) -> dict[str, dict[str, Any]]:
    """Every operation of the three documents, the optional ones too."""
    return {
        f"{method.upper()} {path}": operation
        for service in story.world.services.values()
        for path, methods in service.app.openapi()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


async def test_every_operation_has_its_line_and_names_the_rule_that_stands_there(story: Story) -> None:
    """A new route, a route of another rule, one that takes a phone's token: all want a line changed by hand."""
    operations = described(story)

    lacking = [
        f"{name}: write its line into ROUTES of tests/matrix/expectations.py: who may, on which record"
        for name in operations.keys() - TABLE.keys()
    ]
    gone = [f"{name}: no document has this operation any more" for name in TABLE.keys() - operations.keys()]
    differing = [
        f"{name}: the document says {operation.get('x-access', 'nothing')}, the table {TABLE[name].access}"
        for name, operation in operations.items()
        if name in TABLE and operation.get("x-access") != TABLE[name].access
    ]

    assert lacking + gone + differing == []


async def test_every_address_that_names_a_record_has_a_maker_of_it(story: Story) -> None:
    """A route that takes an id is asked about the ids of others; so somebody must say how to make them."""
    wrong = []
    for name in described(story):
        route, parameters = TABLE[name], re.findall(r"\{(\w+)\}", name)
        if parameters and (not route.kind or route.lists):
            wrong.append(f"{name}: it names {parameters}; say in ROUTES which kind of record that is")
        if route.kind and route.kind not in kinds():
            wrong.append(f"{name}: no maker of {route.kind!r}; write one in tests/matrix/records.py")

    assert wrong == []


async def test_no_route_hides_from_the_documents_or_names_two_rules(story: Story) -> None:
    """Undescribed are the pages' files and what only machines read; each of the others names one rule."""
    for name, service in story.world.services.items():
        contexts = [each for each in iter_route_contexts(service.app.routes) if each.path is not None]
        undescribed = {
            each.path
            for each in contexts
            if isinstance(each.original_route, APIRoute)
            and not each.include_in_schema
            and set(each.methods or ()) != {"HEAD"}
        }
        guards = {
            each.path: sum(isinstance(call, Guard) for call in calls(each.dependant)) for each in contexts
        }

        assert undescribed - OF_VISITS == {path.format(service=name) for path in UNDESCRIBED}
        assert [path for path, named in guards.items() if named > 1] == []
        assert unguarded_routes(service.app) == []


async def test_the_written_documents_are_part_of_it() -> None:
    """What `docs/openapi` shows is what a plain installation has; each operation there stands in the table."""
    shown = {
        f"{method.upper()} {path}"
        for service in unconnected()
        for path, methods in service.app.openapi()["paths"].items()
        for method in methods
    }

    assert shown <= TABLE.keys()
    assert len(shown) > 100


# --- All cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", TABLE.values(), ids=lambda route: route.name)
async def test_everybody_is_answered_as_the_table_says(story: Story, route: Route) -> None:
    """Role by record; and what is refused, hidden or missing answers word for word alike."""
    told = await in_turns(_ask(story, cell) for cell in cells(story, route))

    assert [_wrong(each) for each in told if _wrong(each)] == []
    assert list(_distinguishable(route, told)) == []


def cells(story: Story, route: Route) -> Iterator[Cell]:
    for persona in CAST:
        if not route.kind or (route.lists and "{id}" not in QUERIES.get(route.name, "")):
            yield Cell(route, persona, "", None)
            continue
        for which in WHICH:
            found = record(
                route.kind, Asked(story=story, persona=persona, which=which, number=next(_numbers))
            )
            if found is not None and not (route.lists and which == "absent"):
                yield Cell(route, persona, which, found)


async def _ask(story: Story, cell: Cell) -> Told:
    route, persona = cell.route, cell.persona
    params = cell.record.params if cell.record else {}
    path = route.path if route.lists else route.path.format(**params)
    own = route.name in THROWAWAY and persona.name in story.own and persona.name != "former"
    answer = await story.world.ask(
        persona.name,
        route.method,
        path,
        body=body_of(route, persona, cell.record),
        query=QUERIES.get(route.name, "").format(id=cell.record.id if cell.record else ""),
        token=await sign_in(story.world, persona) if own else None,
    )
    shown = _shown(story, cell, answer) if route.lists and answer.status == 200 else ""
    return Told(cell, answer) if not shown else Told(cell, Answer(0, (), shown.encode()))


def _shown(story: Story, cell: Cell, answer: Answer) -> str:
    """A sentence if a list shows what it should not, or not what it should."""
    asked_for = [cell.which] if cell.which else [which for which in WHICH if which != "absent"]
    for which in asked_for:
        asked = Asked(story=story, persona=cell.persona, which=which, number=0)
        found = record(cell.route.kind, asked)
        if found is None:
            continue
        within, there = cell.route.reaches(cell.persona, which), f'"{found.id}"' in answer.text
        if within != there:
            return f"{which} is {'shown' if there else 'not shown'}"
    return ""


def _wrong(told: Told) -> str:
    """What came instead of what the table says."""
    cell, answer = told
    if answer.status == 0:
        return f"{cell}: {answer.text}"
    expected = cell.route.expected(cell.persona, cell.which)
    return (
        "" if answer.code == expected else f"{cell}: {answer.code} instead of {expected}: {answer.text[:300]}"
    )


def _distinguishable(route: Route, told: list[Told]) -> Iterator[str]:
    """Refusals of one persona that differ in more than the id of the request."""
    for persona in CAST:
        refused: dict[str, list[Told]] = {}
        for each in told:
            if each.cell.persona is persona and each.answer.status >= 400:
                refused.setdefault(each.answer.code, []).append(each)
        for code, same in refused.items():
            if code != "422" and len({each.answer.told for each in same}) > 1 and not _numbered(route):
                yield f"{persona.name} · {route.name}: {[(each.cell.which, each.answer.told) for each in same]}"


def _numbered(route: Route) -> bool:
    """Whether the address holds a number that everybody knows, and the answer repeats it."""
    return route.kind in {"revision", "draft", "ladder"}


# --- The table says something ------------------------------------------------------------------------


async def test_the_table_lets_everybody_in_somewhere_and_nobody_everywhere() -> None:
    """Each role is let in by some route and refused by another; nobody's column is closed but for public doors."""
    doors = [route for route in TABLE.values() if not route.public]
    admitted = {
        persona.name: [route for route in doors if route.expected(persona, "own")[:3] not in ("401", "403")]
        for persona in CAST
    }

    assert admitted["nobody"] == admitted["former"] == []
    assert all(0 < len(admitted[role]) < len(doors) for role in ROLES)
    assert {route.rule for route in admitted["phone"]} == {
        "record_visit",
        "file_report",
        "read_visits",
        "read_own",
        "read_units",
        "read_duties",
        "reply_to_cell",
        "approve_own",
        "make_plans",
        "object_to_record",
    }
    assert len(ROUTES.strip().splitlines()) >= len(TABLE)
    assert set(REACHES["C"]) <= set(WHICH)
    assert NOBODY in CAST
