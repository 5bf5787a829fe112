"""Restricted matters at the desk, figures in groups of five, sealed contacts, requests, and erasure that commutes."""

from datetime import date, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.feedback.contacts import ContactKeys, KeyTextError, Sealed, new_key
from services.feedback.handlers.erasure import SealAnew, erase_contacts, erase_late_texts
from services.feedback.views import figures, suppressed
from shared.clock import LOCAL
from shared.contracts.visits import AccessClass, VisitErased
from shared.errors import Unavailable
from shared.ids import uuid7
from tests.feedback.desk import INSPECTOR, KEY, OTHER_MEMBER, STRANGER, Desk
from tests.feedback.given import (
    AGENCY,
    AGENT,
    CELL_SECRETARY,
    CLERK,
    COMMITTEE,
    MEMBER,
    SECRETARY,
    Feedback,
    id_of,
    issue,
    local,
    visit,
)

SECRET = "Trăn trở riêng XQ7"
FORWARDING = {"agency_unit_id": str(AGENCY), "number": "15-CV/VPĐU", "proof": ""}


def restricted(name: str, **facts: Any) -> Any:
    """A restricted issue, with words that its producer should not have sent."""
    return issue(name, access_class=AccessClass.IDEOLOGY, title=SECRET, detail=SECRET, **facts)


async def duty_of(feedback: Feedback, kind: str) -> UUID:
    (row,) = await feedback.rows("SELECT duty_id FROM duty WHERE kind = :kind", kind=kind)
    return UUID(str(row.duty_id))


# --- Restricted classes --------------------------------------------------------------------------


@pytest.mark.parametrize("who", [CLERK, OTHER_MEMBER, CELL_SECRETARY, AGENT, STRANGER])
async def test_a_hidden_matter_and_a_missing_one_answer_alike_everywhere(
    feedback: Feedback, desk: Desk, who: UUID
) -> None:
    """Reading, paging, forwarding, answering, replying, asking for days, contacts: word for word the same."""
    await feedback.take(visit("evening", restricted("matter")))
    matter, duty, missing = id_of("matter"), await duty_of(feedback, "forward"), uuid7()
    forwarding, act = uuid7(), uuid7()
    await desk.put(SECRETARY, f"/issues/{matter}/forwardings/{forwarding}", FORWARDING)
    answer = {"answered_at": "2026-10-06T07:00:00+07:00", "document_number": "1", "summary": "Đã trả lời"}
    more_days = {"days": 3, "reason": "Cần thêm thời gian"}

    pairs = []
    for issue_id, duty_id in ((matter, duty), (missing, missing)):
        pairs.append(
            [
                await desk.get(who, f"/issues/{issue_id}"),
                await desk.get(who, f"/duties/{duty_id}"),
                await desk.get(who, "/issues", after=str(issue_id)),
                await desk.get(who, "/duties", after=str(duty_id)),
                await desk.put(who, f"/issues/{issue_id}/forwardings/{act}", FORWARDING),
                await desk.put(who, f"/issues/{issue_id}/forwardings/{forwarding}/acknowledgement", {}),
                await desk.put(who, f"/issues/{issue_id}/forwardings/{forwarding}/answer", answer),
                await desk.put(who, f"/issues/{issue_id}/reply", {"summary": "Đã trả lời chi bộ"}),
                await desk.put(who, f"/duties/{duty_id}/extensions/{act}", more_days),
                await desk.put(who, f"/issues/{issue_id}/contact", {"contact": "Ông A, ngõ 3"}),
                await desk.get(who, f"/issues/{issue_id}/contact"),
            ]
        )

    for hidden, absent in zip(*pairs, strict=True):
        assert hidden.status_code in (200, 403, 404)
        assert (hidden.status_code, _told(hidden)) == (absent.status_code, _told(absent)), hidden.url


def _told(response: Any) -> Any:
    body = response.json()
    return {name: value for name, value in body.items() if name != "instance"}


async def test_the_board_handles_a_restricted_matter_to_its_end(feedback: Feedback, desk: Desk) -> None:
    """Forwarded, answered, carried back by the member who heard it; the office sees none of it."""
    await feedback.take(visit("evening", restricted("matter")))
    matter, forwarding = id_of("matter"), uuid7()
    base = f"/issues/{matter}/forwardings/{forwarding}"
    answer = {"answered_at": "2026-10-06T08:00:00+07:00", "document_number": "1", "summary": "Đã trả lời"}

    sent = await desk.put(SECRETARY, base, FORWARDING | {"sent_at": "2026-10-06T07:30:00+07:00"})
    answered = await desk.put(SECRETARY, f"{base}/answer", answer)
    replied = await desk.put(MEMBER, f"/issues/{matter}/reply", {"summary": "Đã trao đổi tại chi bộ"})

    assert [response.status_code for response in (sent, answered, replied)] == [201, 200, 201]
    for who, count in ((CLERK, 0), (AGENT, 0), (SECRETARY, 1), (INSPECTOR, 1), (MEMBER, 1)):
        assert len((await desk.read(who, "/issues"))["issues"]) == count
    assert {duty["kind"] for duty in (await desk.read(CLERK, "/duties"))["duties"]} == {"report"}


