"""The policy: who may do what, and on which records. The only module that decides it (I10).

A `Rule` maps roles to scopes. A role lets a person through the door of a route (`allow`); the scope
says which records lie behind it: those of the whole committee, those of one's own, those of the members
whom an assistant serves, those of the units of the post, or none at all (operating the system shows no matter). Committees of one installation never
see each other. What a reader may not see answers exactly like what is absent.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol, TypeVar
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from shared.acting import name_person
from shared.contracts.visits import AccessClass, Role
from shared.directory import Post
from shared.errors import Forbidden, NotFound, Reauthenticate, SignInRequired, invalid

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The signed-in person, with the posts held on the local date `today`."""

    person_id: UUID
    committee_id: UUID
    session_id: UUID
    full_name: str
    posts: tuple[Post, ...]
    today: date
    device_only: bool = False
    """Not the person but their phone asks: it sends the queue and reads what it shows, on own records only."""
    fresh: bool = False
    """Whether the person proved who they are within the last minutes."""

    @cached_property
    def held(self) -> tuple[Post, ...]:
        """The posts that count today."""
        return tuple(post for post in self.posts if post.held(self.today))

    @cached_property
    def roles(self) -> frozenset[Role]:
        return frozenset(post.role for post in self.held)

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def units(self, role: Role) -> frozenset[UUID]:
        """The units at which the person holds this role."""
        return frozenset(post.unit_id for post in self.held if post.role is role)

    @cached_property
    def served(self) -> frozenset[UUID]:
        """The members whom the person serves as an assistant today."""
        return frozenset(
            member_id for post in self.held if post.role is Role.ASSISTANT for member_id in post.serves
        )


