"""The OpenAPI document: made from the routes, with the bodies that `json_body` and `raw_body` read, the one shape of errors,
and the rule of each operation as its guard names it (`x-access`), from which the tests make their matrix.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from shared.access import calls, public, rule_of
from shared.http.bodies import JsonBody, RawBody
from shared.http.problems import MEDIA_TYPE

_REF = "#/components/schemas/{model}"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457), in Vietnamese or English as Accept-Language asks.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "Stable name of the kind of problem: /problems/<code>."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {
            "type": "string",
            "description": "/requests/<request id>, to give to the administrator.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "rule", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901 JSON pointer to the field."},
                    "rule": {"type": "string", "description": "Stable name of the rule that is broken."},
                    "message": {"type": "string"},
                    "value": {"type": "string", "description": "What was sent, at most 80 characters."},
                },
            },
        },
    },
}
_PROBLEM_ANSWER = {
    "description": "A problem",
    "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The service's OpenAPI document, made once."""
    if app.openapi_schema is None:
        described = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = PROBLEM
        for operation, dependant in _operations(app, described):
            _describe_access(operation, dependant)
            _describe_body(operation, dependant, schemas)
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _PROBLEM_ANSWER
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = described
    return app.openapi_schema


def _operations(app: FastAPI, described: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Dependant]]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            for method in context.methods or ():
                operation = described.get("paths", {}).get(context.path_format, {}).get(method.lower())
                if operation is not None:
                    yield operation, context.dependant


def _describe_access(operation: dict[str, Any], dependant: Dependant) -> None:
    """Who may call it: a rule of `shared.access`, or everybody; an operation that says neither is a failing test.

    `device_token`: the token of a phone's own is enough, for the records of its person. `fresh_proof`: the
    person must have proved within the last minutes who they are.
    """
    rule = rule_of(dependant)
    if rule is not None:
        operation["x-access"] = {
            "rule": rule.name,
            "device_token": rule.device,
            "fresh_proof": rule.fresh,
        }
    elif public in calls(dependant):
        operation["x-access"] = {"public": True}


def _describe_body(operation: dict[str, Any], dependant: Dependant, schemas: dict[str, Any]) -> None:
    for call in calls(dependant):
        if isinstance(call, JsonBody):
            schema = call.model.model_json_schema(ref_template=_REF)
            schemas.update(schema.pop("$defs", {}))
            schemas[call.model.__name__] = schema
            reference = {"$ref": _REF.format(model=call.model.__name__)}
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": reference}},
            }
        elif isinstance(call, RawBody):
            file = {"schema": {"type": "string", "format": "binary", "maxLength": call.max_bytes}}
            operation["requestBody"] = {
                "required": True,
                "content": dict.fromkeys(call.media_types, file),
            }
