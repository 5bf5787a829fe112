"""What everybody is answered everywhere, written by hand: the second time that the policy stands somewhere.

Nothing here is read from `shared/access.py` or from a guard. Whoever changes a rule, or the rule of a route, changes
it here too, on purpose (decision 0024). A new operation without a line fails `test_matrix.py` by name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.matrix.cast import FORMER, NOBODY, ROLES, Persona
from tests.shared.test_access import MATRIX

# A line: operation | rule | record | answers.
#
# rule     `*` a phone's own token is enough; `!` wants a fresh proof; `public` nobody is asked who they are.
#          `door > act`: the rule at the door, and the line of a table that decides about the record.
# record   the kind of thing that its address names (`records.py` makes one of each). `lists` a kind: the answer
#          shows those within reach and no other. `all`: whoever is let in reaches everything of the own committee.
# answers  with a record: within reach, beyond it in the own committee, of another committee, absent; `-` where
#          there can be none. Without: the one answer of whoever is let in. A 422 says that the body was read,
#          which happens to nobody who is not let in.
ROUTES: Final = """
GET /visits/healthz                                   | public              |                  | 200
GET /visits/readyz                                    | public              |                  | 503
GET /visits/api/asyncapi.json                         | public              |                  | 200
GET /visits/api/viewer                                | public              |                  | 200
GET /visits/api/audit                                 | read_audit          | lists audited    | 200
PUT /visits/api/visits/{visit_id}                     | record_visit*       | visit            | 200 409 409 201
GET /visits/api/visits/{visit_id}                     | read_visits*        | visit            | 200 404 404 404
PUT /visits/api/visits/{visit_id}/versions/{version}  | record_visit*       | version          | 201 404 404 404
PUT /visits/api/visits/{visit_id}/issues/{issue_id}/photos/{photo_id} | record_visit* | photo | 200 404 404 404
GET /visits/api/visits/{visit_id}/issues/{issue_id}/photos/{photo_id} | read_visits*  | photo | 200 404 404 404
PUT /visits/api/visits/{visit_id}/versions/{version}/decision | record_visit* | version | 404 404 404 404
PUT /visits/api/visits/{visit_id}/approval            | approve_own*        | visit            | 409 404 404 404
GET /visits/api/served                                | read_served*        |                  | 200
PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id} | draft_report*  | drafting         | 201 404 404 404
PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id}/signature | approve_own* | drafting | 404 404 404 404
PUT /visits/api/visits/{visit_id}/report-drafts/{draft_id}/rejection | approve_own* | drafting | 404 404 404 404
PUT /visits/api/visits/{visit_id}/confirmation        | confirm_record      | visit            | 200 404 404 404
PUT /visits/api/visits/{visit_id}/confirmation/answer | answer_dispute      | visit            | 409 404 404 404
GET /visits/api/issues/{issue_id}                     | read_visits*        | issue            | 200 404 404 404
GET /visits/api/phone                                 | read_own*           |                  | 200
POST /visits/api/devices/key                          | read_own*           |                  | 200
PUT /visits/api/devices/heartbeat                     | read_own*           |                  | 422
GET /visits/api/phones                                | import_queue        |                  | 200
POST /visits/api/imports/queue                        | import_queue        |                  | 422
GET /visits/api/imports/registers/template            | read_imports        |                  | 200
POST /visits/api/imports/registers/preview            | read_imports        |                  | 422
POST /visits/api/imports/registers                    | import_register!    |                  | 422
GET /visits/api/imports/registers                     | read_imports        | lists import     | 200
GET /visits/api/imports/registers/{import_id}         | read_imports        | import           | 200 - 404 404
POST /visits/api/imports/registers/{import_id}/undo   | import_register!    | import           | 200 - 404 404
PUT /visits/api/unheld/{unheld_id}                    | record_visit*       | unheld           | - 409 - 201
GET /visits/api/unheld                                | read_visits*        | lists unheld     | 200
PUT /visits/api/plans/{plan_id}                       | make_plans*         | plan             | 200 404 404 201
GET /visits/api/plans                                 | read_visits*        | lists plan       | 200
GET /visits/api/calendar                              | signed_in           |                  | 200
POST /visits/api/calendar                             | signed_in           |                  | 201
DELETE /visits/api/calendar                           | signed_in           |                  | 204
GET /visits/api/calendar/{token}.ics                  | public              | link             | - - - 404
GET /visits/api/units/{unit_id}/profile               | read_profiles       | place            | 200 404 404 404
GET /visits/api/me/record                             | read_own*           |                  | 200
PUT /visits/api/me/objections/{objection_id}          | object_to_record*   | objection        | - 409 409 201
GET /visits/api/objections                            | read_objections     | lists objection  | 200
PUT /visits/api/visits/{visit_id}/report              | file_report*        | visit            | 201 404 404 404
GET /visits/api/visits                                | read_visits*        | lists visit      | 200
GET /visits/api/duties                                | read_own*           | lists owed       | 200
GET /visits/api/cadence                               | read_own*           |                  | 200
PUT /visits/api/units/{unit}                          | edit_directory      | unit             | 200 - 404 201
GET /visits/api/units                                 | read_units*         | lists all unit   | 200
PUT /visits/api/successions/{succession_id}           | edit_directory      | succession       | 200 - 409 422
PUT /visits/api/people/{person}                       | grant_posts!        | person           | 200 - 404 201
GET /visits/api/people                                | edit_directory      | lists person     | 200
GET /visits/api/me                                    | signed_in           |                  | 200
PUT /visits/api/assignments/{assignment_id}           | edit_directory      | assignment       | 200 - 404 201
GET /visits/api/assignments                           | read_directory > see_assignments | lists assignment | 200
PUT /visits/api/quotas/{quota_id}                     | edit_directory      | quota            | 200 - 409 200
PUT /visits/api/absences/{absence_id}                 | edit_directory      | absence          | 200 - 404 201
GET /visits/api/absences                              | read_coverage       | lists absence    | 200
PUT /visits/api/evenings/{evening_id}                 | edit_directory      | evening          | 200 - 404 201
GET /visits/api/evenings                              | read_coverage       | lists evening    | 200
PUT /visits/api/reaches/{reach_id}                    | edit_directory      | reach            | 200 - 409 200
GET /visits/api/reaches                               | read_directory      | lists reach      | 200
GET /visits/api/quotas                                | read_directory      | lists quota      | 200
PUT /visits/api/bodies/{body}                         | edit_directory      | body             | 200 - 404 201
GET /visits/api/bodies/{body}                         | read_directory      | body             | 200 - 404 404
GET /visits/api/bodies                                | read_directory      | lists body       | 200
PUT /visits/api/transfers/{transfer_id}               | record_transfer     | transfer         | 200 404 404 201
GET /visits/api/transfers                             | read_transfers      | lists transfer   | 200
GET /visits/api/retention                             | signed_in           | lists all retention | 200
PUT /visits/api/retention/{policy_id}                 | set_retention       | retention        | 200 - 409 201
PUT /visits/api/terms/{term_id}                       | set_retention       | term             | 200 - 409 201
GET /visits/api/me/data                               | signed_in           |                  | 200
GET /visits/api/sign-in                               | public              |                  | 200
GET /visits/api/session                               | signed_in           |                  | 200
POST /visits/api/session                              | public              |                  | 422
DELETE /visits/api/session                            | signed_in           |                  | 204
POST /visits/api/invitations/accept                   | public              |                  | 422
POST /visits/api/doorstep/passkey/options             | public              |                  | 401 sign-in-required
POST /visits/api/doorstep/passkey                     | public              |                  | 422
PUT /visits/api/doorstep/password                     | public              |                  | 422
POST /visits/api/doorstep/authenticator               | public              |                  | 401 sign-in-required
POST /visits/api/doorstep/code                        | public              |                  | 422
POST /visits/api/session/passkey/options              | public              |                  | 200
POST /visits/api/session/passkey                      | public              |                  | 422
POST /visits/api/session/provider                     | public              |                  | 503
GET /visits/api/session/provider                      | public              |                  | 303
GET /visits/api/account                               | signed_in           |                  | 200
POST /visits/api/account/passkeys/options             | change_sign_in!     |                  | 200
POST /visits/api/account/passkeys                     | change_sign_in!     |                  | 422
DELETE /visits/api/account/passkeys/{passkey_id}      | change_sign_in!     | passkey          | 204 404 404 404
PUT /visits/api/account/password                      | change_sign_in!     |                  | 422
POST /visits/api/account/authenticator                | change_sign_in!     |                  | 200
DELETE /visits/api/account/authenticator              | change_sign_in!     |                  | 204
POST /visits/api/account/authenticator/confirm        | change_sign_in!     |                  | 422
GET /visits/api/devices                               | signed_in           | lists browser    | 200
DELETE /visits/api/devices/{device_id}                | change_sign_in!     | device           | 204 404 404 404
POST /visits/api/devices/token                        | signed_in           |                  | 201
POST /visits/api/people/{person}/invitations          | manage_accounts!    | guest            | 201 - 404 404
GET /visits/api/invitations                           | edit_directory      | lists invitation | 200
DELETE /visits/api/invitations/{invitation_id}        | edit_directory      | revocable        | 204 - 404 404
DELETE /visits/api/people/{person}/account            | manage_accounts!    | guest            | 204 - 404 404
PUT /visits/api/people/{person}/provider-subject      | manage_accounts!    | guest            | 204 - 404 404