class Scope(StrEnum):
    """Which records of the own committee a role reaches."""

    COMMITTEE = "committee"
    OWN = "own"
    SERVED = "served"
    UNIT = "unit"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record stands: its committee, the people it belongs to, the units it concerns."""

    committee_id: UUID
    person_ids: frozenset[UUID] = frozenset()
    unit_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The same scope for a list: `:all OR owner = ANY(:person_ids) OR unit_id = ANY(:unit_ids)`, in the committee."""

    committee_id: UUID
    all: bool
    person_id: UUID | None
    unit_ids: tuple[UUID, ...]
    served: tuple[UUID, ...] = ()

    @property
    def person_ids(self) -> list[UUID]:
        """Whose records these are: one's own, and those of the members one serves."""
        return [*filter(None, (self.person_id,)), *self.served]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """Who may do one thing. Without grants, everybody who is signed in, on their own records."""

    name: str
    grants: Mapping[Role, Scope] = field(default_factory=dict)
    device: bool = False
    """Whether a phone's own token is enough, for own records."""
    fresh: bool = False
    """Whether the person must have proved who they are within the last minutes."""

    def admits(self, principal: Principal) -> bool:
        if principal.device_only and not self.device:
            return False
        return not self.grants or not principal.roles.isdisjoint(self.grants)

    def check(self, principal: Principal) -> None:
        """Raise unless one of the person's roles is granted this, by a session that is good enough for it."""
        if principal.device_only and not self.device:
            raise SignInRequired("Đồng chí cần đăng nhập.", "Sign in first.")
        if not self.admits(principal):
            raise Forbidden(
                "Vai trò của đồng chí không được phép làm việc này.",
                "None of your roles may do this.",
            )
        if self.fresh and not principal.fresh:
            raise Reauthenticate(
                "Việc này quan trọng; đồng chí hãy xác nhận lại chính mình rồi làm tiếp.",
                "This needs a fresh proof of who you are; confirm, then go on.",
            )

    def scopes(self, principal: Principal) -> frozenset[Scope]:
        if not self.grants:
            return frozenset({Scope.OWN})
        granted = frozenset(self.grants[role] for role in principal.roles if role in self.grants)
        if principal.device_only:
            # A phone reads and sends what its owner writes: their own, and an assistant's for those served.
            return (granted & {Scope.SERVED}) | ({Scope.OWN} if granted - {Scope.SERVED} else frozenset())
        return granted

    def reach(self, principal: Principal) -> Reach:
        """What a list may show to this person."""
        scopes = self.scopes(principal)
        return Reach(
            committee_id=principal.committee_id,
            all=Scope.COMMITTEE in scopes,
            person_id=principal.person_id if Scope.OWN in scopes else None,
            unit_ids=tuple(sorted(self._units(principal))),
            served=tuple(sorted(principal.served)) if Scope.SERVED in scopes else (),
        )

    def covers(self, principal: Principal, place: Place) -> bool:
        """Whether a record that stands there is within this person's reach."""
        reach = self.reach(principal)
        return place.committee_id == reach.committee_id and (
            reach.all
            or not place.person_ids.isdisjoint(reach.person_ids)
            or not place.unit_ids.isdisjoint(reach.unit_ids)
        )

    def member(self, principal: Principal, on_behalf_of: UUID | None) -> UUID:
        """The person for whom this is done: oneself, or the member an assistant names, whom they serve today.

        An assistant is never guessed to mean one of several members. Somebody who is not served and somebody
        who is not there are refused alike.
        """
        reach = self.reach(principal)
        if on_behalf_of is None and reach.person_id is not None:
            return reach.person_id
        if on_behalf_of is None:
            raise invalid(
                "/on_behalf_of",
                "member-required",
                vi="Đồng chí đang ghi thay ai? Hãy nêu rõ một đồng chí.",
                en="For whom is this recorded? Name one member.",
            )
        if on_behalf_of not in reach.person_ids:
            raise invalid(
                "/on_behalf_of",
                "not-served",
                vi="Hôm nay đồng chí không giúp việc cho người này nên không ghi thay được.",
                en="You do not serve this person today, so you cannot record on their behalf.",
                value=on_behalf_of,
            )
        return on_behalf_of

    def _units(self, principal: Principal) -> frozenset[UUID]:
        roles = [role for role, scope in self.grants.items() if scope is Scope.UNIT]
        return frozenset[UUID]().union(*(principal.units(role) for role in roles))


def visible_or_404(
    principal: Principal,
    rule: Rule,
    record: T | None,
    place: Place | None,
    *,
    access_class: AccessClass = AccessClass.NORMAL,
) -> T:
    """The record, if there is one, the rule covers it and its class may be known; else the same NotFound."""
    if record is None or place is None or not rule.covers(principal, place):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    if access_class.is_restricted and not RULES.read_restricted.covers(principal, place):
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    return record


# --- The rules -----------------------------------------------------------------------------------

_MEMBERS = (Role.COMMITTEE_MEMBER, Role.PERMANENT_BOARD, Role.STANDING_COMMITTEE)
_GOING = (*_MEMBERS, Role.FOLLOWER)
"""Who goes to units and answers for what was raised there; of these only members owe a quota."""
_LEADERS = (Role.PERMANENT_BOARD, Role.STANDING_COMMITTEE)


def _rule(
    name: str,
    *,
    committee: Iterable[Role] = (),
    own: Iterable[Role] = (),
    served: Iterable[Role] = (),
    unit: Iterable[Role] = (),
    nothing: Iterable[Role] = (),
    device: bool = False,
    fresh: bool = False,
) -> Rule:
    """A rule; a role that stands twice gets the wider scope."""
    grants: dict[Role, Scope] = {}
    for scope, roles in (
        (Scope.NOTHING, nothing),
        (Scope.UNIT, unit),
        (Scope.SERVED, served),
        (Scope.OWN, own),
        (Scope.COMMITTEE, committee),
    ):
        grants.update(dict.fromkeys(roles, scope))
    return Rule(name=name, grants=grants, device=device, fresh=fresh)


