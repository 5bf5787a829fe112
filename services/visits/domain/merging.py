"""Two edits that started from the same version: what each changed, put together field by field.

A field that only one side changed is as that side has it. A field that both changed to different values is in
conflict: the later edit stands provisionally, both are shown, and a person says which one is right. Kind, unit
and day never change (I4), and a report is a version of its own; neither is merged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Content = Mapping[str, Any]
"""A visit's content in the words of the interface (`Visit.as_json`)."""


class Side(StrEnum):
    """Whose value a field takes: what stood when the edit came, or what came."""

    RECORDED = "recorded"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Merge:
    """A content made of two edits, and the pointers at which both changed the same."""

    content: dict[str, Any]
    conflicts: tuple[str, ...]


Choose = Callable[[str, Any, Any], Any]
"""(pointer, recorded, received) → the value of a field that both changed."""

_ABSENT: Final = None
"""An issue that a side does not have, a meeting there is none of."""
_PLAIN: Final = ("started_at", "ended_at", "notes")


def merge(base: Content, recorded: Content, received: Content) -> Merge:
    """Both edits in one; where they are in conflict, the received one stands."""
    conflicts: list[str] = []

    def later(pointer: str, _recorded: Any, received: Any) -> Any:
        conflicts.append(pointer)
        return received

    content = _put_together(base, recorded, received, later)
    return Merge(content, tuple(conflicts))


def settle(
    base: Content, recorded: Content, received: Content, choices: Mapping[str, Side]
) -> dict[str, Any]:
    """Both edits in one, each field in conflict as a person chose. Raises KeyError for one without a choice."""

    def chosen(pointer: str, recorded: Any, received: Any) -> Any:
        return recorded if choices[pointer] is Side.RECORDED else received

    return _put_together(base, recorded, received, chosen)


def whole(recorded: Content, received: Content) -> Merge:
    """The received content alone, in conflict wherever it differs: for edits that make no sense together."""
    fields = sorted(set(_flat(recorded)) | set(_flat(received)))
    was, now = _flat(recorded), _flat(received)
    differing = tuple(pointer for pointer in fields if was.get(pointer) != now.get(pointer))
    return Merge(dict(received), differing)


def _put_together(base: Content, recorded: Content, received: Content, choose: Choose) -> dict[str, Any]:
    def field(pointer: str, was: Any, one: Any, other: Any) -> Any:
        if other in (one, was):
            return one
        return other if one == was else choose(pointer, one, other)

    content = dict(received)
    for name in _PLAIN:
        content[name] = field(f"/{name}", base[name], recorded[name], received[name])
    if did := field("/did", *([*each.get("did", ())] for each in (base, recorded, received))):
        content["did"] = did
    else:
        content.pop("did", None)
    content["meeting"] = _fields("/meeting", base["meeting"], recorded["meeting"], received["meeting"], field)
    content["issues"] = _issues(base, recorded, received, field)
    content["nothing_raised"] = (
        field(
            "/nothing_raised", base["nothing_raised"], recorded["nothing_raised"], received["nothing_raised"]
        )
        and not content["issues"]
    )
    return content


def _fields(pointer: str, was: Any, one: Any, other: Any, field: Callable[..., Any]) -> Any:
    """Two things of named fields; where one side has none of it, the thing as a whole."""
    if _ABSENT in (was, one, other):
        return field(pointer, was, one, other)
    named = {**one, **other}
    return {name: field(f"{pointer}/{name}", was.get(name), one.get(name), other.get(name)) for name in named}


def _issues(base: Content, recorded: Content, received: Content, field: Callable[..., Any]) -> list[Any]:
    """In the order of the received edit, then what only the recorded one has."""
    was, one, other = (_by_id(each) for each in (base, recorded, received))
    together = [
        _fields(f"/issues/{id_}", was.get(id_), one.get(id_), other.get(id_), field)
        for id_ in dict.fromkeys([*other, *one])
    ]
    return [issue for issue in together if issue is not _ABSENT]


def _by_id(content: Content) -> dict[str, Any]:
    return {issue["id"]: issue for issue in content["issues"]}


def _flat(content: Content) -> dict[str, Any]:
    flat = {f"/{name}": content[name] for name in (*_PLAIN, "nothing_raised", "meeting")}
    flat["/did"] = content.get("did", [])
    return flat | {f"/issues/{id_}": issue for id_, issue in _by_id(content).items()}
