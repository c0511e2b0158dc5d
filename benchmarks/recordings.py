"""Records sixty simultaneous calls on a real Asterisk: nothing missing, and the CPU time the recorder adds.

The baseline is the same sixty calls on a line that is never recorded, in the same Asterisk.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.result import Result
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line, Phone, Queue
from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from callcenter.settings import Settings
from recordings.model import Party, takes_of
from recordings.spool import Spool
from tests.recordings.floor import AGENT_HERTZ, CALLER_HERTZ, voiced_phones
from tests.recordings.sounds import samples, share_of
from tests.support.pbx import PrivatePbx, private_pbx, site_of

COMMAND = "python -m benchmarks recording_60"
CALLS, TALK_SECONDS = 60, 15.0
RECORDED, PLAIN = "073188880001", "073188880002"
AGENTS = {f"{2000 + n}": f"secret-{n}" for n in range(CALLS)}


async def run() -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="ccrec") as name:
        home = Path(name)
        site = replace(
            site_of(home / "pbx", Tree(Settings().pbx_root)),
            phones=tuple(Phone(number, secret, number) for number, secret in AGENTS.items()),
            lines=(Line("kept", (RECORDED,), "all", record="always"), Line("plain", (PLAIN,), "all")),
            queues=(Queue("all", "linear", 20),),
        )
        site = replace(site, rtp_end=site.rtp_start + 1000)
        async with private_pbx(home / "pbx", site) as pbx, voiced_phones(pbx.network, AGENTS, home / "voices") as floor:
            await floor.register(dict.fromkeys(AGENTS, answers(0.2)))
            for number in AGENTS:
                await pbx.console(f"queue add member PJSIP/{number} to all penalty 0 as {number}")
            plain = await _cpu_of(pbx, PLAIN)
            recorded = await _cpu_of(pbx, RECORDED)
        whole = _whole(Spool(Path(site.spool)))
    return [
        Result("recordings whole, voices on their channels", whole, "of 60", CALLS, whole / CALLS, "60", COMMAND),
        Result("Asterisk CPU, 60 recorded calls", recorded, "s", plain, recorded / plain, "below 2x", COMMAND),
    ]


async def _cpu_of(pbx: PrivatePbx, number: str) -> float:
    """Asterisk's CPU seconds for sixty simultaneous calls."""
    before = _cpu(pbx)
    crowd = [Caller(f"139{n:08}", number, talks=TALK_SECONDS) for n in range(CALLS)]
    async with calls(pbx.network, crowd, per_second=12.0) as ringing:
        await ringing.over(120.0)

    async def no_calls() -> bool:
        return "0 active channels" in await pbx.console("core show channels count")

    await until(no_calls, 20.0, "the calls have ended", every=0.2)
    return _cpu(pbx) - before


def _cpu(pbx: PrivatePbx) -> float:
    words = Path(f"/proc/{pbx.pbx.pid()}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _whole(spool: Spool) -> int:
    """How many recordings have both voices, at full length, each on its own channel."""
    good = 0
    for take in takes_of(os.listdir(spool.folder)):
        sounds = [(samples(spool.folder / take.file(party)), party) for party in Party]
        good += all(
            len(sound) > (TALK_SECONDS - 3) * 8000
            and share_of(CALLER_HERTZ if party is Party.CALLER else AGENT_HERTZ, sound) > 0.8
            for sound, party in sounds
        )
    return good


if __name__ == "__main__":
    for entry in asyncio.run(run()):
        os.write(1, f"{entry}\n".encode())
