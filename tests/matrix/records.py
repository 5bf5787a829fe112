"""A record of every kind that an address can name, in every relation to whoever asks.

`record(kind, …)` gives the parameters of the address and the facts that a body repeats, or None where this kind
knows no such relation: a quota is nobody's own.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from shared.ids import derived_id, uuid7
from tests.matrix.cast import BYSTANDERS, CELLS, NEIGHBOUR, OURS, THEIRS, Persona, unit_id
from tests.matrix.story import Dossier, Story, committee_records


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What an address names."""

    params: dict[str, str]
    id: UUID | str
    """By which a list would show it."""
    dossier: Dossier | None = None
    number: int = 0
    """Of this asking: for whatever must differ from one request to the next."""
    own: bool = False

    @property
    def absent(self) -> bool:
        return self.dossier is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks about which record; `number` is this cell's alone."""

    story: Story
    persona: Persona
    which: str
    number: int

    @property
    def committee_id(self) -> UUID:
        """The committee in which the record stands."""
        mine = self.persona.committee_id
        return (THEIRS if mine == OURS else OURS) if self.which == "other" else mine

    @property
    def dossier(self) -> Dossier | None:
        match self.which:
            case "own":
                return self.story.own.get(self.persona.name)
            case "served":
                mine = self.persona.name in ("member", NEIGHBOUR.name)
                return None if mine else self.story.own["member"]
            case "unit" | "secret":
                return getattr(self.story, self.which) if self.persona is not NEIGHBOUR else None
            case "absent":
                return None
        return self.story.bystanders[self.committee_id]


Maker = Callable[[Asked], Record | None]
_KINDS: dict[str, Maker] = {}


def record(kind: str, asked: Asked) -> Record | None:
    """The record of this kind. Raises KeyError with what to do where nobody has said how to make one."""
    if kind not in _KINDS:
        raise KeyError(f"no record of the kind {kind!r}: write how to make one in tests/matrix/records.py")
    return _KINDS[kind](asked)


def kinds() -> frozenset[str]:
    return frozenset(_KINDS)


def _kind(name: str, *which: str) -> Callable[[Maker], Maker]:
    """Registers a maker for these relations."""

    def register(make: Maker) -> Maker:
        _KINDS[name] = lambda asked: make(asked) if asked.which in which else None
        return make

    return register


_UNSERVED: Final = ("own", "unit", "peer", "other", "absent")
_PLACED: Final = (*_UNSERVED, "served")
_CLASSED: Final = (*_PLACED, "secret")
_PERSONAL: Final = ("own", "peer", "other", "absent")
_COMMITTEE: Final = ("peer", "other", "absent")


def _of_dossier(
    name: str, which: tuple[str, ...], params: Callable[[Dossier, int], dict[str, UUID | str]]
) -> None:
    """A kind that is found in a dossier; absent, it is a dossier that nobody ever opened."""

    @_kind(name, *which)
    def make(asked: Asked) -> Record | None:
        dossier = asked.dossier
        if dossier is None and asked.which != "absent":
            return None
        place = asked.persona.committee_id
        found = dossier or Dossier(owner=BYSTANDERS[place], cell=CELLS[place][-1], agency="QB")
        named = {key: str(value) for key, value in params(found, asked.number).items()}
        return Record(
            params=named,
            id=next(iter(named.values())),
            dossier=dossier,
            number=asked.number,
            own=asked.which == "own",
        )