async def test_a_preview_counts_what_its_reader_may_know(feedback: Feedback, desk: Desk) -> None:
    """The register and the preview of a calendar give the same number of duties: nothing is left by subtraction."""
    await feedback.take(
        visit("evening", restricted("matter")), visit("theirs", committee_id=id_of("neighbour"))
    )
    days = [{"date": "2026-10-12", "off": True, "kind": "compensatory", "vi": "Nghỉ bù", "en": "Off"}]
    revision = {"notice": "Thông báo", "decided_on": "2026-10-06", "days": days}
    put = await desk.put(CLERK, "/calendar/revisions/2", revision)
    assert put.status_code == 201, put.text

    counted = {
        who: sum(
            shift["duties"] for shift in (await desk.read(who, "/calendar/revisions/2/preview"))["shifts"]
        )
        for who in (CLERK, SECRETARY)
    }

    assert counted == {CLERK: 1, SECRETARY: 2}


async def test_restricted_matters_are_counted_in_fives_and_in_no_total(feedback: Feedback) -> None:
    """Four in a closed quarter are not told, five are; the open quarter waits; no total moves."""
    await feedback.take(
        *(visit(f"v{n}", restricted(f"r{n}"), issue(f"n{n}"), started="2026-08-10 19:00") for n in range(4))
    )
    at = datetime(2026, 10, 6, tzinfo=LOCAL)
    first, last = date(2026, 7, 1), date(2026, 10, 5)

    async def count(**period: date) -> Any:
        async with feedback.database.read() as tx:
            return await figures(tx, COMMITTEE, at, **period)

    four = await count(first=first, last=last)
    await feedback.take(visit("v4", restricted("r4"), started="2026-09-30 19:00"))
    await feedback.take(*(visit(f"o{n}", restricted(f"o{n}"), started="2026-10-02 19:00") for n in range(6)))
    five = await count(first=first, last=last)
    partial = await count(first=date(2026, 7, 2), last=last)

    assert (four.counts.restricted_issues, suppressed(four)) == (None, {"restricted_issues": "<5"})
    assert (five.counts.restricted_issues, suppressed(five)) == (5, {})
    assert partial.counts.restricted_issues is None
    assert (four.counts.issues, five.counts.issues, five.counts.forward_due_by_as_of) == (4, 4, 4)


# --- Warnings --------------------------------------------------------------------------------------


async def test_every_free_text_of_the_desk_warns_and_repeats_nothing(feedback: Feedback, desk: Desk) -> None:
    """Proof, answer, reply, reason, note: a person in them is a warning, never a refusal."""
    await feedback.take(visit("evening", issue("ditch")))
    text = "đồng chí Hùng, CCCD 001099012345, 0912345678"
    forwarding, extension = uuid7(), uuid7()
    base = f"/issues/{id_of('ditch')}"
    report = await duty_of(feedback, "report")

    answers = [
        await desk.put(
            CLERK,
            f"{base}/forwardings/{forwarding}",
            FORWARDING | {"proof": text, "sent_at": "2026-10-06T07:00:00+07:00"},
        ),
        await desk.put(
            CLERK,
            f"{base}/forwardings/{forwarding}/answer",
            {"answered_at": "2026-10-06T07:30:00+07:00", "document_number": "1", "summary": text},
        ),
        await desk.put(CLERK, f"{base}/reply", {"summary": text}),
        await desk.put(MEMBER, f"/duties/{report}/extensions/{extension}", {"days": 2, "reason": text}),
        await desk.put(
            SECRETARY,
            f"/duties/{report}/extensions/{extension}/decision",
            {"granted": False, "note": text},
        ),
    ]

    for answer in answers:
        assert answer.status_code in (200, 201), answer.text
        warnings = answer.json()["warnings"]
        assert {each["code"] for each in warnings} == {"identity-number", "phone-number", "named-comrade"}
        assert not any(part in str(warnings) for part in ("Hùng", "001099012345", "0912345678"))


# --- Contacts --------------------------------------------------------------------------------------


