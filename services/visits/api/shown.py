"""Records as answers show them, where more than one route shows the same."""

from collections.abc import Mapping
from typing import Any

from services.visits.schemas.common import UnitName
from services.visits.schemas.visits import MergeOut
from services.visits.store.merges import Merged
from shared.contracts.visits import AccessClass


def merge_out(merged: Merged, *, restricted: bool) -> MergeOut:
    """Two edits side by side, for who may know of restricted issues or not."""
    alike = ("version", "base_version", "recorded_version", "received_at")
    settled = ("settled_in", "settled_by", "settled_at", "choices")
    return MergeOut(
        **{name: getattr(merged, name) for name in (*alike, *settled)},
        received=dict(merged.content) if restricted else without_restricted(merged.content),
        fields=list(merged.fields),
    )


def without_restricted(content: Mapping[str, Any]) -> dict[str, Any]:
    """A version as if its restricted issues had never been raised."""
    issues = [issue for issue in content["issues"] if issue["access_class"] == AccessClass.NORMAL]
    only_restricted = bool(content["issues"]) and not issues and content["meeting"] is not None
    return dict(content) | {
        "issues": issues,
        "nothing_raised": content["nothing_raised"] or only_restricted,
    }


def unit_name(row: Any) -> UnitName:
    """The unit that a row or record names."""
    return UnitName(unit_id=row.unit_id, code=row.unit_code, name=row.unit_name)


def shared_fields(source: object, model: Any) -> dict[str, Any]:
    """The model's fields that stand under the same names in a row or record."""
    return {name: getattr(source, name) for name in model.model_fields if hasattr(source, name)}
