"""What is sent beside the address: a body that repeats what stands on record, so that asking changes nothing.

A body names what the caller's own committee has, also where the address names another's record: only the address
can be the reason of a refusal.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from shared.contracts.visits import Role
from shared.ids import derived_id, uuid7
from tests.matrix.cast import AGENCIES, CELLS, OURS, SERVED, Persona, posts_of, unit_id
from tests.matrix.expectations import Route
from tests.matrix.records import Record
from tests.matrix.story import (
    ACKNOWLEDGED,
    ANSWERED,
    ASKED_FOR,
    CONFIRMED,
    CONTACT,
    DONE,
    DRAFT,
    EVENING,
    FORWARDED,
    KEPT,
    KEPT_VIEW,
    LADDER,
    OBJECTED,
    PHOTO,
    POLICY,
    REFUSED,
    REPLIED,
    REQUESTED,
    REVOKED,
    TERM,
    TRANSFER,
    UNTIL,
    absence,
    commendation,
    good_practice,
    plan,
    quota,
    reach,
    succession,
    unheld,
    unit_body,
    visit_body,
)

Body = Callable[[Persona, Record], Any]


def body_of(route: Route, persona: Persona, record: Record | None) -> Any:
    """The body of this request; None for a route that reads none."""
    made = BODIES.get(route.name)
    return made(persona, record or Record(params={}, id="")) if made else None


def _mine(persona: Persona, record: Record) -> bool:
    """Whether the record is one of the caller's own committee."""
    return record.dossier is not None and record.dossier.committee_id == persona.committee_id


def _code(persona: Persona) -> str:
    """A cell of the caller's own committee."""
    return CELLS[persona.committee_id][0]


def _fresh(prefix: str, record: Record) -> str:
    return f"{prefix}{record.number}-{uuid7().hex[-6:]}"


def _day(record: Record) -> str:
    """A day on which nothing else begins."""
    return (date(2030, 1, 1) + timedelta(days=record.number)).isoformat()


def _month_of(record: Record) -> Any:
    """An evening of a month that is nobody else's."""
    years, month_of_year = divmod(record.number % 600, 12)
    month = date(2030 + years, 1 + month_of_year, 1)
    return {"month": month.isoformat(), "day": month.replace(day=16).isoformat()}


def _visit(persona: Persona, record: Record) -> Any:
    """One's own as it was sent; under any other id a new one. An assistant says for whom."""
    if (record.own or _served(persona, record)) and record.dossier:
        return record.dossier.body | _behalf(persona)
    return visit_body(_code(persona), uuid7()) | _behalf(persona)


def _served(persona: Persona, record: Record) -> bool:
    return persona.name == "assist" and record.dossier is not None and record.dossier.owner.name == SERVED


def _behalf(persona: Persona) -> dict[str, Any]:
    return {"on_behalf_of": _member(persona)} if persona.name == "assist" else {}


def _member(persona: Persona) -> str:
    return str(derived_id(persona.committee_id, "person", SERVED))


def _plan(persona: Persona, record: Record) -> Any:
    """The plan as it stands where it is one's own committee's; else one of one's own."""
    mine = record.dossier if _mine(persona, record) else None
    return plan(mine.owner if mine else persona, mine.cell if mine else _code(persona))


def _corrected(persona: Persona, record: Record) -> Any:
    if record.own and record.dossier:
        return record.dossier.body | {"notes": "Sửa lại."} | _behalf(persona)
    return visit_body(_code(persona), uuid7()) | _behalf(persona)


def _unit(persona: Persona, record: Record) -> Any:
    parent = {"parent_code": "TS" if persona.committee_id == OURS else "TM"}
    return unit_body(_code(persona) if _mine(persona, record) else _fresh("U", record)) | parent


def _person(persona: Persona, record: Record) -> Any:
    if not (_mine(persona, record) and record.dossier):
        return {"code": _fresh("P", record), "full_name": "Đồng chí mới"}
    owner = record.dossier.owner
    return {
        "code": owner.name.upper(),
        "full_name": f"Đồng chí {owner.name}",
        "portfolios": ["transport"],
        "posts": [
            {
                "id": str(post.post_id),
                "role": post.role,
                "title": post.title,
                "unit_code": _unit_code(owner, post.role),
                "serves": [str(member) for member in post.serves],
            }
            for post in posts_of(owner)
        ],
    }


def _unit_code(owner: Persona, role: Role) -> str:
    ours = owner.committee_id == OURS
    return {
        Role.CELL_SECRETARY: "CA" if ours else "CX",
        Role.AGENCY: "QA" if ours else "QX",
    }.get(role, "TS" if ours else "TM")


def _assignment(persona: Persona, record: Record) -> Any:
    mine = record.dossier if _mine(persona, record) else None
    return {
        "person_code": (mine.owner if mine else persona).name.upper(),
        "unit_code": mine.cell if mine else _code(persona),
        "duty": "attend_meeting",
        "valid_from": "2026-11-22",
        "basis_document": "05-TB/ĐU",
    }


