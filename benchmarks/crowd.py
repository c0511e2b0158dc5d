"""Builds a whole centre with many agents for the benchmarks: one line, all agents on duty, uniform phones."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.routing import DID, known, sign_in, staff
from callcenter.demo.api_client import ApiClient, until
from callcenter.demo.centre import Centre, other_ports
from callcenter.demo.phones import Phones, Temper, phones
from callcenter.settings import Settings

__all__ = ["DID", "Crowd", "crowd"]


@dataclass(frozen=True, slots=True)
class Crowd:
    centre: Centre
    api: ApiClient
    floor: Phones
    token: str


@asynccontextmanager
async def crowd(agents: int, temper: Temper, more: Mapping[str, str]) -> AsyncIterator[Crowd]:
    """A running centre with `agents` free members in its queue; stopped when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    numbers = tuple(str(2001 + place) for place in range(agents))
    quiet = {
        "CC_POLICY__WRAP_UP_SECONDS": "0",
        "CC_POLICY__MISSES_BEFORE_PAUSE": "0",
        "CC_RECORDINGS__RULE": "never",
    }
    centre = Centre(folder, Settings().pbx_root, other_ports(), {**quiet, **more})
    try:
        await centre.start()
        await centre.account("admin", "admin", "administrator")
        token = await centre.token("admin")
        async with ApiClient(centre.origin, token) as api:
            secrets = await staff(api, numbers)
            await known(centre, numbers)
            async with phones(centre.network, secrets) as floor:
                await floor.register(dict.fromkeys(numbers, temper))
                await sign_in(api, numbers)

                async def free() -> bool:
                    return centre.pbx.console("queue show sales").count("Not in use") >= agents

                await until(free, 60, "all members are free", every=0.5)
                yield Crowd(centre, api, floor, token)
    finally:
        await centre.stop()
        shutil.rmtree(folder, ignore_errors=True)
