"""The command line `field-visits`: run, import, look up a date, read figures, mend what was set aside.

Every command has --help. Heavy modules are imported by the command that needs them.
"""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import cyclopts
from cyclopts import Parameter

from shared.acting import Acting, acting_as

T = TypeVar("T")

app = cyclopts.App(
    name="field-visits",
    help="Bám cơ sở · Field Visits: field trips, attended cell meetings, the issues raised there, and their deadlines.",
    version_flags=["--version"],
)
quarantine_app = cyclopts.App(
    name="quarantine", help="Messages that could not be applied: list, replay, discard."
)
app.command(quarantine_app)

DataDir = Annotated[Path, Parameter(name="--data-dir", help="The installation's data folder.")]
ServiceName = Literal["visits", "feedback", "notify"]


def main() -> None:
    """Run a command. Known mistakes end with one sentence and exit code 1, wrong usage with 2."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has seen enough: `… --json | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        sys.exit(f"field-visits: {sentence}")


@app.command
def up(
    *,
    data_dir: DataDir = Path(".data"),
    port: int | None = None,
    demo: bool = True,
    now: str | None = None,
) -> None:
    """Run everything here: database, bus, three services, one address.

    Parameters
    ----------
    port: The port on 127.0.0.1; 8080, or the environment's PORT; 0 takes any free one.
    demo: Load the demo register and its people into an empty installation.
    now: Start a rehearsal at this instant, such as 2026-02-09T08:00:00+07:00; POST /ops/clock moves it forward.
    """
    from services import embedded

    wanted = embedded.Up(
        data_dir=data_dir,
        port=_port(port),
        demo=demo,
        now=_instant("--now", now) if now else None,
        log_level=os.environ.get("LOG_LEVEL", "INFO"),
    )
    _run(embedded.up(wanted, _say))


@app.command
def migrate(*, data_dir: DataDir = Path(".data")) -> None:
    """Bring the three databases and the streams to what this version needs."""

    async def work() -> None:
        from services.installation import installation

        async with installation(data_dir) as found:
            for line in await found.migrate():
                _say(line)
            _say("Cơ sở dữ liệu và luồng tin đã đúng phiên bản (databases and streams are up to date).")

    _run(work())


@app.command(name="import")
def import_(register: Path, *, dry_run: bool = False, data_dir: DataDir = Path(".data")) -> None:
    """Take in a register: a workbook, or units.csv, people.csv, visits.csv and issues.csv. All of it or nothing.

    Parameters
    ----------
    register: The workbook (.xlsx), or the folder where the files are.
    dry_run: Read and check everything, change nothing.
    """

    async def work() -> None:
        from services.commands.registers import import_register

        await import_register(register, data_dir=data_dir, dry_run=dry_run, say=_say)

    _run(work())


@app.command
def stats(
    *,
    as_of: str | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    committee: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    data_dir: DataDir = Path(".data"),
) -> None:
    """Print the figures of a committee, computed from the facts.

    Parameters
    ----------
    as_of: The instant to look from, such as 2026-11-22T08:00:00+07:00; facts after it do not exist yet. Now.
    from_: First local date of the period.
    to: Last local date of the period.
    committee: The code of the committee's unit, when several live here.
    as_json: Print JSON instead of a table.
    """

    async def work() -> None:
        from services.commands.figures import figures

        found = await figures(
            data_dir=data_dir,
            as_of=_instant("--as-of", as_of) if as_of else None,
            first=_date("--from", from_) if from_ else None,
            last=_date("--to", to) if to else None,
            committee=committee,
        )
        if as_json:
            _say(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            for key, value in found.items():
                _say(f"{key:<34} {value}")

    _run(work())


@app.command
def deadline(
    *,
    from_: Annotated[str, Parameter(name="--from")],
    rule: Literal["calendar_roll", "working_days", "calendar_strict"] = "calendar_roll",
    days: int = 5,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Compute a due date and explain it, on the reviewed calendar of days off.

    Parameters
    ----------
    from_: The visit's instant or date, such as 2026-02-09T08:00+07:00.
    rule: How days are counted.
    days: How many.
    as_json: Print JSON instead of sentences.
    """
    from services.commands.deadlines import explain

    _say(explain(from_, rule=rule, days=days, as_json=as_json))


@quarantine_app.command(name="list")
def quarantine_list(
    *,
    service: ServiceName | None = None,
    status: Literal["held", "replayed", "discarded"] = "held",
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    data_dir: DataDir = Path(".data"),
) -> None:
    """List messages that were set aside, with the reason."""

    async def work() -> None:
        from services.commands import operations

        await operations.list_held(data_dir, service, status, as_json=as_json, say=_say)

    _run(work())


@quarantine_app.command(name="replay")
def quarantine_replay(number: int, *, service: ServiceName, data_dir: DataDir = Path(".data")) -> None:
    """Apply a held message again, for instance after an upgrade that understands it."""

    async def work() -> None:
        from services.commands import operations

        await operations.replay(data_dir, service, number, say=_say)

    _run(work())