_READERS = (Role.OFFICE_CLERK, Role.INSPECTOR, *_LEADERS)
"""Who reads all of the committee; the inspector appears in no rule that changes anything."""


class _Rules:
    """Every rule of the system, by name. A route names exactly one."""

    signed_in = _rule("signed_in")

    # What a phone shows of its owner, and how one's own way in is changed.
    read_own = _rule("read_own", device=True)
    # The same of the members whom an assistant serves, one at a time and by name.
    read_served = _rule("read_served", served=[Role.ASSISTANT], device=True)
    change_sign_in = _rule("change_sign_in", fresh=True)

    # Visits and their reports.
    record_visit = _rule("record_visit", own=_GOING, served=[Role.ASSISTANT], device=True)
    file_report = _rule("file_report", own=_GOING, device=True)
    read_visits = _rule(
        "read_visits",
        committee=_READERS,
        own=_GOING,
        served=[Role.ASSISTANT],
        unit=[Role.CELL_SECRETARY],
        device=True,
    )

    # An assistant writes, the member answers for it: nothing is filed or confirmed but by the member.
    draft_report = _rule("draft_report", served=[Role.ASSISTANT], device=True)
    approve_own = _rule("approve_own", own=_GOING, device=True)

    # The cell says whether what was recorded of it is right; the member or the office answers.
    confirm_record = _rule("confirm_record", unit=[Role.CELL_SECRETARY])
    answer_dispute = _rule("answer_dispute", committee=[Role.OFFICE_CLERK], own=_GOING)
    # Before a visit: what is known of a unit, whoever was there. Where one means to go; where others do is
    # known to whoever may read their visits.
    read_profiles = _rule("read_profiles", committee=(*_READERS, *_GOING), unit=[Role.CELL_SECRETARY])
    make_plans = _rule("make_plans", committee=[Role.OFFICE_CLERK], own=_GOING, device=True)

    # What a member says to their own record, before a sheet is made of it.
    object_to_record = _rule("object_to_record", own=_MEMBERS, device=True)
    read_objections = _rule(
        "read_objections", committee=[Role.OFFICE_CLERK, Role.PERMANENT_BOARD, Role.INSPECTOR]
    )

    # The queue of a phone that cannot send, as a file that its member brings to the office.
    import_queue = _rule("import_queue", committee=[Role.OFFICE_CLERK])
    # A register as a whole: seen through first; it writes much and gives posts, and so does its undoing.
    read_imports = _rule("read_imports", committee=[Role.OFFICE_CLERK])
    import_register = _rule("import_register", committee=[Role.OFFICE_CLERK], fresh=True)

    # Issues and duties. Restricted classes have a rule of their own.
    read_issues = _rule(
        "read_issues",
        committee=_READERS,
        own=_GOING,
        served=[Role.ASSISTANT],
        unit=[Role.CELL_SECRETARY, Role.AGENCY],
    )
    read_restricted = _rule("read_restricted", committee=[Role.PERMANENT_BOARD, Role.INSPECTOR], own=_GOING)
    # A phone asks for more days from its queue, on its owner's duties only.
    read_duties = _rule(
        "read_duties",
        committee=_READERS,
        own=_GOING,
        served=[Role.ASSISTANT],
        unit=[Role.AGENCY],
        device=True,
    )
    # A chase by hand goes to every owner; nobody asks in the committee's name but the office and the board.
    chase_duties = _rule("chase_duties", committee=[Role.OFFICE_CLERK, Role.PERMANENT_BOARD])
    # One's own choices of the register, by name.
    keep_views = _rule("keep_views", own=(Role.OFFICE_CLERK, *_GOING, Role.AGENCY))
    # The grid of members and periods, the coverage of cells, the plans of everybody: for who reads all.
    read_coverage = _rule("read_coverage", committee=_READERS)
    # What a member did in a period against what was asked: one's own, or everybody's for who reads all.
    read_sheets = _rule("read_sheets", committee=_READERS, own=_MEMBERS)
    freeze_sheets = _rule("freeze_sheets", committee=[Role.OFFICE_CLERK, Role.PERMANENT_BOARD])
    # What is commended and what others should do alike: written by whoever speaks for the committee, read by whoever
    # goes to cells or leads one.
    record_praise = _rule("record_praise", committee=[Role.OFFICE_CLERK, Role.PERMANENT_BOARD])
    read_praise = _rule("read_praise", committee=(*_READERS, *_GOING, Role.CELL_SECRETARY))
    return_report = _rule("return_report", committee=[Role.OFFICE_CLERK, Role.PERMANENT_BOARD])
    read_figures = _rule("read_figures", committee=_READERS, own=_GOING)
    # Whose phone has not been heard of and holds what was not sent: for those who read all.
    read_freshness = _rule("read_freshness", committee=_READERS)
    # The permanent board acts where the office may not look: whoever acts on a restricted issue must
    # be covered by `read_restricted` as well (`visible_or_404`).
    forward_issue = _rule("forward_issue", committee=[Role.OFFICE_CLERK, Role.PERMANENT_BOARD])
    record_answer = _rule(
        "record_answer", committee=[Role.OFFICE_CLERK, Role.PERMANENT_BOARD], unit=[Role.AGENCY]
    )
    reply_to_cell = _rule(
        "reply_to_cell", committee=[Role.OFFICE_CLERK, Role.PERMANENT_BOARD], own=_GOING, device=True
    )
    # Whoever raised a matter says whether it is settled: the cell, by its secretary.
    judge_answer = _rule("judge_answer", unit=[Role.CELL_SECRETARY])

    # Extensions: the permanent board grants; the clerk records what was granted on paper.
    request_extension = _rule("request_extension", own=_GOING, unit=[Role.AGENCY], device=True)
    grant_extension = _rule("grant_extension", committee=[Role.PERMANENT_BOARD])
    record_extension = _rule("record_extension", committee=[Role.PERMANENT_BOARD, Role.OFFICE_CLERK])

    # What was handed over to its own procedure: register numbers only.
    record_transfer = _rule("record_transfer", committee=[Role.OFFICE_CLERK], own=_GOING)
    read_transfers = _rule("read_transfers", committee=_READERS, own=_GOING)

    # Personal data: how to reach who is owed an answer, requests of people about their own data, and how
    # long what is kept.
    keep_contact = _rule("keep_contact", committee=[Role.OFFICE_CLERK])
    answer_data_request = _rule("answer_data_request", committee=[Role.OFFICE_CLERK])
    set_retention = _rule("set_retention", committee=[Role.PERMANENT_BOARD])

    # Calendar, policies and directory: proposed or kept by the office, approved by the permanent board.
    propose_calendar = _rule("propose_calendar", committee=[Role.OFFICE_CLERK])
    approve_calendar = _rule("approve_calendar", committee=[Role.PERMANENT_BOARD], fresh=True)
    set_policy = _rule("set_policy", committee=[Role.PERMANENT_BOARD])
    edit_directory = _rule("edit_directory", committee=[Role.OFFICE_CLERK])
    read_directory = _rule("read_directory", committee=set(Role) - {Role.AGENCY, Role.OPS})
    read_units = _rule("read_units", committee=set(Role) - {Role.AGENCY, Role.OPS}, device=True)

    # Posts are rights, and an invitation is a way in: whoever gives them proves to be there.
    grant_posts = _rule("grant_posts", committee=[Role.OFFICE_CLERK], fresh=True)
    manage_accounts = _rule("manage_accounts", committee=[Role.OFFICE_CLERK], fresh=True)

    # Messages: everybody reads their own (signed_in); the ledger is for those who read all, and for
    # those who run the system, because it holds ids and states, no name and no issue's text.
    read_messages = _rule("read_messages", committee=[*_READERS, Role.OPS], own=_GOING)
    set_ladder = _rule("set_ladder", committee=[Role.OFFICE_CLERK])

    # Who did what: for the inspector alone, who changes nothing that it could tell of.
    read_audit = _rule("read_audit", committee=[Role.INSPECTOR])

    # Running the system shows machines and ids, no matter and no person.
    operate = _rule("operate", nothing=[Role.OPS])


