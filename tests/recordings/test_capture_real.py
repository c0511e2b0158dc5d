"""Recording by Asterisk alone: no service runs beside it, and the two voices lie on their own channels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line
from callcenter.demo.callers import Caller, calls
from callcenter.demo.desk import until
from callcenter.demo.phones import Phones, answers
from callcenter.settings import Settings
from recordings.model import Kind, Party, Take, read_name, takes_of
from tests.pbx import ORDERS, SALES, SECRETS, PrivatePbx, private_pbx, site_of
from tests.recordings.floor import AGENT_HERTZ, CALLER_HERTZ, voiced_phones
from tests.recordings.sounds import samples, share_of

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
NEVER = "073188880003"


@dataclass(frozen=True)
class Studio:
    pbx: PrivatePbx
    floor: Phones

    @property
    def spool(self) -> Path:
        return Path(self.pbx.site.spool)

    def takes(self) -> list[Take]:
        return takes_of(path.name for path in self.spool.iterdir()) if self.spool.is_dir() else []

    async def idle(self) -> None:
        async def no_calls() -> bool:
            return "0 active channels" in await self.pbx.console("core show channels count")

        await until(no_calls, 8.0, "the calls have ended", every=0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    home: Path = tmp_path_factory.mktemp("studio")
    site = site_of(home / "pbx", Tree(Settings().pbx_root))
    lines = (
        Line("after_sales", (SALES,), "after_sales", record="always"),
        Line("orders", (ORDERS,), "orders", record="consent"),
        Line("quiet", (NEVER,), "orders", record="never"),
    )
    async with private_pbx(home / "pbx", replace(site, lines=lines, record_outbound="always")) as pbx:
        async with voiced_phones(pbx.network, SECRETS, home / "voices") as floor:
            yield Studio(pbx, floor)


async def test_a_call_is_recorded_from_the_answer_on_each_voice_in_its_own_file(studio: Studio) -> None:
    await studio.floor.register({"1001": answers(after=1.5)})
    await studio.pbx.staff("after_sales", "1001")
    hostile = "../../etc/passwd`touch /tmp/x`$(id)'; rm -rf /"
    async with calls(studio.pbx.network, [Caller("13900000001", SALES, hostile, talks=5)]) as ringing:
        await studio.floor.see("answered", "1001")
        assert await ringing.over()
    await studio.idle()
    (take,) = studio.takes()
    assert (take.kind, take.line) == (Kind.INBOUND, "after_sales")
    assert all(read_name(path.name) for path in studio.spool.iterdir())
    caller, agent = (samples(studio.spool / take.file(party)) for party in (Party.CALLER, Party.AGENT))
    assert 4.5 < len(caller) / 8000 < 5.5
    assert abs(len(caller) - len(agent)) < 1600
    assert share_of(CALLER_HERTZ, caller) > 0.9 > 0.05 > share_of(AGENT_HERTZ, caller)
    assert share_of(AGENT_HERTZ, agent) > 0.9 > 0.05 > share_of(CALLER_HERTZ, agent)
