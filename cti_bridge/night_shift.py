"""A night's heavy work in a process of its own: what keeps an interpreter busy for minutes delays no ring.

The process is told what to do on its standard input and says on its standard
output what came of it. It runs at a lower priority, and ends with the bridge.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import msgspec

from cti_bridge.customers.questions import load_questions
from cti_bridge.errors import BridgeError, Refused
from cti_bridge.segments.rebuild import rebuild
from cti_bridge.settings import Settings
from cti_bridge.storage import postgres

Work: TypeAlias = Literal["segments", "suggestions"]

NICENESS = 10


class Job(msgspec.Struct):
    """``settings``: as JSON, without secrets."""

    work: Work
    postgres_url: str
    settings: str


async def do_apart(work: Work, postgres_url: str, settings: Settings) -> str:
    """Do ``work`` in a process of its own; what it says at the end. Cancelled, it is ended at once.

    Raises: Refused with what the process said, when it failed.
    """
    job = Job(work, postgres_url, settings.model_dump_json())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cti_bridge.night_shift",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        said, complaint = await process.communicate(msgspec.json.encode(job))
    except BaseException:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise Refused(f"{work}: {lines[-1] if lines else f'ended with {process.returncode}'}")
    return said.decode().strip()


async def do(job: Job) -> str:
    """What the process does. Raises: BridgeError, or what is in ``storage.postgres.FAULTS``."""
    settings = Settings.model_validate_json(job.settings)
    pool = await postgres.create_pool(job.postgres_url, settings={"timezone": settings.region.time_zone})
    try:
        match job.work:
            case "segments":
                return str(await rebuild(pool, settings, datetime.now(UTC)))
            case "suggestions":
                # Slow to load: the other work does without it.
                from cti_bridge.suggest.train import train

                questions = load_questions(settings.counselling.file)
                return str(await train(pool, settings, questions=questions))
    finally:
        await pool.close()


def main() -> None:
    """The process."""
    os.nice(NICENESS)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    try:
        print(asyncio.run(do(job)))
    except BridgeError as error:
        sys.exit(str(error))
    except postgres.FAULTS as error:
        sys.exit(f"{postgres.SETTING}: {postgres.explain(error)}")


if __name__ == "__main__":
    main()
