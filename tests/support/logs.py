"""What the process writes to its log, for a while, with everything put back afterwards."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from shared import logs


class LogLines:
    """The lines written so far."""

    def __init__(self, written: io.StringIO) -> None:
        self._written = written

    @property
    def text(self) -> str:
        return self._written.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def captured_logs(level: str = "DEBUG") -> Iterator[LogLines]:
    """The real configuration, writing into memory."""
    written = io.StringIO()
    root = logging.getLogger()
    handlers, root_level = root.handlers[:], root.level
    logs.configure(level, stream=written)
    try:
        yield LogLines(written)
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(root_level)
        structlog.reset_defaults()
