"""Simulates phones and callers with distinct tones, so that a channel shows whose audio it carries."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from callcenter.demo.phones import Phones
from callcenter.demo.ports import free_port, media_ports
from callcenter.demo.sipp import SCENARIOS, Network, Run, sipp, tone

CALLER_HERTZ, AGENT_HERTZ = 450.0, 1000.0


def _lay_out(voice: Path, speech: bytes) -> str:
    voice.parent.mkdir(parents=True, exist_ok=True)
    voice.write_bytes(speech)
    return (SCENARIOS / "phones.xml").read_text("utf-8")


@contextlib.asynccontextmanager
async def voiced_phones(
    network: Network, secrets: Mapping[str, str], folder: Path, speech: bytes | None = None
) -> AsyncIterator[Phones]:
    """Like `demo.phones.phones`, but each phone sends its own sound instead of echoing what it hears.

    `speech` is A-law, repeated; a tone of 1000 Hz by default.
    """
    voice = folder / "agent.al"
    text = _lay_out(voice, speech or tone(1.0, AGENT_HERTZ))
    speaks = f'<recv request="ACK"/>\n  <nop><action><exec rtp_stream="{voice},-1,8"/></action></nop>'
    text = text.replace('<recv request="ACK"/>', speaks, 1)
    rows = [f"[authentication username={phone} password={secret}]" for phone, secret in secrets.items()]
    room = 4 * len(secrets) + 200
    port, low = free_port(), media_ports(room)
    options = [
        "-p",
        str(port),
        "-aa",
        "-inf",
        "phones.csv",
        "-min_rtp_port",
        str(low),
        "-max_rtp_port",
        str(low + room),
    ]
    csv = "SEQUENTIAL\n" + "\n".join(rows) + "\n"
    async with sipp(network, "phones.xml", options, {"phones.csv": csv, "phones.xml": text}) as run:
        await run.listening(port, network.local)
        floor = Phones(network, secrets, run, port)
        yield floor


@contextlib.asynccontextmanager
async def voiced_customers(network: Network, port: int) -> AsyncIterator[Run]:
    """Customers who are called, as in `demo.customers`, sending a tone of 450 Hz."""
    text = (SCENARIOS / "customers.xml").read_text("utf-8")
    speaks = '<recv request="ACK"/>\n  <nop><action><exec rtp_stream="tone.al,-1,8"/></action></nop>'
    low = media_ports(20)
    options = ["-p", str(port), "-aa", "-min_rtp_port", str(low), "-max_rtp_port", str(low + 20)]
    async with sipp(
        network, "customers.xml", options, {"customers.xml": text.replace('<recv request="ACK"/>', speaks, 1)}
    ) as run:
        await run.listening(port, network.local)
        yield run