@quarantine_app.command(name="discard")
def quarantine_discard(number: int, *, service: ServiceName, data_dir: DataDir = Path(".data")) -> None:
    """Decide that a held message will never be applied. It stays on record."""

    async def work() -> None:
        from services.commands import operations

        await operations.discard(data_dir, service, number, say=_say)

    _run(work())


@app.command
def verify(*, data_dir: DataDir = Path(".data")) -> None:
    """Prove that nothing is lost: what visits accepted, what feedback and notify recorded, number by number."""

    async def work() -> None:
        from services.commands import operations

        if not await operations.verify(data_dir, say=_say):
            sys.exit(1)

    _run(work())


@app.command
def administrator(
    *,
    name: str,
    code: str = "QT1",
    committee_code: str = "DU",
    committee_name: str = "Đảng ủy",
    data_dir: DataDir = Path(".data"),
) -> None:
    """Begin an empty installation: one committee, and one person of its office, who invites the others.

    Refused where a committee is already. Prints an invitation, which works once within 72 hours.

    Parameters
    ----------
    name: The person's full name.
    code: The person's code in the directory.
    committee_code: The code of the committee's unit; a register imported later must have the same.
    committee_name: The committee's name.
    """

    async def work() -> None:
        from services.commands import operations

        _say(
            await operations.first_administrator(
                data_dir,
                name=name,
                code=code,
                committee_code=committee_code,
                committee_name=committee_name,
            )
        )

    _run(work())


@app.command
def link(code: str, *, committee: str | None = None, data_dir: DataDir = Path(".data")) -> None:
    """Invite a person of the directory: a link that works once, within 72 hours.

    Parameters
    ----------
    code: The person's code in the directory, such as M01.
    committee: The code of the committee's unit, when several live here.
    """

    async def work() -> None:
        from services.commands import operations

        _say(await operations.invitation_link(data_dir, code, committee))

    _run(work())


@app.command
def erase(
    *,
    as_of: str | None = None,
    visit: UUID | None = None,
    dry_run: bool = False,
    data_dir: DataDir = Path(".data"),
) -> None:
    """Erase what has had its time: texts after their term, contacts after closing. The services do it daily.

    Parameters
    ----------
    as_of: The instant to look from, such as 2032-01-02T08:00:00+07:00; one to come needs --dry-run. Now.
    visit: Erase the texts of this one visit now, whatever its time, for instance because somebody asked for it.
    dry_run: Say what would go, erase nothing.
    """

    async def work() -> None:
        from services.commands import erasure

        at = _instant("--as-of", as_of) if as_of else None
        await erasure.erase(data_dir, as_of=at, visit_id=visit, dry_run=dry_run, say=_say)

    _run(work())


@app.command
def docs(folder: Path = Path("docs"), *, check: bool = False) -> None:
    """Write the OpenAPI and AsyncAPI documents of the three services.

    Parameters
    ----------
    folder: Where `openapi/` and `asyncapi/` are.
    check: Write nothing; end with 1 when a document is not what the code says.
    """
    from services.commands.documents import write_documents

    _log_aside()
    stale = write_documents(folder, check=check)
    for path in stale:
        _say(f"{path}: {'stale, run `make docs`' if check else 'written'}")
    if check and stale:
        sys.exit(1)


def _sentence(error: Exception) -> str | None:
    """What a person needs to hear about a mistake of theirs or of the machine; None for one of ours."""
    from sqlalchemy.exc import SQLAlchemyError

    from shared.db import SchemaError, database_away
    from shared.errors import DomainError
    from shared.settings import SettingsError

    if isinstance(error, DomainError):
        return f"{error.vi} ({error.en})"
    if isinstance(error, SQLAlchemyError) and database_away(error):
        return f"the database does not answer ({type(error).__name__})"
    if isinstance(error, SettingsError | SchemaError) or type(error).__name__ in _OWN_ERRORS:
        return str(error)
    return None


_OWN_ERRORS = frozenset({"EngineError", "ClockError", "NotConfirmed"})
"""By name, so that the quick commands need not import the engines."""


def _run(work: Coroutine[Any, Any, T]) -> T:
    _log_aside()
    with acting_as(Acting(machine="command-line")), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _log_aside() -> None:
    """Standard output belongs to what was asked for; `up` sends its log to the data folder once it has one."""
    from shared import logs

    logs.configure(os.environ.get("LOG_LEVEL", "WARNING"), stream=sys.stderr)


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _port(port: int | None) -> int:
    text = str(port) if port is not None else os.environ.get("PORT", "8080")
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        sys.exit(f"field-visits: port {text} is not a number from 0 to 65535")
    return int(text)


def _instant(option: str, text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        sys.exit(f"field-visits: {option} {text} is not an instant; write 2026-11-22T08:00:00+07:00")
    if instant.tzinfo is None:
        sys.exit(f"field-visits: {option} {text} has no time zone; write {text}+07:00")
    return instant


def _date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        sys.exit(f"field-visits: {option} {text} is not a date; write 2026-11-22")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