GET /feedback/healthz                                 | public              |                  | 200
GET /feedback/readyz                                  | public              |                  | 503
GET /feedback/api/asyncapi.json                       | public              |                  | 200
GET /feedback/api/viewer                              | public              |                  | 200
GET /feedback/api/audit                               | read_audit          | lists forwarded  | 200
GET /feedback/api/duties                              | read_duties*        | lists duty       | 200
GET /feedback/api/duties/{duty_id}                    | read_duties*        | duty             | 200 404 404 404
GET /feedback/api/changes                             | read_duties*        | lists owed       | 200
GET /feedback/api/extensions                          | grant_extension     |                  | 200
GET /feedback/api/phone                               | read_own*           |                  | 200
GET /feedback/api/live                                | read_duties*        |                  | 200
GET /feedback/api/register                            | read_duties*        |                  | 200
GET /feedback/api/register/names                      | read_duties*        |                  | 200
GET /feedback/api/saved-views                         | keep_views          | lists kept_view  | 200
PUT /feedback/api/saved-views/{view_id}               | keep_views          | kept_view        | - 409 409 201
DELETE /feedback/api/saved-views/{view_id}            | keep_views          | kept_view        | - 404 404 404
PUT /feedback/api/chases/{chase_id}                   | chase_duties        | chase            | 201 - 404 404
GET /feedback/api/grid                                | read_coverage       |                  | 200
GET /feedback/api/grid/file                           | read_coverage       |                  | 200
GET /feedback/api/grid/{person_id}                    | read_coverage       | sitting          | 200 - 404 404
GET /feedback/api/coverage                            | read_coverage       |                  | 200
GET /feedback/api/planning                            | read_coverage       |                  | 200
GET /feedback/api/report                              | read_coverage       |                  | 200
GET /feedback/api/report/file                         | read_coverage       |                  | 200
GET /feedback/api/sheets                              | read_sheets         |                  | 200
GET /feedback/api/people/{person_id}/sheet            | read_sheets         | evaluated        | 200 404 404 404
GET /feedback/api/people/{person_id}/sheet/file       | read_sheets         | evaluated        | 200 404 404 404
PUT /feedback/api/people/{person_id}/sheet            | freeze_sheets       | evaluated        | 201 - 404 404
GET /feedback/api/praise                              | read_praise         | lists all good_practice | 200
GET /feedback/api/praise/names                        | read_praise         |                  | 200
PUT /feedback/api/commendations/{commendation_id}     | record_praise       | commendation     | 200 - 409 201
PUT /feedback/api/commendations/{commendation_id}/revocation | record_praise | revoked          | 200 - 404 404
GET /feedback/api/good-practices/{practice_id}        | read_praise         | all good_practice | 200 - 404 404
PUT /feedback/api/good-practices/{practice_id}/versions/{version} | record_praise | practice_version | 200 - 409 201
PUT /feedback/api/duties/{duty_id}/returns/{return_id} | return_report      | returning        | 409 404 404 404
GET /feedback/api/units/{unit_id}/card                | read_issues > read_card | place        | 200 404 404 404
PUT /feedback/api/issues/{issue_id}/verdicts/{verdict_id} | judge_answer    | verdict          | 201 404 404 404
PUT /feedback/api/duties/{duty_id}/extensions/{extension_id} | read_duties* > ask_for_days | asking | 201 404 404 404
PUT /feedback/api/duties/{duty_id}/extensions/{extension_id}/decision | grant_extension | extension | 200 404 404 404
GET /feedback/api/issues                              | read_issues         | lists issue      | 200
GET /feedback/api/issues/{issue_id}                   | read_issues         | issue            | 200 404 404 404
PUT /feedback/api/issues/{issue_id}/forwardings/{forwarding_id} | forward_issue | forwarding | 200 404 404 404
PUT /feedback/api/issues/{issue_id}/forwardings/{forwarding_id}/acknowledgement | record_answer | forwarding | 200 404 404 404
PUT /feedback/api/issues/{issue_id}/forwardings/{forwarding_id}/answer | record_answer | forwarding | 200 404 404 404
GET /feedback/api/inbox                               | forward_issue       |                  | 200
GET /feedback/api/answers                             | read_issues         |                  | 200
PUT /feedback/api/issues/{issue_id}/forwardings/{forwarding_id}/notes/{note_id} | record_answer | note | 409 404 404 404
PUT /feedback/api/issues/{issue_id}/notes/{note_id}/reply | reply_to_cell* | noted | 404 404 404 404
PUT /feedback/api/clusters/{cluster_id}/issues/{issue_id} | forward_issue | merging | 204 404 404 404
DELETE /feedback/api/clusters/{cluster_id}/issues/{issue_id} | forward_issue | merging | 404 404 404 404
PUT /feedback/api/issues/{issue_id}/reply             | reply_to_cell*      | issue            | 200 404 404 404
GET /feedback/api/calendar/revisions                  | signed_in           |                  | 200
GET /feedback/api/calendar/revisions/{number}         | signed_in           | all revision     | 200 - - 404
PUT /feedback/api/calendar/revisions/{number}         | propose_calendar    | draft            | 200 - - 422
GET /feedback/api/calendar/revisions/{number}/preview | read_figures        | all draft        | 200 - - 404
GET /feedback/api/calendar/revisions/{number}/preview/duties | read_duties* | all draft        | 200 - - 404
PUT /feedback/api/calendar/revisions/{number}/approval | approve_calendar!  | revision         | 200 - - 404
GET /feedback/api/policies                            | read_figures        | lists all policy | 200
PUT /feedback/api/policies/{policy_id}                | set_policy          | policy           | 200 - 409 201
GET /feedback/api/figures                             | read_figures        |                  | 200
GET /feedback/api/morning                             | read_figures        |                  | 200
GET /feedback/api/unvisited                           | read_figures        |                  | 200
GET /feedback/api/freshness                           | read_freshness      |                  | 200
GET /feedback/api/deadline                            | signed_in           |                  | 200
PUT /feedback/api/issues/{issue_id}/contact           | keep_contact        | issue            | 200 404 404 404
GET /feedback/api/issues/{issue_id}/contact           | keep_contact        | issue            | 200 404 404 404
DELETE /feedback/api/issues/{issue_id}/contact        | keep_contact        | waiting          | 204 404 404 404
PUT /feedback/api/me/requests/{request_id}            | signed_in           | request          | 200 404 404 201
GET /feedback/api/requests                            | answer_data_request | lists request    | 200
PUT /feedback/api/requests/{request_id}/answer        | answer_data_request | request          | 200 - 404 404
GET /feedback/api/retention                           | signed_in           | lists all contact_retention | 200
PUT /feedback/api/retention/{policy_id}               | set_retention       | contact_retention | 200 - 409 201
GET /feedback/api/me/data                             | signed_in           | lists visit      | 200