def _body(persona: Persona, record: Record) -> Any:
    if _mine(persona, record):
        return {"code": "permanent_board", "name": "Thường trực Đảng ủy"}
    return {"code": f"body_{record.number}_{uuid7().hex[-6:]}", "name": "Ban mới"}


def _same_or_dated(content: dict[str, Any]) -> Body:
    """What the committee decided; under any other id another day's decision."""
    return lambda persona, record: (
        content if _mine(persona, record) else content | {"valid_from": _day(record)}
    )


def _forwarding(persona: Persona, record: Record) -> Any:
    if _mine(persona, record) and record.dossier:
        return record.dossier.forwarded()
    agency = AGENCIES[persona.committee_id][0]
    return FORWARDED | {"agency_unit_id": str(unit_id(agency, persona.committee_id))}


def _always(content: Any) -> Body:
    return lambda _persona, _record: content


BODIES: Final[dict[str, Body]] = {
    "PUT /visits/api/visits/{visit_id}": _visit,
    "PUT /visits/api/visits/{visit_id}/versions/{version}": _corrected,
    "PUT /visits/api/visits/{visit_id}/issues/{issue_id}/photos/{photo_id}": _always(PHOTO),
    "PUT /visits/api/visits/{visit_id}/report": _always({"claimed_at": "2026-11-20T08:00:00+07:00"}),
    "PUT /visits/api/visits/{visit_id}/versions/{version}/decision": _always(
        {"choices": {"/notes": "recorded"}}
    ),
    "PUT /visits/api/visits/{visit_id}/approval": _always({"version": 1, "approved": True}),
    "PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id}": lambda persona, _: {
        "on_behalf_of": _member(persona),
        "summary": "Dự thảo",
    },
    "PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id}/signature": _always(
        {"claimed_at": "2026-11-20T08:00:00+07:00"}
    ),
    "PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id}/rejection": _always({"reason": "Chưa đủ"}),
    "PUT /visits/api/visits/{visit_id}/confirmation": _always(CONFIRMED),
    "PUT /visits/api/visits/{visit_id}/confirmation/answer": _always({"statement": "Đã xem lại"}),
    "POST /visits/api/devices/key": _always({"device_id": "phone-1"}),
    "PUT /visits/api/devices/heartbeat": _always({}),
    "POST /visits/api/imports/queue": _always({}),
    "POST /visits/api/imports/registers/preview": _always({}),
    "POST /visits/api/imports/registers": _always({}),
    "PUT /visits/api/unheld/{unheld_id}": lambda persona, _: unheld(_code(persona)) | _behalf(persona),
    "PUT /visits/api/plans/{plan_id}": _plan,
    "PUT /visits/api/me/objections/{objection_id}": _always(OBJECTED),
    "PUT /visits/api/units/{unit}": _unit,
    "PUT /visits/api/successions/{succession_id}": _always(succession("OLD", "NEW")),
    "PUT /visits/api/people/{person}": _person,
    "PUT /visits/api/assignments/{assignment_id}": _assignment,
    "PUT /visits/api/quotas/{quota_id}": lambda persona, record: quota(
        "2027-01-01" if _mine(persona, record) else _day(record)
    ),
    "PUT /visits/api/reaches/{reach_id}": lambda persona, record: reach(
        "2027-01-01" if _mine(persona, record) else _day(record)
    ),
    "PUT /visits/api/absences/{absence_id}": lambda persona, _: absence(persona.committee_id),
    "PUT /visits/api/evenings/{evening_id}": lambda persona, record: (
        EVENING if _mine(persona, record) else _month_of(record)
    ),
    "PUT /visits/api/bodies/{body}": _body,
    "PUT /visits/api/transfers/{transfer_id}": _always(TRANSFER),
    "PUT /visits/api/retention/{policy_id}": _same_or_dated(KEPT),
    "PUT /visits/api/terms/{term_id}": _always(TERM),
    "POST /visits/api/session": _always({}),
    "POST /visits/api/invitations/accept": _always({}),
    "POST /visits/api/doorstep/passkey": _always({}),
    "PUT /visits/api/doorstep/password": _always({}),
    "POST /visits/api/doorstep/code": _always({}),
    "POST /visits/api/session/passkey": _always({}),
    "POST /visits/api/account/passkeys": _always({}),
    "PUT /visits/api/account/password": _always({}),
    "POST /visits/api/account/authenticator/confirm": _always({}),
    "POST /visits/api/devices/token": _always({"carrier": "bearer"}),
    "PUT /visits/api/people/{person}/provider-subject": lambda _, record: {
        "subject": _fresh("subject", record)
    },
    "PUT /feedback/api/duties/{duty_id}/extensions/{extension_id}": _always(ASKED_FOR),
    "PUT /feedback/api/duties/{duty_id}/extensions/{extension_id}/decision": _always(REFUSED),
    "PUT /feedback/api/duties/{duty_id}/returns/{return_id}": _always({"comment": "Xin bổ sung"}),
    "PUT /feedback/api/saved-views/{view_id}": _always(KEPT_VIEW),
    "PUT /feedback/api/people/{person_id}/sheet": lambda _persona, _record: {
        "sheet_id": str(uuid7()),
        "period": "2026-Q1",
    },
    "PUT /feedback/api/commendations/{commendation_id}": lambda persona, _: commendation(
        persona.committee_id
    ),
    "PUT /feedback/api/commendations/{commendation_id}/revocation": _always(REVOKED),
    "PUT /feedback/api/good-practices/{practice_id}/versions/{version}": lambda persona, _: good_practice(
        persona.committee_id
    ),
    "PUT /feedback/api/chases/{chase_id}": lambda _, record: {
        "duty_ids": [str(record.dossier.duty_id if record.dossier else uuid7())]
    },
    "PUT /feedback/api/issues/{issue_id}/verdicts/{verdict_id}": _always({"settled": True}),
    "PUT /feedback/api/issues/{issue_id}/forwardings/{forwarding_id}": _forwarding,
    "PUT /feedback/api/issues/{issue_id}/forwardings/{forwarding_id}/acknowledgement": _always(ACKNOWLEDGED),
    "PUT /feedback/api/issues/{issue_id}/forwardings/{forwarding_id}/answer": _always(ANSWERED),
    "PUT /feedback/api/issues/{issue_id}/forwardings/{forwarding_id}/notes/{note_id}": _always(
        {"kind": "question", "text": "Chỗ nào?"}
    ),
    "PUT /feedback/api/issues/{issue_id}/notes/{note_id}/reply": _always({"text": "Ngõ 12"}),
    "PUT /feedback/api/issues/{issue_id}/reply": _always(REPLIED),
    "PUT /feedback/api/calendar/revisions/{number}": _always(DRAFT),
    "PUT /feedback/api/calendar/revisions/{number}/approval": _always({}),
    "PUT /feedback/api/policies/{policy_id}": _same_or_dated(POLICY),
    "PUT /feedback/api/issues/{issue_id}/contact": _always(CONTACT),
    "PUT /feedback/api/me/requests/{request_id}": _always(REQUESTED),
    "PUT /feedback/api/requests/{request_id}/answer": _always(DONE),
    "PUT /feedback/api/retention/{policy_id}": _same_or_dated(KEPT),
    "PUT /notify/api/escalations/{duty_id}/acknowledgement": _always(UNTIL),
    "PUT /notify/api/channels": _always({"email": {"enabled": True}}),
    "PUT /notify/api/ladders/{version}": _always(LADDER),
    "PUT /notify/api/phones": _always({}),
    "PUT /notify/api/quiet-hours": _always({"starts": "21:00", "ends": "06:00"}),
}

