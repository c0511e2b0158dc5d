"""R7 on a real centre: a carrier that stops answering, or that refuses the registration, is an alarm."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter import clock
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.control import Control
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Trunk
from callcenter.centre.trunk_watch import TrunkLook, TrunkWatch
from callcenter.demo.api_client import until as until_state
from callcenter.demo.ports import free_port
from callcenter.settings import PbxSettings, Settings
from tests.e2e.centre import running_centre
from tests.e2e.test_alarms import Robot, alarm, robot
from tests.support.pbx import private_pbx, site_of
from tests.support.sip import station, until

__all__ = ["robot"]
pytestmark = [pytest.mark.pbx, pytest.mark.timeout(200)]


async def test_R7_a_trunk_that_stops_answering_is_an_alarm_until_it_answers(tmp_path: Path, robot: Robot) -> None:
    port = free_port()
    settings = {
        **robot.settings(),
        "CC_PBX__TRUNK_HOST": "127.0.0.1",
        "CC_PBX__TRUNK_PORT": str(port),
        "CC_PBX__TRUNK_USER": "centre",
        "CC_PBX__TRUNK_SECRET": "secret-of-the-trunk",
        "CC_PBX__TRUNK__QUALIFY_SECONDS": "2",
    }
    async with station(("127.0.0.1", 9), port=port) as carrier:
        async with running_centre(tmp_path / "c", settings) as centre:
            carrier.pbx = (centre.centre.settings.pbx.sip_host, centre.centre.settings.pbx.sip_port)
            await until(lambda: bool(carrier.registers), 60, "the registration")

            async def answers(state: str) -> bool:
                return state in await centre.console("pjsip show contacts")

            await until_state(lambda: answers("Avail"), 40, "the carrier answers")
            assert await centre.api.items("/alarms") == []
            carrier.lost = True
            gone = await alarm(centre, lambda a: a["kind"] == "trunk", "the trunk's alarm", 60)
            assert (gone["subject"], gone["cause"], gone["calls"]) == ("127.0.0.1", "trunk_unreachable", "unknown")
            await until(lambda: any("carrier does not answer" in text for text in robot.texts), 15, "the notification")
            # The carrier has started again and does not know the centre: the service registers at once, and is refused.
            before, carrier.registration = len(carrier.registers), 403
            carrier.lost = False
            await alarm(centre, lambda a: a["id"] == gone["id"] and a["ended_at"] is not None, "its end", 60)
            await until(lambda: len(carrier.registers) > before, 30, "another registration")
            refused = await alarm(centre, lambda a: a["cause"] == "trunk_unregistered", "the refusal's alarm", 60)
            assert (refused["subject"], refused["kind"]) == ("127.0.0.1", "trunk")
            carrier.registration = 200
            await centre.console("pjsip send register trunk")
            await alarm(centre, lambda a: a["id"] == refused["id"] and a["ended_at"] is not None, "its end", 60)


async def test_R7_a_carrier_that_refuses_the_registration_is_an_incoming_line_out_of_order(tmp_path: Path) -> None:
    port = free_port()
    site = site_of(tmp_path / "p", Tree(Settings().pbx_root))
    asked = Trunk(qualify_seconds=2)
    site = replace(site, trunk_host="127.0.0.1", trunk_port=port, trunk_user="centre", trunk_secret="s", trunk=asked)
    async with station(("127.0.0.1", site.sip_port), port=port) as carrier, private_pbx(Path(site.home), site) as pbx:
        control = Control(AmiLogin("127.0.0.1", site.ami_port, "cc-control", "c" * 20, events=False), clock.now)
        running, watch = asyncio.create_task(control.run()), TrunkWatch()
        look = TrunkLook(control, PbxSettings(trunk_host="127.0.0.1", trunk_port=port, trunk_user="centre"), watch)

        async def causes() -> list[str]:
            await look.look()
            return [trouble.cause for trouble in watch.troubles()]

        async def registered() -> bool:
            return await causes() == [] and "Registered" in await pbx.console("pjsip show registrations")

        try:
            await until_state(registered, 40, "the registration", every=0.5)
            carrier.registration = 403
            await pbx.console("pjsip send register trunk")

            async def refused() -> bool:
                return await causes() == ["trunk_unregistered"]

            await until_state(refused, 30, "the refusal", every=0.5)
            carrier.registration = 200
            await pbx.console("pjsip send register trunk")
            await until_state(registered, 30, "the registration again", every=0.5)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