GET /notify/healthz                                   | public              |                  | 200
GET /notify/readyz                                    | public              |                  | 503
GET /notify/api/asyncapi.json                         | public              |                  | 200
GET /notify/api/viewer                                | public              |                  | 200
GET /notify/api/audit                                 | read_audit          | lists taken_on   | 200
GET /notify/api/inbox                                 | signed_in           | lists message    | 200
GET /notify/api/digests                               | signed_in           |                  | 200
PUT /notify/api/inbox/{message_id}/read               | signed_in           | message          | 204 404 404 404
GET /notify/api/messages                              | read_messages       | lists message    | 200
PUT /notify/api/escalations/{duty_id}/acknowledgement | signed_in           | owed             | 200 404 404 404
GET /notify/api/channels                              | signed_in           |                  | 200
GET /notify/api/phones                                | signed_in           |                  | 200
PUT /notify/api/phones                                | signed_in           |                  | 422
DELETE /notify/api/phones/{subscription_id}           | signed_in           | subscription     | - - - 404
POST /notify/api/phones/{subscription_id}/try         | signed_in           | subscription     | - - - 404
PUT /notify/api/letters/{letter_id}/seen              | read_own*           | letter           | - - - 204
GET /notify/api/quiet-hours                           | signed_in           |                  | 200
PUT /notify/api/quiet-hours                           | signed_in           |                  | 200
PUT /notify/api/channels                              | signed_in           |                  | 200
GET /notify/api/me/data                               | signed_in           |                  | 200
GET /notify/api/ladders                               | read_messages       |                  | 200
GET /notify/api/ladder-gaps                           | read_messages       |                  | 200
GET /notify/api/ladders/{version}                     | read_messages       | all ladder       | 200 - - 404
PUT /notify/api/ladders/{version}                     | set_ladder          | ladder           | 200 - - 201
"""

# Acts that a handler decides about behind a door that more people pass; letters as in `tests/shared/test_access.py`.
ACTS: Final = """
                    member follow assist clerk board standing cell agency inspector ops
