"""On whose behalf the running task works: the edge begins it with the request, the guard of the route names the person.

Two things follow from it and need no argument of any handler: which committee's rows the transaction sees
(`shared.walls`) and who stands in the audit (`shared.audit`). A task for which nobody is named sees nothing
of any committee. Loops, consumers and commands work for the service itself, on a database of their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts. A person by a session, or a machine by its name; `request_id` ties an act to the log."""

    committee_id: UUID | None = None
    person_id: UUID | None = None
    session_id: UUID | None = None
    request_id: str | None = None
    machine: str | None = None


NOBODY = Acting()
_current: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def acting() -> Acting:
    """Who acts now, in this task."""
    return _current.get()


def begin_acting(who: Acting) -> Token[Acting]:
    """Work for `who` until `end_acting` is given what this returns."""
    return _current.set(who)


def end_acting(token: Token[Acting]) -> None:
    _current.reset(token)


@contextmanager
def acting_as(who: Acting) -> Iterator[None]:
    """Work for `who` in the block, and for whoever it was before after it."""
    token = begin_acting(who)
    try:
        yield
    finally:
        end_acting(token)


def name_person(*, committee_id: UUID, person_id: UUID, session_id: UUID) -> None:
    """The guard has found out who sent the request that this task answers; the edge takes it back at the end."""
    _current.set(
        replace(_current.get(), committee_id=committee_id, person_id=person_id, session_id=session_id)
    )
