"""Logs are events: one JSON line each on standard output, in UTC, with ids and never with texts or names.

Everything in the process speaks through it, libraries too. An exception is told by its type, its place
in the code and, where its words cannot hold what somebody typed, its message.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping, Sequence
from types import TracebackType
from typing import Any, TextIO

import structlog

_QUIET = {
    # Requests are logged by shared.http.edge, with the route instead of the address.
    "uvicorn.access": logging.CRITICAL,
    "httpx2": logging.WARNING,
    "nats": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
}
_ENCODE = json.JSONEncoder(default=str, separators=(",", ":")).encode  # ASCII: no terminal can be tricked
_FRAMES = 12
_CAUSES = 4
_WORDS = 300


def configure(level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Route every logger of the process to JSON lines. Once, at start."""
    stream = stream or sys.stdout
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*common, _tell_exception, _line],
        logger_factory=structlog.WriteLoggerFactory(stream),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    _route_libraries(level, stream, common)


def _route_libraries(level: str, stream: TextIO, common: Sequence[structlog.typing.Processor]) -> None:
    """Make the standard library's loggers, and so all libraries, speak the same lines."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*common, structlog.stdlib.add_logger_name, _first_line, _tell_exception],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _line],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        existing = logging.getLogger(name)
        existing.handlers.clear()
        existing.propagate = True
        existing.setLevel(logging.NOTSET)  # a library's own idea of its level does not count
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, logging.getLevelNamesMapping()[level]))
    logging.captureWarnings(capture=True)


def describe(error: BaseException) -> list[dict[str, Any]]:
    """The error and its causes: type, place, and the words that may be repeated."""
    told: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(told) < _CAUSES:
        one: dict[str, Any] = {"type": type(current).__qualname__, "at": _frames(current.__traceback__)}
        if words := _speakable(current):
            one["message"] = words[:_WORDS]
        told.append(one)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return told


def _speakable(error: BaseException) -> str | None:
    """Words that cannot hold anything a person typed: of the machine and of the database's codes."""
    if state := getattr(error, "sqlstate", None):
        place = getattr(error, "constraint_name", None) or getattr(error, "table_name", None)
        return f"SQLSTATE {state}" + (f" {place}" if place else "")
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if type(error).__module__.startswith("nats."):
        return str(error)
    return None


def _frames(trace: TracebackType | None) -> list[str]:
    """The innermost places, as module and line: machines differ, modules do not."""
    places = [
        f"{frame.f_globals.get('__name__')}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(trace)
    ]
    return places[-_FRAMES:]


def _tell_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    elif isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    return event


def _first_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Libraries append representations of objects below their first line; asyncio even whole exceptions."""
    event["event"] = str(event["event"]).partition("\n")[0][:_WORDS]
    return event


def _line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _ENCODE(event)
