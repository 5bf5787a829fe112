"""Rights follow posts and the tree as of now, in all three services: what changes today counts with the next question.

Each test has people of its own, so that nobody of the matrix is disturbed.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.visits import handlers
from services.visits.handlers import PutUnit
from shared.clock import local_date
from shared.contracts.visits import PostHeld, Role
from shared.ids import derived_id, uuid7
from tests.matrix.cast import OURS, Persona, put_person, sign_in, unit, unit_id
from tests.matrix.expectations import TABLE
from tests.matrix.story import Story, unit_body
from tests.matrix.world import World

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("matrix")]

READ_ALL = ("/visits/api/visits", "/feedback/api/issues", "/feedback/api/duties", "/notify/api/messages")


async def newcomer(world: World, name: str, *roles: Role, **more: Any) -> Persona:
    """Somebody new with posts of these roles, signed in everywhere."""
    persona = Persona(name=name, columns=())
    async with world.visits.database.begin() as tx:
        await put_person(tx, persona, roles=roles, **more)
    world.tokens[name] = await sign_in(world, persona)
    await world.carry()
    return persona


async def statuses(world: World, who: str, paths: tuple[str, ...] = READ_ALL) -> list[int]:
    return [(await world.ask(who, "GET", path)).status for path in paths]


async def test_a_post_that_ends_today_counts_until_midnight(story: Story) -> None:
    """Its last day is a day; with the next one the same session is nobody's, in every service, and no event is needed."""
    world = story.world
    today = local_date(world.clock.now())
    persona = await newcomer(world, "until-today", Role.INSPECTOR, until=today)
    of_yesterday = await newcomer(world, "one-left", Role.INSPECTOR, Role.AGENCY, until=today)
    async with world.visits.database.begin() as tx:
        await put_person(tx, of_yesterday, roles=(Role.INSPECTOR,), until=today - timedelta(days=1))
    await world.carry()

    assert await statuses(world, persona.name) == [200] * 4
    assert await statuses(world, of_yesterday.name) == [401] * 4


async def test_a_role_that_is_taken_away_is_gone_with_the_next_question(story: Story) -> None:
    """The session stays, the right does not (ASVS 8.3.2): the person has another post."""
    world = story.world
    persona = await newcomer(world, "demoted", Role.OFFICE_CLERK, Role.COMMITTEE_MEMBER)
    issue = f"/feedback/api/issues/{story.bystanders[OURS].answered}"
    before = [
        (await world.ask(persona.name, "GET", path)).status
        for path in ("/visits/api/people", issue, "/notify/api/ladders")
    ]

    async with world.visits.database.begin() as tx:
        await put_person(tx, persona, roles=(Role.COMMITTEE_MEMBER,))
    await world.carry()

    after = [
        (await world.ask(persona.name, "GET", path)).status
        for path in ("/visits/api/people", issue, "/notify/api/ladders")
    ]
    assert (before, after) == ([200, 200, 200], [403, 404, 200])


async def test_a_post_at_another_unit_shows_that_unit_and_no_longer_the_first(story: Story) -> None:
    """A secretary who takes over cell `B` reads what was said there, and nothing of `A` any more."""
    world = story.world
    persona = await newcomer(world, "moving", Role.CELL_SECRETARY)
    at_a, at_b = story.unit, story.bystanders[OURS]
    paths = [
        f"/{path}"
        for each in (at_a, at_b)
        for path in (f"visits/api/visits/{each.visit_id}", f"feedback/api/issues/{each.answered}")
    ]
    before = await statuses(world, persona.name, tuple(paths))

    async with world.visits.database.begin() as tx:
        await handlers.put_person(_secretary_of(persona, unit_id("CB")), tx)
    await world.carry()

    after = await statuses(world, persona.name, tuple(paths))
    assert (before, after) == ([200, 200, 404, 404], [404, 404, 200, 200])


async def test_a_unit_under_another_parent_stays_its_committee_s_and_never_becomes_a_neighbour_s(
    story: Story,
) -> None:
    """Whoever reads the whole tree goes on reading it; no unit can be hung below another committee's."""
    world = story.world
    async with world.visits.database.begin() as tx:
        for code in ("GROUP", "MOVED"):
            await handlers.put_unit(unit(code), tx)
    visit_id, issue_id = uuid7(), uuid7()
    body = story.bystanders[OURS].body | {"unit_code": "MOVED"}
    body["issues"] = [body["issues"][0] | {"id": str(issue_id)}]
    await world.must("bystander", "PUT", f"/visits/api/visits/{visit_id}", body)
    secretary = await newcomer(world, "of-moved", Role.CELL_SECRETARY)
    async with world.visits.database.begin() as tx:
        await handlers.put_person(_secretary_of(secretary, unit_id("MOVED")), tx)
    path = f"/visits/api/units/{unit_id('MOVED')}"

    moved = await world.must("clerk", "PUT", path, unit_body("MOVED") | {"parent_code": "GROUP"})
    await world.carry()
    abroad = await world.ask("clerk", "PUT", path, body=unit_body("MOVED") | {"parent_code": "TM"})
    taken = await world.ask("neighbour", "PUT", path, body=unit_body("MOVED") | {"parent_code": "TM"})

    assert moved.json()["parent_id"] == str(unit_id("GROUP"))
    assert (abroad.status, taken.status) == (422, 404)
    read = (f"/visits/api/visits/{visit_id}", f"/feedback/api/issues/{issue_id}")
    for who in ("inspector", "clerk", secretary.name):
        assert await statuses(world, who, read) == [200, 200], who
    assert await statuses(world, "neighbour", read) == [404, 404]


async def test_a_cell_founded_after_the_inspector_took_up_the_post_is_in_the_tree(story: Story) -> None:
    """Reading all within the tree means the tree of now."""
    world = story.world
    new: PutUnit = unit("NEWCELL")
    async with world.visits.database.begin() as tx:
        await handlers.put_unit(new, tx)
    visit_id = uuid7()
    body = story.bystanders[OURS].body | {"unit_code": "NEWCELL", "issues": [], "nothing_raised": True}
    await world.must("bystander", "PUT", f"/visits/api/visits/{visit_id}", body)
    await world.carry()

    shown = await world.must("inspector", "GET", f"/visits/api/visits/{visit_id}")
    listed = await world.must("inspector", "GET", "/visits/api/visits", query=f"unit_id={new.unit_id}")

    assert shown.json()["unit"]["code"] == "NEWCELL"
    assert str(visit_id) in listed.text


async def test_the_inspector_and_ops_change_nothing_but_what_is_their_own() -> None:
    """Whatever may change something refuses them at the door, or is about their own session, phone, inbox and requests."""
    own = {"signed_in", "read_own", "change_sign_in"}
    for persona in (Persona(name=name, columns=(name,)) for name in ("inspector", "ops")):
        changing = [
            route
            for route in TABLE.values()
            if route.method != "GET"
            and not route.public
            and any(
                route.expected(persona, which)[0] == "2"
                for which in ("own", "unit", "secret", "peer", "other", "absent")
            )
        ]
        assert {route.rule for route in changing} == own, persona


def _secretary_of(persona: Persona, unit_id_: UUID) -> handlers.PutPerson:
    post = PostHeld(
        post_id=derived_id(persona.person_id, str(unit_id_)),
        role=Role.CELL_SECRETARY,
        title="Bí thư chi bộ",
        unit_id=unit_id_,
    )
    return handlers.PutPerson(
        person_id=persona.person_id,
        committee_id=OURS,
        code=persona.name.upper(),
        full_name=f"Đồng chí {persona.name}",
        posts=(post,),
    )
