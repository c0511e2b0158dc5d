"""Tests that strangers at a running centre's SIP port get nothing, are counted, and are blocked when they persist."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.demo.api_client import until as until_true
from tests.asterisk.test_sip_guard import banned
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.sip import station

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
THIEF, SCANNER = "127.0.5.5", "127.0.6.6"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    folder: Path = tmp_path_factory.mktemp("strangers")
    async with running_centre(folder, {"CC_PBX__BAR__ATTEMPTS": "4"}) as running:
        yield running


async def counted(centre: RunningCentre, kind: str) -> float:
    text = await centre.api.text("/metrics")
    return float(
        next(line for line in text.splitlines() if f'cc_sip_refused_total{{kind="{kind}"}}' in line).split()[1]
    )


async def test_an_address_that_guesses_a_phones_secret_is_blocked_and_the_phone_is_not(centre: RunningCentre) -> None:
    here = ("127.0.0.1", centre.centre.ports["CC_PBX__SIP_PORT"])
    secret = centre.floor._secrets["1001"]
    async with station(here, "1001", "guessed", local=THIEF) as thief, station(here, "1001", secret) as phone:
        for _ in range(4):
            assert await thief.register() in (401, 403)

        async def barred() -> bool:
            return (
                THIEF in await centre.console("pjsip show acls")
                or THIEF in (centre.centre.pbx.etc / "pjsip.conf").read_text()
            )

        await until_true(barred, 10, "the address is barred", every=0.1)

        async def refused() -> bool:
            return await thief.register(secret=secret) == 403

        await until_true(refused, 10, "even the right secret is refused from there", every=0.2)
        assert await phone.register() == 200
        assert await counted(centre, "wrong_secret") >= 4
        assert "cc_sip_barred 1.0" in await centre.api.text("/metrics")
    log = (centre.centre.pbx.home / "log/messages.log").read_text().splitlines()
    assert THIEF in {banned(line) for line in log}


async def test_an_anonymous_call_and_a_scanner_reach_no_line_and_are_counted(centre: RunningCentre) -> None:
    here = ("127.0.0.1", centre.centre.ports["CC_PBX__SIP_PORT"])
    before = await counted(centre, "unknown_account")
    async with station(here, "friendly-scanner", "x", local=SCANNER) as scanner:
        call = await scanner.call(SALES, "anonymous")
        await call.status(401)
        assert await scanner.register() in (401, 403)
        assert await scanner.register() in (401, 403)
        assert call.statuses == [401]

    async def seen() -> bool:
        return await counted(centre, "unknown_account") > before

    await until_true(seen, 10, "the refusals are counted", every=0.2)
    assert not await centre.calls("anonymous")
