"""Records the prompts that take a while after the start: wide-band files, and the synthetic voice for own texts."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final

import structlog

from callcenter.kit.secret_files import without_secrets
from ivr.prompts.centre import Plan, written

ROOT: Final = Path(__file__).parents[2]
log = structlog.get_logger(__name__)


async def record_prompts(plan: Plan, *, log_json: bool) -> None:
    """Run the process that records until it is done; what is missing then is logged. Cancelling ends the process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ivr.prompts.process",
        *(["json"] if log_json else []),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=without_secrets(),
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    made = 0
    try:
        process.stdin.write(written(plan))
        async for line in process.stdout:
            report: dict[str, Any] = json.loads(line)
            if "code" in report:
                log.error("prompts_not_built", code=report["code"], detail=report["detail"])
            made += bool(report.get("fresh"))
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    log.info("prompts_built", made=made)
