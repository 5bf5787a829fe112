"""Runs the experiments one after the other, prints one table and leaves the numbers in a JSON file."""

import argparse
import asyncio
import json
import logging
import os
import platform
import signal
import statistics
import sys
import time
import traceback
import warnings
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import structlog
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.harness import Line, Result, fdatasync_rate

EXPERIMENTS = {
    "P1": "benchmarks.p1_whole_path",
    "P2": "benchmarks.p2_delay",
    "P3": "benchmarks.p3_backlog",
    "P4": "benchmarks.p4_relay",
    "P5": "benchmarks.p5_due_at_once",
    "P6": "benchmarks.p6_due_date",
    "P7": "benchmarks.p7_idle",
    "P8": "benchmarks.p8_observed",
    "P11": "benchmarks.p11_phone",
    "P10": "benchmarks.p10_guard",
    "P12": "benchmarks.p12_desk",
}
RESULTS = Path("bench-results/latest.json")
WIDTH = 130


def main() -> None:
    """The command line. Exit status 1 when a goal was missed or an experiment could not run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=EXPERIMENTS, metavar="P", help="run only these, such as P4"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller tables")
    options = parser.parse_args()
    # Peers and libraries warn about themselves; that is not what this run is about.
    warnings.simplefilter("ignore")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    chosen = options.only or list(EXPERIMENTS)
    sys.exit(0 if uvloop.run(run(chosen, quick=options.quick)) else 1)


async def run(chosen: list[str], *, quick: bool) -> bool:
    """Run `chosen` in order; whether every goal was met."""
    console, started = Console(), time.perf_counter()
    stop_cleanly_when_told()
    console.width = max(console.width, WIDTH)
    machine = describe_machine()
    console.print(" · ".join(f"{name} {value}" for name, value in machine.items()), style="dim")
    results: list[Result] = []
    for name in chosen:
        console.print(f"{name} …", style="dim")
        results.append(await attempt(name, quick=quick))
    console.print(table(results))
    for result in results:
        unsteady = {line.unsteady for line in result.lines if line.unsteady}
        for note in (*result.notes, *sorted(unsteady)):
            console.print(f"{result.id}: {note}")
    console.print(
        f"load average {os.getloadavg()[0]:.1f} at the end, disk {fdatasync_rate():,.0f} fdatasync/s, "
        f"{time.perf_counter() - started:.0f} s in all",
        style="dim",
    )
    write(results, machine, quick=quick)
    return all(result.lines and all(line.met for line in result.lines) for result in results)


def stop_cleanly_when_told() -> None:
    """A time-out's SIGTERM unwinds the run, so that no server and no peer outlives it."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def attempt(name: str, *, quick: bool) -> Result:
    """One experiment; a result without lines, and the reason in its notes, when it could not run."""
    try:
        result: Result = await import_module(EXPERIMENTS[name]).run(quick=quick)
    except Exception as error:
        traceback.print_exc()
        return Result(id=name, title="could not run", lines=(), notes=(f"could not run: {error!r}",))
    return result


def describe_machine() -> dict[str, str]:
    return {
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
        "disk": f"{fdatasync_rate():,.0f} fdatasync/s",
        "load average": f"{os.getloadavg()[0]:.1f}",
    }


def table(results: list[Result]) -> Table:
    shown = Table(title="Benchmarks: medians; the ratio is ours to the peer's, round by round")
    for heading in ("", "experiment", "ours", "peer", "peer's", "ratio", "worst", "goal", "met"):
        shown.add_column(heading, justify="left" if heading in {"", "experiment", "peer"} else "right")
    for result in results:
        for number, line in enumerate(result.lines):
            shown.add_row("" if number else result.id, line.what, *cells(line))
        shown.add_section()
    return shown


def cells(line: Line) -> tuple[str, ...]:
    ours = f"{figure(statistics.median(line.ours))} {line.unit}"
    met = "[green]yes[/]" if line.met else "[red]no[/]"
    if not line.theirs:
        return ours, "", "", "", figure(line.worst), str(line.goal), met
    theirs = figure(statistics.median(line.theirs))
    return ours, line.peer, theirs, f"{line.value:.2f}×", f"{line.worst:.2f}×", str(line.goal), met


def figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(results: list[Result], machine: dict[str, str], *, quick: bool) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    document = {
        "at": datetime.now(UTC).isoformat(),
        "quick": quick,
        "machine": machine,
        "results": [
            asdict(result) | {"lines": [asdict(line) | {"met": line.met} for line in result.lines]}
            for result in results
        ],
    }
    RESULTS.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