RULES = _Rules()


def rules_admitting(principal: Principal) -> list[str]:
    """The names of the rules that let this person through a door, so that a page offers no closed one."""
    rules = (rule for rule in vars(_Rules).values() if isinstance(rule, Rule))
    return sorted(rule.name for rule in rules if rule.admits(principal))


# --- Routes --------------------------------------------------------------------------------------


class PrincipalSource(Protocol):
    """Who is behind a request. Raises SignInRequired."""

    async def of(self, request: Request) -> Principal: ...


class WriteCounter(Protocol):
    """Counts what may change something, and raises TooMany for what comes too fast."""

    def write(self, address: str, person_id: UUID) -> None: ...
    def knock(self, address: str) -> None: ...


_READING = frozenset({"GET", "HEAD", "OPTIONS"})
PERSON_HEADER = "x-person-id"
"""On whose behalf a phone believes to speak."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A dependency that names a route's rule and lets through those it admits."""

    rule: Rule

    async def __call__(self, request: Request) -> Principal:
        source: PrincipalSource = request.app.state.sessions
        principal = await source.of(request)
        _meant_for(request, principal)
        name_person(
            committee_id=principal.committee_id,
            person_id=principal.person_id,
            session_id=principal.session_id,
        )
        self.rule.check(principal)
        if request.method not in _READING:
            counter: WriteCounter = request.app.state.quotas
            counter.write(address_of(request), principal.person_id)
        return principal


