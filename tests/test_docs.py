"""Documents that can go stale are compared with the code."""

import asyncio
import shlex
import subprocess
import sys
from pathlib import Path

from services.commands.documents import write_documents
from tests.support.installed import succeeds

DOCS = Path(__file__).parent.parent / "docs"


def test_openapi_and_asyncapi_are_what_the_code_says() -> None:
    """A change of an interface changes its document in the same commit: run `make docs`."""
    assert write_documents(DOCS, check=True) == []


async def test_standard_output_belongs_to_what_was_asked_for() -> None:
    """Nothing to report is no output, and whoever reads only the beginning is not told of a fault."""
    assert await succeeds("docs", "--check") == ""

    field_visits = shlex.join([sys.executable, "-m", "services"])
    one_line = f"{field_visits} deadline --from 2026-02-09T08:00+07:00 --json | head -c 9"
    read = await asyncio.to_thread(subprocess.run, ["sh", "-c", one_line], capture_output=True, text=True)
    assert (read.stdout, read.stderr) == ('{"due_at"', "")