see_assignments       O      O      O      C     C      C      O     -       C      -
read_card             C      C      C      C     C      C      U     -       C      -
ask_for_days          O      O      -      C     C      O      -     U       -      -
"""

EVERYBODY: Final = frozenset({"signed_in", "read_own", "change_sign_in"})
"""Rules of whoever is signed in, about their own records."""

WHICH: Final = ("own", "served", "unit", "secret", "peer", "other", "absent")
"""Mine; the member's whom the assistant serves; somebody's, at the cell and agency `A`; the same of a restricted class; somebody's elsewhere in my
committee; another committee's; nobody's, because there is none."""
REACHES: Final = {
    "C": frozenset({"own", "served", "unit", "secret", "peer"}),
    "O": frozenset({"own"}),
    "S": frozenset({"served"}),
    "U": frozenset({"unit", "secret"}),
    "N": frozenset[str](),
}
_SIGN_IN, _FORBIDDEN, _PROVE = "401 sign-in-required", "403", "401 reauthenticate"


def _table(text: str) -> dict[str, dict[str, str]]:
    header, *lines = text.strip("\n").splitlines()
    columns = header.split()
    assert columns == list(ROLES), (
        f"columns are {columns}; tests/matrix/cast.py has a persona for {list(ROLES)}"
    )
    return {name: dict(zip(columns, cells, strict=True)) for name, *cells in map(str.split, lines)}


LETTERS: Final = _table(MATRIX) | _table(ACTS) | {rule: dict.fromkeys(ROLES, "O") for rule in EVERYBODY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the table."""

    method: str
    path: str
    rule: str
    act: str
    device_token: bool
    fresh_proof: bool
    lists: bool
    all: bool
    kind: str
    answers: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def public(self) -> bool:
        return self.rule == "public"

    @property
    def access(self) -> dict[str, object]:
        """The same as a document should say it (`x-access`)."""
        if self.public:
            return {"public": True}
        return {"rule": self.rule, "device_token": self.device_token, "fresh_proof": self.fresh_proof}

    def expected(self, persona: Persona, which: str = "") -> str:
        """What this persona is answered about that record."""
        if self.public:
            return self.answers[-1]
        if (refused := self._refused(persona)) is not None:
            return refused
        if self.lists or not self.kind:
            return self.answers[0]
        within, beyond, other, absent = self.answers
        if which in ("other", "absent"):
            return other if which == "other" else absent
        return within if self.reaches(persona, which) else beyond

    def _refused(self, persona: Persona) -> str | None:
        """The answer at the door, whatever lies behind it."""
        if persona in (NOBODY, FORMER) or (persona.phone and not self.device_token):
            return _SIGN_IN
        if not self._letters(self.rule, persona):
            return _FORBIDDEN
        return _PROVE if self.fresh_proof and not persona.fresh else None

    def reaches(self, persona: Persona, which: str) -> bool:
        """Whether a record of the own committee is within reach of somebody who was let in."""
        if which in ("other", "absent"):
            return False
        return (self.all or self._reached(self.act, persona, which)) and (
            which != "secret" or self._reached("read_restricted", persona, which)
        )

    def _reached(self, rule: str, persona: Persona, which: str) -> bool:
        return any(which in REACHES[letter] for letter in self._letters(rule, persona))

    def _letters(self, rule: str, persona: Persona) -> frozenset[str]:
        """A phone holds the posts of its person, and reaches what is their own."""
        line = LETTERS[rule]
        letters = frozenset(line[column] for column in persona.columns) - {"-"}
        return frozenset("O") if persona.phone and letters else letters


def _routes() -> Iterator[Route]:
    for line in filter(None, map(str.strip, ROUTES.splitlines())):
        operation, rule, record, answers = (part.strip() for part in line.split("|"))
        method, path = operation.split()
        door, _, act = (part.strip() for part in rule.partition(">"))
        name = door.rstrip("*!")
        *how, kind = record.split() or [""]
        yield Route(
            method=method,
            path=path,
            rule=name,
            act=act or name,
            device_token=door.endswith("*"),
            fresh_proof=door.endswith("!"),
            lists="lists" in how,
            all="all" in how,
            kind=kind,
            answers=tuple(answers.split()) if kind and "lists" not in how else (answers,),
        )


TABLE: Final = {route.name: route for route in _routes()}