def _meant_for(request: Request, principal: Principal) -> None:
    """A phone says whose record it sends; when somebody else is signed in by then, it must not become theirs."""
    meant = request.headers.get(PERSON_HEADER)
    if meant is not None and meant.lower() != str(principal.person_id):
        raise SignInRequired(
            "Người đang đăng nhập không phải người viết. Đồng chí cần đăng nhập lại.",
            "Somebody else is signed in than who wrote this. Sign in first.",
        )


def allow(rule: Rule) -> Callable[[Request], Awaitable[Principal]]:
    """The guard of a route: `principal: Annotated[Principal, Depends(allow(RULES.record_visit))]`."""
    return Guard(rule)


async def public(request: Request) -> None:
    """Marks a route that needs no sign-in: `dependencies=[Depends(public)]`."""
    if request.method not in _READING:
        counter: WriteCounter = request.app.state.quotas
        counter.knock(address_of(request))


def address_of(request: Request) -> str:
    """Where a request comes from, as the server tells it; a proxy is believed only when the settings name it."""
    return request.client.host if request.client else ""


def unguarded_routes(app: FastAPI) -> list[str]:
    """The routes that name no rule and are not marked public; a test of each service wants none.

    A mount stands here by its path, because it can name no rule: the test lists those it means to be open.
    """
    return [
        f"{' '.join(sorted(context.methods or ()))} {context.path}".strip()
        for context in iter_route_contexts(app.routes)
        if not (isinstance(context.original_route, APIRoute) and _names_a_rule(context.dependant))
    ]


def rule_of(dependant: Dependant) -> Rule | None:
    """The rule that a route names, found in its dependencies; None for a public one."""
    for call in calls(dependant):
        if isinstance(call, Guard):
            return call.rule
    return None


def _names_a_rule(dependant: Dependant) -> bool:
    return any(call is public or isinstance(call, Guard) for call in calls(dependant))


def calls(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    """Every dependency of a route, the inner ones too."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls(inner)
