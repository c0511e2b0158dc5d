"""Simulated customers who are called back, behind the trunk: what they do is the last digit of their number."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from callcenter.demo.sipp import Network, Run, free_port, sipp

ANSWERS: Final = "13974800001"
BUSY: Final = "13974800002"
NEVER_ANSWERS: Final = "13974800003"
ANNOUNCEMENT: Final = "13974800004"
"""An announcement as early media, then nobody: a call that was never answered."""
HANGS_UP: Final = "13974800005"
NO_SUCH_NUMBER: Final = "13974800006"
MACHINE: Final = "13974800007"


@contextlib.asynccontextmanager
async def customers(network: Network, port: int) -> AsyncIterator[Run]:
    """The carrier's side on `port`; events: invited, ringing, announced, answered, cancelled, hung_up, was_hung_up."""
    low = free_port()
    options = ["-p", str(port), "-mp", str(low), "-rtp_echo", "-aa"]
    async with sipp(network, "customers.xml", options) as run:
        await run.listening(port, network.local)
        yield run
