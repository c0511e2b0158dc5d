"""Runs a private Asterisk with our rendered configuration, on free ports, for tests that need no service beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line, Phone, Queue, Site, render
from callcenter.demo.ports import free_port, rtp_ports
from callcenter.demo.sipp import Network
from callcenter.settings import Settings

SECRETS = {number: f"secret-{number}" for number in ("1001", "1002", "1003")}
SALES, ORDERS = "073188880001", "073188880002"


@dataclass(frozen=True, slots=True)
class PrivatePbx:
    """A running PBX and the settings that it was rendered from."""

    pbx: Embedded
    site: Site
    network: Network

    async def console(self, words: str, *, check: bool = True) -> str:
        return await asyncio.to_thread(self.pbx.console, words, check=check)

    async def staff(self, queue: str, *agents: str) -> None:
        """Put exactly these agents' phones into a queue."""
        for number in SECRETS:
            await self.console(f"queue remove member PJSIP/{number} from {queue}", check=False)
        for number in agents:
            await self.console(f"queue add member PJSIP/{number} to {queue} penalty 0 as {number}")


def site_of(home: Path, tree: Tree) -> Site:
    """Two lines, two queues and three phones on free ports; phones ring for two seconds each."""
    rtp_start, rtp_end = rtp_ports()
    return Site(
        name="pbx1",
        home=str(home),
        modules=str(tree.modules),
        data=str(tree.data),
        log_fifo=str(home / "run/messages.fifo"),
        ami_host="127.0.0.1",
        ami_port=free_port(),
        events_user="cc-events",
        events_secret="e" * 20,
        control_user="cc-control",
        control_secret="c" * 20,
        sip_host="127.0.0.1",
        sip_port=free_port(),
        http_port=free_port(),
        rtp_start=rtp_start,
        rtp_end=rtp_end,
        agi_host="127.0.0.1",
        agi_port=free_port(),
        phones=tuple(Phone(number, secret, number) for number, secret in SECRETS.items()),
        lines=(Line("after_sales", (SALES,), "after_sales"), Line("orders", (ORDERS,), "orders")),
        queues=(Queue("after_sales", "linear", 2), Queue("orders", "linear", 2)),
    )


@contextlib.asynccontextmanager
async def private_pbx(home: Path, site: Site | None = None) -> AsyncIterator[PrivatePbx]:
    """Asterisk under `home`, fully booted while the block runs, stopped after it."""
    tree = Tree(Settings().pbx_root)
    site = site or site_of(home, tree)
    pbx = Embedded(home, tree)
    await asyncio.to_thread(pbx.write, render(site))
    await asyncio.to_thread(pbx.start)
    try:
        yield PrivatePbx(pbx, site, Network(tuple(tree.program("sipp")), site.sip_host, site.sip_port, home / "sipp"))
    finally:
        await asyncio.to_thread(pbx.stop)