QUERIES: Final = {
    "GET /visits/api/audit": "record_id={id}",
    "GET /feedback/api/audit": "record_id={id}",
    "GET /notify/api/audit": "record_id={id}",
    "GET /visits/api/visits": "limit=200",
    "GET /visits/api/units": "limit=500",
    "GET /visits/api/people": "limit=500",
    "GET /visits/api/assignments": "limit=500",
    "GET /visits/api/duties": "limit=500",
    "GET /visits/api/cadence": "year=2026",
    "GET /visits/api/me/record": "year=2026",
    "GET /visits/api/unheld": "limit=200",
    "GET /visits/api/plans": "limit=500",
    "GET /visits/api/objections": "limit=500",
    "GET /visits/api/absences": "from=2026-01-01&to=2026-12-31",
    "GET /feedback/api/sheets": "period=2026-Q1",
    "GET /feedback/api/people/{person_id}/sheet": "period=2026-Q1",
    "GET /feedback/api/people/{person_id}/sheet/file": "period=2026-Q1",
    "GET /feedback/api/praise": "limit=200",
    "GET /feedback/api/grid/{person_id}": "from=2026-01-01&to=2026-12-31",
    "GET /feedback/api/duties": "limit=200",
    "GET /feedback/api/changes": "limit=200&since=2026-01-01T00:00:00%2B07:00",
    "GET /feedback/api/calendar/revisions/{number}/preview/duties": (
        "anchor=2026-11-20&rule=calendar_roll&days=5&calendar_revision=1&due_at=2026-11-26T00:00:00%2B07:00"
    ),
    "GET /feedback/api/issues": "limit=200",
    "GET /feedback/api/register": "format=csv",
    "GET /feedback/api/grid/file": "format=csv",
    "GET /feedback/api/requests": "state=answered",
    "GET /feedback/api/deadline": "from=2026-11-20T08:00:00%2B07:00",
    "GET /notify/api/inbox": "limit=200",
    "GET /notify/api/messages": "limit=200",
}
"""Enough of a list to see all of it; with `{id}` it is asked about one record at a time."""

THROWAWAY: Final = frozenset({"DELETE /visits/api/session"})
"""What ends the session that asks: asked by one of its own."""