async def test_a_contact_is_sealed_for_the_office_and_its_reading_is_known(
    feedback: Feedback, desk: Desk
) -> None:
    """No clear word in any row or event; only the office reads it, and the audit says so."""
    await feedback.take(visit("evening", issue("ditch")))
    path = f"/issues/{id_of('ditch')}/contact"

    kept = [await desk.put(CLERK, path, {"contact": f"Bà Nga, {SECRET}"}) for _ in range(2)]
    read = await desk.read(CLERK, path)
    others = [(await desk.get(who, path)).status_code for who in (MEMBER, SECRETARY, AGENT, INSPECTOR)]

    assert [response.status_code for response in kept] == [201, 200]
    assert read["contact"] == f"Bà Nga, {SECRET}"
    assert others == [403, 403, 403, 403]
    assert (await desk.get(STRANGER, path)).status_code in (403, 404)
    for table in ("contact", "outbox", "audit"):
        rows = await feedback.rows(f"SELECT CAST(to_jsonb(t) AS text) AS row FROM {table} AS t")
        assert not any(SECRET in row.row or SECRET.encode().hex() in row.row for row in rows)
    acts = await feedback.rows("SELECT act, person_id FROM audit WHERE kind = 'contact' ORDER BY seq")
    assert [(row.act, row.person_id) for row in acts] == [
        ("contact.kept", CLERK),
        ("contact.kept", CLERK),
        ("contact.read", CLERK),
    ]


async def test_a_contact_goes_ninety_days_after_the_cell_has_its_reply(
    feedback: Feedback, desk: Desk
) -> None:
    """Not before, and not for a matter that is open; what is left says that there was one."""
    await feedback.take(visit("evening", issue("ditch"), issue("open")))
    for name in ("ditch", "open"):
        await desk.put(CLERK, f"/issues/{id_of(name)}/contact", {"contact": "Bà Nga"})
    await desk.put(CLERK, f"/issues/{id_of('ditch')}/reply", {"summary": "Đã trả lời"})

    counts = [
        await erase_contacts(feedback.database, day)
        for day in (date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 5))
    ]

    assert counts == [0, 1, 0]
    assert (await desk.get(CLERK, f"/issues/{id_of('ditch')}/contact")).status_code == 404
    assert (await desk.read(CLERK, f"/issues/{id_of('open')}/contact"))["contact"] == "Bà Nga"
    (row,) = await feedback.rows("SELECT * FROM contact WHERE erased_at IS NOT NULL")
    assert (row.sealed, row.key_id, row.recorded_by) == (None, None, CLERK)


async def test_keys_are_changed_without_losing_a_contact(feedback: Feedback, desk: Desk) -> None:
    """The new key is put in front, the nightly job seals everything anew, the old one can go."""
    await feedback.take(visit("evening", issue("ditch")))
    await desk.put(CLERK, f"/issues/{id_of('ditch')}/contact", {"contact": "Bà Nga"})
    (row,) = await feedback.rows("SELECT * FROM contact")
    new = new_key("2")
    both, only_new = ContactKeys.parse(f"{new},{KEY}"), ContactKeys.parse(new)
    with pytest.raises(Unavailable):
        only_new.open(row.issue_id, Sealed(row.key_id, bytes(row.sealed)))

    sealed = [await SealAnew(both)(feedback.database, date(2026, 10, 7)) for _ in range(2)]

    (row,) = await feedback.rows("SELECT * FROM contact")
    assert (sealed, row.key_id) == ([1, 0], "2")
    assert only_new.open(row.issue_id, Sealed(row.key_id, bytes(row.sealed))) == "Bà Nga"
    with pytest.raises(Unavailable):
        only_new.open(uuid7(), Sealed(row.key_id, bytes(row.sealed)))


@pytest.mark.parametrize(
    "text",
    ["1", "1:xyz", "1:AAAA", "a b:" + "A" * 44, f"{new_key('1')},{new_key('1')}"],
    ids=["no key", "not base64", "too short", "a blank in the name", "one name twice"],
)
def test_a_key_that_cannot_be_used_stops_the_start(text: str) -> None:
    """And is never repeated."""
    with pytest.raises(KeyTextError) as refused:
        ContactKeys.parse(text)

    assert text not in str(refused.value) or text == "1"


# --- Requests and one's own data -----------------------------------------------------------------


async def test_a_request_about_ones_own_data_is_due_in_two_working_days(desk: Desk) -> None:
    """Asked on a Tuesday, due by the end of Thursday; the office of this committee sees and answers it."""
    path, asked = f"/me/requests/{uuid7()}", {"kind": "correct", "about": "Sai số điện thoại"}

    first, again = [await desk.put(MEMBER, path, asked) for _ in range(2)]
    other = await desk.put(MEMBER, path, asked | {"about": "Khác"})
    stolen = await desk.put(OTHER_MEMBER, path, asked)
    (listed,) = (await desk.read(CLERK, "/requests"))["requests"]
    answered = await desk.put(
        CLERK, f"/requests/{listed['request_id']}/answer", {"done": True, "note": "Đã sửa"}
    )

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert stolen.status_code == 404
    assert datetime.fromisoformat(listed["due_at"]) == local("2026-10-09 00:00")
    assert answered.json()["done"] is True
    assert (await desk.read(CLERK, "/requests"))["requests"] == []
    assert (await desk.get(MEMBER, "/requests")).status_code == 403
    data = await desk.read(MEMBER, "/me/data")
    (requests,) = [section for section in data["sections"] if section["name"] == "requests"]
    assert requests["rows"][0]["note"] == "Đã sửa"


