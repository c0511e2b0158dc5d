"""Cuts the AMI link of a running centre, as a firewall or a wrong password does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcenter.centre.parts import LOOK_SECONDS
from callcenter.demo.api_client import until
from tests.e2e.centre import RunningCentre

KICK_SECONDS = 5.0
STEADY_SECONDS = LOOK_SECONDS + 1.0
"""For so long the file must stay as the test wrote it: then the service has nothing left to render."""


@asynccontextmanager
async def ami_cut(centre: RunningCentre) -> AsyncIterator[None]:
    """While the block runs, Asterisk refuses AMI logins and has dropped the existing connections."""
    manager = centre.centre.pbx.etc / "manager.conf"
    rendered = manager.read_text()
    time = asyncio.get_running_loop().time
    since = time()

    async def cut() -> bool:
        nonlocal since
        # A change of agents that is still being applied renders the file again and so opens AMI: cut until it is over.
        if "enabled=no" not in manager.read_text():
            since = time()
        manager.write_text(rendered.replace("enabled=yes", "enabled=no", 1))
        if not await _reloaded(centre, "No"):
            since = time()
        for session in re.findall(
            r"^\s*\S+\s+127\.0\.0\.1\s+\d+\s+\d+\s+(\d+)", await centre.console("manager show connected"), re.M
        ):
            # A console whose answer is lost on a loaded machine is not waited for: the next round kicks again.
            await asyncio.to_thread(
                centre.centre.pbx.console, f"manager kick session {session}", check=False, within=KICK_SECONDS
            )
        return time() - since > STEADY_SECONDS

    await until(cut, 60, "AMI is cut", every=0.5)
    try:
        yield
    finally:
        manager.write_text(rendered)
        await until(lambda: _reloaded(centre, "Yes"), 20, "AMI is open", every=0.5)


async def _reloaded(centre: RunningCentre, enabled: str) -> bool:
    """Whether the setting holds after a reload: Asterisk drops one while another one runs (main/loader.c)."""
    await centre.console("manager reload")
    printed = await centre.console("manager show settings")
    return bool(re.search(rf"Manager \(AMI\):\s+{enabled}\b", printed))


async def connected(centre: RunningCentre) -> bool:
    return await centre.api.ready()


async def disconnected(centre: RunningCentre) -> bool:
    return not await centre.api.ready()
