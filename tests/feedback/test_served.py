"""What is owed by a member is read by who serves the member today, and by no other assistant."""

from datetime import date, timedelta

import httpx2

from shared.contracts.visits import AccessClass, PersonChanged, PostHeld, Role, SessionChanged
from shared.sessions import new_token, token_sha256
from tests.feedback.desk import OTHER_MEMBER, Desk
from tests.feedback.given import COMMITTEE, MEMBER, Feedback, id_of, issue, visit
from tests.support.edge import ORIGIN


async def signed_in(feedback: Feedback, name: str, serves: object, until: date | None = None) -> str:
    """The token of somebody who serves this member until a day."""
    token, now = new_token(), feedback.clock.now()
    posts = [
        PostHeld(
            post_id=id_of(f"post of {name}"),
            role=Role.ASSISTANT,
            title="Giúp việc",
            unit_id=COMMITTEE,
            valid_to=until,
            serves=(serves,),
        ),
        PostHeld(post_id=id_of(f"other post of {name}"), role=Role.ASSISTANT, title="t", unit_id=COMMITTEE),
    ]
    await feedback.take(
        PersonChanged(
            person_id=id_of(name),
            version=1,
            committee_id=COMMITTEE,
            code=name,
            full_name=name,
            posts=tuple(posts),
        ),
        SessionChanged(
            session_id=id_of(f"session of {name}"),
            version=1,
            token_sha256=token_sha256(token),
            person_id=id_of(name),
            opened_at=now,
            expires_at=now + timedelta(days=9),
        ),
    )
    return token


async def test_an_assistant_reads_the_duties_and_issues_of_whom_they_serve(
    feedback: Feedback, desk: Desk
) -> None:
    """Lists and single records alike; without a post today there is nothing, and restricted matters are nowhere."""
    secret = issue("talk", access_class=AccessClass.IDEOLOGY)
    await feedback.take(
        visit("evening", issue("ditch"), secret),
        visit("other", issue("lamp"), visitor_id=OTHER_MEMBER, recorded_by=OTHER_MEMBER),
    )
    tokens = {
        "mine": await signed_in(feedback, "mine", MEMBER),
        "other": await signed_in(feedback, "other", OTHER_MEMBER),
        "former": await signed_in(feedback, "former", MEMBER, until=date(2026, 10, 5)),
    }

    seen = {}
    for name, token in tokens.items():
        transport = httpx2.ASGITransport(app=desk.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url=ORIGIN, cookies={"fv_session": token}
        ) as client:
            issues = (await client.get("/feedback/api/issues")).json()["issues"]
            duties = (await client.get("/feedback/api/duties")).json()["duties"]
            one = (await client.get(f"/feedback/api/issues/{id_of('ditch')}")).status_code
            seen[name] = ([each["issue_id"] for each in issues], len(duties), one)

    assert seen == {
        "mine": ([str(id_of("ditch"))], 2, 200),
        "other": ([str(id_of("lamp"))], 2, 404),
        "former": ([], 0, 404),
    }