# --- Erasure ---------------------------------------------------------------------------------------


async def test_an_erasure_commutes_with_everything_else_of_the_visit(feedback: Feedback) -> None:
    """First version, edit, erasure, and a report after it, in any order: no word is left, the same facts stay."""
    told = [issue("ditch", title=SECRET, detail=SECRET), issue("lamp", title=SECRET)]
    bare = [each.model_copy(update={"title": None, "detail": None}) for each in told]
    gone = local("2026-10-06 07:00")

    for number, order in enumerate(permutations(range(4))):
        run = [each.model_copy(update={"issue_id": id_of(f"{number}-{n}")}) for n, each in enumerate(told)]
        empty = [each.model_copy(update={"issue_id": id_of(f"{number}-{n}")}) for n, each in enumerate(bare)]
        name = f"visit {number}"
        events = [
            visit(name, *run, version=1),
            visit(name, run[0], version=2),
            VisitErased(visit=visit(name, empty[0], version=3, erased_at=gone)),
            visit(name, empty[0], version=4, erased_at=gone, filed="2026-10-06 07:30"),
        ]
        for place in order:
            await feedback.take(events[place])

    rows = await feedback.rows("SELECT CAST(to_jsonb(issue) AS text) AS row FROM issue")
    assert not any(SECRET in row.row for row in rows)
    facts = await feedback.rows(
        """
        SELECT DISTINCT version, erased_at IS NOT NULL AS erased, anchor, report_filed_at,
               (SELECT count(*) FROM issue WHERE issue.visit_id = visit.visit_id AND NOT removed) AS issues
        FROM visit
        """
    )
    assert len(facts) == 1
    duties = await feedback.rows(
        "SELECT DISTINCT kind, closure, count(*) AS n FROM duty WHERE closure IS DISTINCT FROM 'not_owed' GROUP BY 1, 2"
    )
    assert {(row.kind, row.closure, row.n) for row in duties} == {
        ("report", "done", 24),
        ("forward", None, 24),
    }


async def test_what_the_desk_wrote_goes_with_the_visit_and_late_words_within_a_day(
    feedback: Feedback, desk: Desk
) -> None:
    """Proofs, answers, replies, reasons and contacts; numbers, dates, duties and figures stay."""
    await feedback.take(visit("evening", issue("ditch", title=SECRET)))
    base, forwarding = f"/issues/{id_of('ditch')}", uuid7()
    sent = FORWARDING | {"proof": SECRET, "sent_at": "2026-10-06T07:00:00+07:00"}
    await desk.put(CLERK, f"{base}/forwardings/{forwarding}", sent)
    report = await duty_of(feedback, "report")
    await desk.put(MEMBER, f"/duties/{report}/extensions/{uuid7()}", {"days": 2, "reason": SECRET})
    await desk.put(CLERK, f"{base}/contact", {"contact": SECRET})
    async with feedback.database.read() as tx:
        before = await figures(tx, COMMITTEE, feedback.clock.now())

    bare = issue("ditch", title=None)
    await feedback.take(
        VisitErased(visit=visit("evening", bare, version=2, erased_at=local("2026-10-06 08:00")))
    )
    refused = await desk.put(CLERK, f"{base}/contact", {"contact": SECRET})
    late = {"answered_at": "2026-10-06T07:30:00+07:00", "document_number": "9", "summary": SECRET}
    answered = await desk.put(CLERK, f"{base}/forwardings/{forwarding}/answer", late)
    written = [await erase_late_texts(feedback.database, date(2026, 10, 7)) for _ in range(2)]

    assert (refused.status_code, answered.status_code, written) == (409, 200, [1, 0])
    for table in ("issue", "forwarding", "reply", "extension", "contact", "outbox"):
        rows = await feedback.rows(f"SELECT CAST(to_jsonb(t) AS text) AS row FROM {table} AS t")
        assert not any(SECRET in row.row for row in rows), table
    (row,) = await feedback.rows("SELECT number, answer_number, sent_at FROM forwarding")
    assert (row.number, row.answer_number) == ("15-CV/VPĐU", "9")
    async with feedback.database.read() as tx:
        assert await figures(tx, COMMITTEE, before.as_of) == before