_of_dossier("visit", _PLACED, lambda d, _: {"visit_id": d.visit_id})
_of_dossier("version", _UNSERVED, lambda d, _: {"visit_id": d.visit_id, "version": "2"})
_of_dossier(
    "photo",
    _CLASSED,
    lambda d, _: {"visit_id": d.visit_id, "issue_id": d.answered, "photo_id": d.photo_id},
)
_of_dossier("transfer", _PERSONAL, lambda d, _: {"transfer_id": d.transfer_id})
_of_dossier("device", _PERSONAL, lambda d, _: {"device_id": d.device_id})
_of_dossier("browser", _PERSONAL, lambda d, _: {"device_id": d.kept_device_id})
_of_dossier("passkey", _PERSONAL, lambda d, _: {"passkey_id": d.passkey_id})
_of_dossier("owed", _PERSONAL, lambda d, _: {"duty_id": d.duty_id})
_of_dossier(
    "drafting",
    _PLACED,
    lambda d, number: {"visit_id": d.visit_id, "draft_id": derived_id(d.visit_id, f"draft {number}")},
)
_of_dossier("unheld", ("peer", "absent"), lambda d, _: {"unheld_id": d.unheld_id})
_of_dossier("plan", _COMMITTEE, lambda d, _: {"plan_id": d.plan_id})
_of_dossier("objection", _COMMITTEE, lambda d, _: {"objection_id": d.objection_id})
_of_dossier("import", _COMMITTEE, lambda d, _: {"import_id": d.import_id})
_of_dossier("kept_view", _COMMITTEE, lambda d, _: {"view_id": d.view_id})
_of_dossier("chase", _COMMITTEE, lambda d, number: {"chase_id": derived_id(d.visit_id, f"chase {number}")})
_of_dossier(
    "returning",
    _CLASSED,
    lambda d, number: {"duty_id": d.duty_id, "return_id": derived_id(d.duty_id, f"return {number}")},
)
_of_dossier(
    "verdict",
    _CLASSED,
    lambda d, number: {"issue_id": d.answered, "verdict_id": derived_id(d.answered, f"verdict {number}")},
)
_of_dossier(
    "note",
    _CLASSED,
    lambda d, number: {
        "issue_id": d.answered,
        "forwarding_id": d.forwarding_id(d.answered),
        "note_id": derived_id(d.answered, f"note {number}"),
    },
)
_of_dossier(
    "noted",
    _CLASSED,
    lambda d, number: {"issue_id": d.answered, "note_id": derived_id(d.answered, f"note {number}")},
)
_of_dossier(
    "merging",
    _PLACED,  # a restricted matter is merged by nobody: tests/feedback/test_clusters.py
    lambda d, number: {"issue_id": d.answered, "cluster_id": derived_id(d.answered, f"cluster {number}")},
)
_of_dossier("duty", _CLASSED, lambda d, _: {"duty_id": d.duty_id})
_of_dossier(
    "asking",
    _CLASSED,
    lambda d, number: {"duty_id": d.duty_id, "extension_id": derived_id(d.duty_id, f"asked {number}")},
)
_of_dossier("extension", _CLASSED, lambda d, _: {"duty_id": d.duty_id, "extension_id": d.extension_id})
_of_dossier("issue", _CLASSED, lambda d, _: {"issue_id": d.answered})
_of_dossier("waiting", _CLASSED, lambda d, _: {"issue_id": d.waiting})
_of_dossier(
    "forwarding",
    _CLASSED,
    lambda d, _: {"issue_id": d.answered, "forwarding_id": d.forwarding_id(d.answered)},
)
_of_dossier("forwarded", _COMMITTEE, lambda d, _: {"forwarding_id": d.forwarding_id(d.answered)})
_of_dossier("audited", _PLACED, lambda d, _: {"visit_id": d.visit_id})
_of_dossier("taken_on", _COMMITTEE, lambda d, _: {"duty_id": d.duty_id})
_of_dossier("request", _PERSONAL, lambda d, _: {"request_id": d.request_id})


def _of_committee(name: str, parameter: str) -> None:
    """A kind of which each committee has decided one."""

    @_kind(name, *_COMMITTEE)
    def make(asked: Asked) -> Record:
        known = asked.which != "absent"
        id_ = committee_records(asked.committee_id)[name] if known else uuid7()
        return Record(
            params={parameter: str(id_)},
            id=id_,
            dossier=asked.dossier,
            number=asked.number,
        )


for _name, _parameter in (
    ("quota", "quota_id"),
    ("reach", "reach_id"),
    ("absence", "absence_id"),
    ("evening", "evening_id"),
    ("retention", "policy_id"),
    ("contact_retention", "policy_id"),
    ("term", "term_id"),
    ("policy", "policy_id"),
    ("succession", "succession_id"),
    ("commendation", "commendation_id"),
    ("revoked", "commendation_id"),
    ("good_practice", "practice_id"),
    ("body", "body"),
):
    _of_committee(_name, _parameter)


@_kind("practice_version", *_COMMITTEE)
def _practice_version(asked: Asked) -> Record | None:
    """The first version of a good practice."""
    found = record("good_practice", asked)
    return replace(found, params=found.params | {"version": "1"}) if found else None


@_kind("unit", *_COMMITTEE)
def _unit(asked: Asked) -> Record:
    known = asked.which != "absent"
    id_ = unit_id(CELLS[asked.committee_id][0], asked.committee_id) if known else uuid7()
    return Record(params={"unit": str(id_)}, id=id_, dossier=asked.dossier, number=asked.number)


