"""Simulates callers from the carrier's side, each with a number, a name, a patience and a way to end the call."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.demo.phones import FOREVER_MS
from callcenter.demo.ports import free_port, media_ports
from callcenter.demo.sipp import SCENARIOS, Network, Run, SippFailed, sipp


@dataclass(frozen=True, slots=True)
class Caller:
    """Times in seconds.

    `patience` runs until the call is answered; `talks` runs from then on, after which the caller hangs up
    first (None: waits for the other side to). Our lines answer at once, before the queue, which ends patience.
    """

    number: str
    dials: str
    name: str = ""
    patience: float = 120.0
    talks: float | None = None
    tone: bool = True

    def row(self, name: str) -> str:
        """This caller as a line of the injection file of scenarios/caller.xml."""
        talks = FOREVER_MS if self.talks is None else round(self.talks * 1000)
        return f"{self.number};{name};{self.dials};{round(self.patience * 1000)};{talks};{self.tone:d}"


@contextlib.asynccontextmanager
async def calls(
    network: Network, callers: Sequence[Caller], per_second: float = 10.0, voice: Path | None = None
) -> AsyncIterator[Run]:
    """Place these calls, `per_second` of them; calls still up when the block ends are hung up.

    `voice` is A-law sound that they repeat instead of a tone.

    Events: `called`, `progress`, `ringing`, `answered`, `gave_up`, `refused`, `hung_up` (by the caller),
    `was_hung_up` (by the other side).
    """
    names = [quoted(caller.name) for caller in callers]
    options = _options(len(callers), per_second)
    files = {}
    text = (SCENARIOS / "caller.xml").read_text("utf-8")
    if voice is not None:
        files["caller.xml"] = text = text.replace("tone.al,-1,8", f"{voice},-1,8")
    if any(";" in name for name in names):
        if len(callers) > 1:
            raise SippFailed("a name with a semicolon needs a run of its own")
        options += ["-key", "caller_name", names[0]]
        files["caller.xml"] = text.replace("[field1]", "[caller_name]")
        names = [""]
    rows = [caller.row(name) for caller, name in zip(callers, names, strict=True)]
    files["callers.csv"] = "SEQUENTIAL\n" + "\n".join(rows) + "\n"
    async with sipp(network, "caller.xml", options, files) as run:
        yield run


def _options(callers: int, per_second: float) -> list[str]:
    """SIPp's options for this many calls at once; a call needs up to four media ports."""
    room = 4 * callers + 20
    low = media_ports(room)
    # SIPp takes a whole number of calls per period: ten seconds allow tenths of a call per second.
    rate = ["-r", f"{max(1, round(per_second * 10))}", "-rp", "10000"]
    media = ["-min_rtp_port", str(low), "-max_rtp_port", str(low + room)]
    return [
        *("-p", str(free_port()), "-m", str(callers), "-l", str(callers), "-aa", "-inf", "callers.csv"),
        *rate,
        *media,
    ]


def quoted(name: str) -> str:
    """A display name as the inside of a quoted string (RFC 3261, 25.1); a header cannot carry line breaks."""
    if set(name) & set("\r\n\0"):
        raise SippFailed("a name with a line end cannot be sent in a SIP header")
    return name.replace("\\", "\\\\").replace('"', '\\"')
