"""Sessions: verified from the service's own copy, dead soon after they end, never let in by a failure."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from fastapi import Request, Response

from shared import directory
from shared.access import RULES
from shared.clock import RehearsalClock
from shared.contracts.visits import PersonChanged, Role, SessionChanged
from shared.db import create_engine
from shared.errors import Reauthenticate, SignInRequired
from shared.ids import uuid7
from shared.sessions import Sessions, new_token, token_sha256
from shared.uow import Database
from tests.conftest import Fresh
from tests.support.people import machinery, person, post
from tests.support.wait import eventually

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
WARD = uuid7()


class Copy:
    """A database with a person in it, as one process sees it; `beside` is another process on the same data."""

    def __init__(
        self, here: Database, beside: Database, clock: RehearsalClock, member: PersonChanged
    ) -> None:
        self.here = here
        self.beside = beside
        self.clock = clock
        self.member = member

    def session(
        self, token: str, *, session_id: UUID | None = None, version: int = 1, closed: bool = False
    ) -> SessionChanged:
        return SessionChanged(
            session_id=session_id or uuid7(),
            version=version,
            token_sha256=token_sha256(token),
            person_id=self.member.person_id,
            opened_at=NOW,
            expires_at=NOW + timedelta(hours=12),
            closed_at=NOW if closed else None,
        )


async def hear(database: Database, *events: SessionChanged | PersonChanged) -> None:
    async with database.begin() as tx:
        await directory.apply(tx, events)


@pytest.fixture
async def copy(database: Fresh) -> AsyncIterator[Copy]:
    dsn = await database("feedback", machinery)
    clock = RehearsalClock(NOW)
    engines = [create_engine(dsn, pool=2) for _ in range(2)]
    here, beside = (Database(engine, clock) for engine in engines)
    member = person(WARD, post(Role.COMMITTEE_MEMBER, WARD))
    await hear(here, member)
    yield Copy(here, beside, clock, member)
    for engine in engines:
        await engine.dispose()


async def test_a_cookie_names_the_person_with_posts(copy: Copy) -> None:
    """Token → digest → session → person, all from the own database."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    opened = copy.session(token)
    await hear(copy.here, opened)

    principal = await sessions.principal(token)

    assert (principal.person_id, principal.committee_id, principal.session_id) == (
        copy.member.person_id,
        WARD,
        opened.session_id,
    )
    assert principal.roles == {Role.COMMITTEE_MEMBER}


@pytest.mark.parametrize("token", [None, "", "x", "' OR 1=1 --", "a" * 44, "ă" * 43, "a" * 42 + "\n"])
async def test_what_is_no_token_is_refused_without_asking_the_database(copy: Copy, token: str | None) -> None:
    """Garbage costs nothing and waits for nothing."""
    sessions = Sessions(copy.here, secure=False, patience=60)

    with pytest.raises(SignInRequired):
        await sessions.principal(token)


async def test_an_unknown_token_is_refused_after_a_moment(copy: Copy) -> None:
    """A fixed or invented session id opens nothing."""
    with pytest.raises(SignInRequired):
        await Sessions(copy.here, secure=False, patience=0.05).principal(new_token())


async def test_a_session_ends_with_its_time(copy: Copy) -> None:
    """Also while it is remembered: the clock is asked every time."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    await hear(copy.here, copy.session(token))
    await sessions.principal(token)

    copy.clock.move_to(NOW + timedelta(hours=12))

    with pytest.raises(SignInRequired):
        await sessions.principal(token)


async def test_a_session_closed_here_is_dead_at_the_next_request(copy: Copy) -> None:
    """Signing out does not wait for a cache."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    opened = copy.session(token)
    await hear(copy.here, opened)
    await sessions.principal(token)

    await hear(copy.here, copy.session(token, session_id=opened.session_id, version=2, closed=True))

    with pytest.raises(SignInRequired):
        await sessions.principal(token)


async def test_a_session_closed_in_another_process_is_dead_within_five_seconds(copy: Copy) -> None:
    """Replicas share nothing but the database."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    opened = copy.session(token)
    await hear(copy.here, opened)
    await sessions.principal(token)

    await hear(copy.beside, copy.session(token, session_id=opened.session_id, version=2, closed=True))

    await eventually(lambda: _is_refused(sessions, token), timeout=4.5)


async def test_a_right_taken_away_here_is_gone_at_the_next_request(copy: Copy) -> None:
    """A change of the person drops what is remembered of all their sessions."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    await hear(copy.here, copy.session(token))
    assert (await sessions.principal(token)).roles

    clerk = post(Role.OFFICE_CLERK, WARD)
    await hear(copy.here, person(WARD, clerk, person_id=copy.member.person_id, version=2))

    assert (await sessions.principal(token)).roles == {Role.OFFICE_CLERK}


