"""What pydantic says of a wrong field, said to people in Vietnamese and English."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import SHOWN, FieldError, pointer

# pydantic error type → our rule, Vietnamese, English; {…} are pydantic's own context values.
_RULES: Mapping[str, tuple[str, str, str]] = {
    "missing": ("required", "Thiếu mục này.", "This field is missing."),
    "extra_forbidden": ("unknown-field", "Không có mục này.", "There is no such field."),
    "string_type": ("text", "Phải là chữ.", "Must be text."),
    "string_too_long": (
        "too-long",
        "Dài quá {max_length} ký tự.",
        "Longer than {max_length} characters.",
    ),
    "string_too_short": (
        "too-short",
        "Ngắn hơn {min_length} ký tự.",
        "Shorter than {min_length} characters.",
    ),
    "string_pattern_mismatch": ("pattern", "Sai khuôn dạng.", "Does not have the expected form."),
    "bool_type": ("boolean", "Phải là true hoặc false.", "Must be true or false."),
    "bool_parsing": ("boolean", "Phải là true hoặc false.", "Must be true or false."),
    "int_type": ("integer", "Phải là số nguyên.", "Must be a whole number."),
    "int_parsing": ("integer", "Phải là số nguyên.", "Must be a whole number."),
    "int_parsing_size": ("integer", "Số quá lớn.", "The number is too large."),
    "int_from_float": ("integer", "Phải là số nguyên.", "Must be a whole number."),
    "float_type": ("number", "Phải là số.", "Must be a number."),
    "float_parsing": ("number", "Phải là số.", "Must be a number."),
    "finite_number": ("number", "Phải là số hữu hạn.", "Must be a finite number."),
    "greater_than_equal": ("minimum", "Nhỏ nhất là {ge}.", "Must be {ge} or more."),
    "greater_than": ("minimum", "Phải lớn hơn {gt}.", "Must be more than {gt}."),
    "less_than_equal": ("maximum", "Lớn nhất là {le}.", "Must be {le} or less."),
    "less_than": ("maximum", "Phải nhỏ hơn {lt}.", "Must be less than {lt}."),
    "enum": ("choice", "Chỉ nhận: {expected}.", "Must be one of: {expected}."),
    "literal_error": ("choice", "Chỉ nhận: {expected}.", "Must be one of: {expected}."),
    "uuid_type": ("uuid", "Phải là mã UUID.", "Must be a UUID."),
    "uuid_parsing": ("uuid", "Phải là mã UUID.", "Must be a UUID."),
    "datetime_type": (
        "instant",
        "Phải là thời điểm, ví dụ 2026-11-22T08:00:00+07:00.",
        "Must be an instant such as 2026-11-22T08:00:00+07:00.",
    ),
    "datetime_parsing": (
        "instant",
        "Không có thời điểm này; ví dụ đúng: 2026-11-22T08:00:00+07:00.",
        "No such instant; write 2026-11-22T08:00:00+07:00.",
    ),
    "datetime_from_date_parsing": (
        "instant",
        "Không có thời điểm này; ví dụ đúng: 2026-11-22T08:00:00+07:00.",
        "No such instant; write 2026-11-22T08:00:00+07:00.",
    ),
    "timezone_aware": (
        "time-zone",
        "Thiếu múi giờ; ví dụ đúng: 2026-11-22T08:00:00+07:00.",
        "The time zone is missing; write 2026-11-22T08:00:00+07:00.",
    ),
    "date_type": ("date", "Phải là ngày, ví dụ 2026-11-22.", "Must be a date such as 2026-11-22."),
    "date_parsing": ("date", "Không có ngày này; ví dụ đúng: 2026-11-22.", "No such date; write 2026-11-22."),
    "date_from_datetime_parsing": (
        "date",
        "Không có ngày này; ví dụ đúng: 2026-11-22.",
        "No such date; write 2026-11-22.",
    ),
    "list_type": ("list", "Phải là danh sách.", "Must be a list."),
    "tuple_type": ("list", "Phải là danh sách.", "Must be a list."),
    "too_long": ("too-many", "Nhiều quá {max_length} mục.", "More than {max_length} entries."),
    "too_short": ("too-few", "Ít hơn {min_length} mục.", "Fewer than {min_length} entries."),
    "model_type": ("object", "Phải là một đối tượng JSON.", "Must be a JSON object."),
    "model_attributes_type": ("object", "Phải là một đối tượng JSON.", "Must be a JSON object."),
    "dict_type": ("object", "Phải là một đối tượng JSON.", "Must be a JSON object."),
    "none_required": ("null", "Phải để null.", "Must be null."),
    # Our own rules (shared.http.inputs).
    "blank": ("blank", "Không được để trống.", "Must not be blank."),
    "control-character": (
        "control-character",
        "Có ký tự điều khiển không lưu được.",
        "Holds a control character that cannot be stored.",
    ),
    "too-many-marks": (
        "too-many-marks",
        "Có quá nhiều dấu trên một chữ.",
        "Holds too many marks on one letter.",
    ),
    "too-long": ("too-long", "Dài quá {max_length} ký tự.", "Longer than {max_length} characters."),
    "line-break": ("line-break", "Chỉ được viết trên một dòng.", "Must be a single line."),
    "year-range": (
        "year-range",
        "Năm phải từ 1990 đến 2100.",
        "The year must lie between 1990 and 2100.",
    ),
}
_UNKNOWN = ("invalid", "Giá trị chưa đúng.", "The value is not valid.")


def field_errors(details: Sequence[Mapping[str, Any]]) -> tuple[FieldError, ...]:
    """The wrong fields of a pydantic error, the first fifty."""
    return tuple(_field_error(detail) for detail in details[:50])


def _field_error(detail: Mapping[str, Any]) -> FieldError:
    context = {name: str(value) for name, value in detail.get("ctx", {}).items()}
    rule, vi, en = _RULES.get(detail["type"], _UNKNOWN)
    if "vi" in context:  # a rule of a service, raised with `broken_rule`
        rule, vi, en = detail["type"], context["vi"], detail["msg"]
    else:
        vi, en = vi.format_map(context), en.format_map(context)
    return FieldError(pointer=pointer(detail["loc"]), rule=rule, vi=vi, en=en, value=_shown(detail))


_TEXT_RULES = frozenset(
    {"too-long", "blank", "control-character", "too-many-marks", "line-break", "string_pattern_mismatch"}
    | {"string_too_long", "string_too_short", "extra_forbidden"}
)
"""What breaks one of these is a text that somebody wrote: it is not said back, for a problem may be logged."""


def _shown(detail: Mapping[str, Any]) -> str | None:
    """Scalars are shown, shortened; a whole object, a list, or what somebody wrote is not."""
    value = detail.get("input")
    if detail["type"] in {"missing", *_TEXT_RULES} or not isinstance(value, str | int | float):
        return None
    return (value if isinstance(value, str) else repr(value))[:SHOWN]
