"""Records the prompts that would delay the start: wide-band files, and synthetic speech for the centre's own texts."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog

from callcenter.centre.pbx_config import embedded_of
from callcenter.centre.reception_flows import spoken_texts
from callcenter.kit.secret_files import without_secrets
from callcenter.settings import Settings
from ivr.flows.service import FlowService
from ivr.prompts.build import Source
from ivr.prompts.centre import Plan, plan_of, written
from ivr.prompts.checking import LARGEST_BYTES
from ivr.prompts.texts import FOLDERS
from ivr.prompts.voice import pack
from ivr.prompts.voice.kokoro import Kokoro

__all__ = [
    "FOLDERS",
    "LARGEST_BYTES",
    "POOR",
    "ROOT",
    "install_voice",
    "keep_recorded",
    "plan_line",
    "record_prompts",
    "why_no_voice",
]

ROOT: Final = Path(__file__).parents[2]
POOR: Final = frozenset({Source.ESPEAK, Source.CORE, Source.NONE})
"""Sources that callers do not understand, or not in their language."""
AGAIN_SECONDS: Final = 60.0
log = structlog.get_logger(__name__)


async def keep_recorded(
    settings: Settings, flows: FlowService, changed: asyncio.Event, again_seconds: float = AGAIN_SECONDS
) -> NoReturn:
    """Record what is missing at the start and after each publication of a flow; runs until cancelled.

    What could not be recorded, on a full disk or without memory, is tried again: callers do not hear it until then.
    """
    while True:
        changed.clear()
        whole = await record_prompts(await plan_with(settings, flows), log_json=settings.log_json)
        try:
            async with asyncio.timeout(None if whole else again_seconds):
                await changed.wait()
        except TimeoutError:
            continue


async def record_prompts(plan: Plan, *, log_json: bool) -> bool:
    """Run the process that records until it ends, and return whether it got to the end.

    What is missing then is logged. Cancelling ends the process.
    """
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
    built = 0
    try:
        process.stdin.write(written(plan))
        async for line in process.stdout:
            report: dict[str, Any] = json.loads(line)
            if "code" in report:
                log.error("prompt_refused", code=report["code"], detail=report["detail"])
            built += bool(report.get("fresh"))
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    whole = process.returncode == 0
    (log.info if whole else log.error)("prompts_built" if whole else "prompts_not_built", made=built)
    return whole


def install_voice(settings: Settings, echo: Callable[[str], None]) -> None:
    """Download and verify the synthetic voice. Raises ModelInstallFailed."""
    pack.install(settings.model_home, echo)


def why_no_voice(settings: Settings) -> str | None:
    """Why the synthetic voice cannot speak here, None when it can."""
    return Kokoro(settings.model_home / pack.NAME).why_missing()


async def plan_with(settings: Settings, flows: FlowService) -> Plan:
    """Everything that callers may hear: the prompts of the centre and the texts of the flows in use."""
    return replace(plan_of(settings, embedded_of(settings).tree), flow_texts=await spoken_texts(flows))


async def plan_line(settings: Settings, flows: FlowService) -> bytes:
    """What the process that builds the prompts reads."""
    return written(await plan_with(settings, flows))
