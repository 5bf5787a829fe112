"""Logs: one JSON line an event, and never what somebody typed."""

import logging
from typing import Annotated

import asyncpg
import pytest
import structlog
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from shared.http import Input, Line
from tests.support.logs import captured_logs

CANARY = "Nguyễn Văn Canary"


class TitleIn(Input):
    title: Annotated[str, Line(5)]


def validation_error() -> Exception:
    try:
        TitleIn.model_validate({"title": CANARY, CANARY: 1})
    except ValidationError as error:
        return error
    raise AssertionError("must be refused")


def database_error() -> Exception:
    driver = asyncpg.UniqueViolationError(f"Key (title)=({CANARY}) already exists")
    return IntegrityError("INSERT …", {"title": CANARY}, driver)


@pytest.mark.parametrize(
    "error",
    [
        validation_error(),
        database_error(),
        ValueError(CANARY),
        KeyError(CANARY),
        ExceptionGroup(CANARY, [ValueError(CANARY)]),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("logger", ["structlog", "logging"])
def test_an_exception_is_told_without_what_was_typed(error: Exception, logger: str) -> None:
    """Type and place are enough to find a fault; values stay out, whoever logs."""
    with captured_logs() as log:
        try:
            raise error
        except type(error):
            if logger == "structlog":
                structlog.get_logger().exception("handler failed", visit_id="v1")
            else:
                logging.getLogger("faststream").exception("handler failed")

    line = log.events[0]
    assert (line["event"], line["level"]) == ("handler failed", "error")
    assert line["error"][0]["type"] == type(error).__qualname__
    assert "Canary" not in log.text


def test_words_of_the_machine_may_be_repeated() -> None:
    """A refused connection or a database's code says what to do."""
    with captured_logs() as log:
        structlog.get_logger().warning(
            "nats away", exc_info=ConnectionRefusedError(111, "Connection refused")
        )
        structlog.get_logger().warning("write failed", exc_info=database_error().orig)  # type: ignore[attr-defined]  # the driver's own error

    assert [line["error"][0]["message"] for line in log.events] == ["Connection refused", "SQLSTATE 23505"]


def test_a_library_cannot_smuggle_an_exception_into_its_message() -> None:
    """Asyncio appends the representation of a failed task below its first line."""
    with captured_logs() as log:
        logging.getLogger("asyncio").error(
            "Task exception was never retrieved\nfuture: <Task exception=%r>", ValueError(CANARY)
        )

    assert log.events[0]["event"] == "Task exception was never retrieved"
    assert "Canary" not in log.text


def test_a_line_cannot_be_forged() -> None:
    """Line breaks and escapes of a terminal come out as text."""
    with captured_logs() as log:
        structlog.get_logger().info("imported", name_of_file='x"}\n{"event": "forged"}\x1b[31m')

    assert len(log.events) == 1
    assert "\x1b" not in log.text


def test_a_line_has_time_in_utc_and_the_context_of_its_request() -> None:
    """Whoever logs inside a request, the line carries the request's id."""
    with captured_logs() as log, structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger().info("duty missed", duty_id="d1")
        logging.getLogger("faststream").info("fetched")

    assert [line["request_id"] for line in log.events] == ["r1", "r1"]
    assert all(line["timestamp"].endswith("Z") for line in log.events)
    assert log.events[1]["logger"] == "faststream"


def test_the_level_holds_for_all() -> None:
    """Quiet is quiet, for libraries too."""
    with captured_logs("WARNING") as log:
        structlog.get_logger().info("nothing")
        logging.getLogger("faststream").info("nothing")
        logging.getLogger("uvicorn.access").warning("GET /visits/api/visits/%s", CANARY)

    assert log.events == []