@pytest.mark.parametrize("process", ["here", "beside"])
async def test_whoever_holds_no_post_any_more_is_nobody(copy: Copy, process: str) -> None:
    """ASVS 7.4.2: a person who is taken off every post is out within five seconds, also by the calendar alone."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    await hear(copy.here, copy.session(token))
    await sessions.principal(token)

    ended = post(Role.COMMITTEE_MEMBER, WARD, until=date(2026, 11, 21))
    await hear(getattr(copy, process), person(WARD, ended, person_id=copy.member.person_id, version=2))

    await eventually(lambda: _is_refused(sessions, token), timeout=4.5)


async def _is_refused(sessions: Sessions, token: str) -> bool:
    try:
        await sessions.principal(token)
    except SignInRequired:
        return True
    return False


def request_with(sessions: Sessions, *, device: str | None = None, bearer: str | None = None) -> Request:
    cookie = [(b"cookie", f"{sessions.device_cookie.name}={device}".encode())] if device else []
    header = [(b"authorization", f"Bearer {bearer}".encode())] if bearer else []
    return Request({"type": "http", "headers": cookie + header})


@pytest.mark.parametrize("carrier", ["device", "bearer"])
async def test_a_phone_is_let_in_by_its_own_token_as_a_phone(copy: Copy, carrier: str) -> None:
    """In a cookie of its own or as a bearer; the guard knows that it is not the person who asks."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    await hear(copy.here, copy.session(token).model_copy(update={"device_only": True}))

    phone = await sessions.of(request_with(sessions, **{carrier: token}))

    assert phone.device_only
    assert RULES.record_visit.admits(phone)
    with pytest.raises(SignInRequired):
        RULES.signed_in.check(phone)


async def test_a_proof_is_fresh_for_its_time(copy: Copy) -> None:
    """ASVS 7.5.1: afterwards the session is good, but not for a dangerous act."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    fresh_until = NOW + timedelta(minutes=5)
    await hear(copy.here, copy.session(token).model_copy(update={"fresh_until": fresh_until}))
    assert (await sessions.principal(token)).fresh

    copy.clock.move_to(fresh_until)

    later = await Sessions(copy.here, secure=False).principal(token)
    assert not later.fresh
    with pytest.raises(Reauthenticate):
        RULES.change_sign_in.check(later)


@pytest.mark.parametrize("process", ["here", "beside"])
async def test_a_fresh_sign_in_waits_for_its_event(copy: Copy, process: str) -> None:
    """The browser may be faster than the bus; nobody else waits meanwhile."""
    sessions, token, known = Sessions(copy.here, secure=False, patience=5), new_token(), new_token()
    await hear(copy.here, copy.session(known))

    early = asyncio.create_task(sessions.principal(token))
    await sessions.principal(known)
    assert not early.done()
    await hear(getattr(copy, process), copy.session(token))

    assert (await early).person_id == copy.member.person_id


async def test_a_flood_of_invented_tokens_keeps_nobody_waiting(copy: Copy) -> None:
    """Only so many may wait; the others are refused at once."""
    sessions = Sessions(copy.here, secure=False, patience=0.2)

    answers = await asyncio.gather(
        *(sessions.principal(new_token()) for _ in range(200)), return_exceptions=True
    )

    assert {type(answer) for answer in answers} == {SignInRequired}


async def test_a_database_that_is_away_lets_nobody_in(copy: Copy) -> None:
    """An error, which the edge answers with 503; never an open door."""
    engine = create_engine("postgresql://nobody:nothing@127.0.0.1:1/none", pool=2)
    sessions = Sessions(Database(engine, copy.clock), secure=False)

    with pytest.raises(OSError, match="111"):
        await sessions.principal(new_token())
    await engine.dispose()


async def test_asking_again_costs_microseconds(copy: Copy) -> None:
    """The guard adds well under a millisecond to a request."""
    sessions, token = Sessions(copy.here, secure=False), new_token()
    await hear(copy.here, copy.session(token))
    await sessions.principal(token)

    began = time.perf_counter()
    for _ in range(100):
        await sessions.principal(token)

    assert (time.perf_counter() - began) / 100 < 0.0005


@pytest.mark.parametrize(("secure", "name"), [(True, "__Host-fv_session"), (False, "fv_session")])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    copy: Copy, secure: bool, name: str
) -> None:
    """HttpOnly, SameSite=Lax, the whole origin; Secure and the __Host- prefix with HTTPS."""
    sessions, response = Sessions(copy.here, secure=secure), Response()

    sessions.set_cookie(response, new_token(), NOW + timedelta(hours=12))
    sessions.clear_cookie(response)

    for cookie in response.headers.getlist("set-cookie"):
        assert cookie.startswith(f"{name}=")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert ("Secure" in cookie) == secure
        assert "Domain" not in cookie
