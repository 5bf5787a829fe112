"""A process that owns embedded engines, to be killed or refused by a test.

python -m tests.support.engine_owner hold FOLDER               prints its servers, runs until stdin closes
python -m tests.support.engine_owner attempt FOLDER [BYTES]    starts, stops, prints how it went
"""

import asyncio
import json
import sys
from pathlib import Path

from shared.engines import EngineError, embedded_engines, start_engines


async def hold(folder: Path) -> None:
    async with embedded_engines(folder) as engines:
        print(json.dumps({"postgres": engines.postgres.pid, "nats": engines.nats.pid}), flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.read)


async def attempt(folder: Path, free_space: int) -> None:
    try:
        engines = await start_engines(folder, free_space=free_space)
        await engines.stop()
        outcome = {"reason": "", "message": ""}
    except EngineError as error:
        outcome = {"reason": error.reason, "message": str(error)}
    print(json.dumps(outcome), flush=True)  # noqa: T201


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    asyncio.run(hold(folder) if sys.argv[1] == "hold" else attempt(folder, int((sys.argv[3:] or ["0"])[0])))