@_kind("place", "unit", "peer", "other", "absent")
def _place(asked: Asked) -> Record | None:
    """A cell as a place to go to: the one of the post, another one, the neighbours'."""
    if asked.which == "unit" and asked.persona is NEIGHBOUR:
        return None
    code = CELLS[asked.committee_id][0 if asked.which == "unit" else -1]
    id_ = uuid7() if asked.which == "absent" else unit_id(code, asked.committee_id)
    return Record(params={"unit_id": str(id_)}, id=id_, dossier=asked.dossier, number=asked.number)


@_kind("person", *_PERSONAL)
def _person(asked: Asked) -> Record | None:
    if asked.which == "own" and asked.dossier is None:
        return None
    id_ = asked.dossier.owner.person_id if asked.dossier else uuid7()
    return Record(
        params={"person": str(id_)},
        id=id_,
        dossier=asked.dossier,
        number=asked.number,
        own=asked.which == "own",
    )


@_kind("evaluated", *_PERSONAL)
def _evaluated(asked: Asked) -> Record | None:
    """A member of whom a sheet is made."""
    found = _person(asked)
    return replace(found, params={"person_id": str(found.id)}) if found else None


@_kind("guest", *_COMMITTEE)
def _guest(asked: Asked) -> Record:
    """Somebody who is nobody in the matrix: they may be invited, and their account may end."""
    id_ = asked.dossier.guest.person_id if asked.dossier else uuid7()
    return Record(params={"person": str(id_)}, id=id_, dossier=asked.dossier, number=asked.number)


@_kind("sitting", *_COMMITTEE)
def _sitting(asked: Asked) -> Record:
    """Somebody whose year stands in the grid, and who asks for nothing themselves."""
    id_ = asked.dossier.guest.person_id if asked.dossier else uuid7()
    return Record(params={"person_id": str(id_)}, id=id_, dossier=asked.dossier, number=asked.number)


@_kind("assignment", *_PERSONAL)
def _assignment(asked: Asked) -> Record | None:
    if asked.dossier is None and asked.which != "absent":
        return None
    id_ = asked.dossier.assignment_id if asked.dossier else uuid7()
    return Record(params={"assignment_id": str(id_)}, id=id_, dossier=asked.dossier, number=asked.number)


@_kind("invitation", *_COMMITTEE)
def _invitation(asked: Asked) -> Record | None:
    """One that stays open: that of a person, while the guests' are taken back."""
    if asked.dossier is None:
        return None
    id_ = asked.story.invitations[asked.dossier.owner.person_id]
    return Record(params={"invitation_id": str(id_)}, id=id_, dossier=asked.dossier, number=asked.number)


@_kind("revocable", *_COMMITTEE)
def _revocable(asked: Asked) -> Record | None:
    """The invitation of a guest of one's own dossier, so that each cell takes back another one."""
    owner = asked.story.own.get(asked.persona.name) if asked.which == "peer" else asked.dossier
    if asked.which == "absent":
        return Record(params={"invitation_id": str(uuid7())}, id="", number=asked.number)
    if owner is None:
        return None
    id_ = asked.story.invitations[owner.invited.person_id]
    return Record(params={"invitation_id": str(id_)}, id=id_, dossier=owner, number=asked.number)


@_kind("message", *_PERSONAL)
def _message(asked: Asked) -> Record | None:
    if asked.which == "absent":
        return Record(params={"message_id": str(uuid7())}, id="", number=asked.number)
    if asked.dossier is None or asked.dossier.owner.person_id not in asked.story.messages:
        return None
    id_ = asked.story.messages[asked.dossier.owner.person_id]
    return Record(params={"message_id": str(id_)}, id=id_, dossier=asked.dossier, number=asked.number)


@_kind("link", "absent")
def _link(asked: Asked) -> Record:
    return Record(params={"token": "A" * 43}, id="", number=asked.number)


def _absent_only(name: str, parameter: str) -> None:
    """A kind of which this installation has none: it sends nothing to phones."""

    @_kind(name, "absent")
    def make(asked: Asked) -> Record:
        return Record(params={parameter: str(uuid7())}, id="", number=asked.number)


_absent_only("subscription", "subscription_id")
_absent_only("letter", "letter_id")


def _numbered(name: str, parameter: str, there: int, missing: int) -> None:
    """A kind that is known by its number: the installation's calendars, and each committee's own ladders."""

    @_kind(name, "peer", "absent")
    def make(asked: Asked) -> Record:
        number = there if asked.which == "peer" else missing + asked.number
        return Record(params={parameter: str(number)}, id="", dossier=asked.dossier, number=asked.number)


_numbered("revision", "number", 1, 100)
_numbered("draft", "number", 2, 100)
_numbered("ladder", "version", 1, 100)
