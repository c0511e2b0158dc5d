"""Simulates customers who are called back over the trunk: the last digit of their number selects what they do."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from callcenter.demo.ports import media_ports
from callcenter.demo.sipp import SCENARIOS, Network, Run, sipp

ANSWERS: Final = "13974800001"
BUSY: Final = "13974800002"
NEVER_ANSWERS: Final = "13974800003"
ANNOUNCEMENT: Final = "13974800004"
"""An announcement as early media and no answer: a call that is never answered."""
HANGS_UP: Final = "13974800005"
NO_SUCH_NUMBER: Final = "13974800006"
MACHINE: Final = "13974800007"
ACCEPTED: Final = '<recv request="ACK"/>'
STAYS: Final = '<pause milliseconds="3600000" next="end"/>'
"""What follows the answer in scenarios/customers.xml; both occur there first."""


@contextlib.asynccontextmanager
async def customers(
    network: Network, port: int, voice: Path | None = None, talks: float | None = None
) -> AsyncIterator[Run]:
    """The carrier's side on `port`; events: invited, ringing, announced, answered, cancelled, hung_up, was_hung_up.

    With `voice`, A-law sound, those who answer repeat it instead of echoing; `talks` seconds after the answer
    they hang up, by default they wait for the other side to.
    """
    text = (SCENARIOS / "customers.xml").read_text("utf-8")
    options = ["-p", str(port), "-aa"]
    if voice is None:
        options += ["-mp", str(media_ports(4)), "-rtp_echo"]
    else:
        low = media_ports(40)
        options += ["-min_rtp_port", str(low), "-max_rtp_port", str(low + 40)]
        speaks = f'<nop><action><exec rtp_stream="{voice},-1,8"/></action></nop>'
        text = text.replace(ACCEPTED, f"{ACCEPTED}\n  {speaks}", 1).replace("[media_port]", "[rtpstream_audio_port]")
    if talks is not None:
        text = text.replace(STAYS, f'<pause milliseconds="{round(talks * 1000)}" next="hang_up"/>', 1)
    async with sipp(network, "customers.xml", options, {"customers.xml": text}) as run:
        await run.listening(port, network.local)
        yield run
