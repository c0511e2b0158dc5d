"""R7 on a real centre: a carrier that stops answering, or that refuses the registration, is an alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.demo.api_client import until as until_state
from callcenter.demo.sipp import free_port
from tests.e2e.centre import running_centre
from tests.e2e.test_alarms import Robot, alarm, robot
from tests.support.sip import station, until

__all__ = ["robot"]
pytestmark = [pytest.mark.pbx, pytest.mark.timeout(200)]


async def test_R7_a_trunk_that_stops_answering_and_one_that_refuses_the_registration_are_alarms(
    tmp_path: Path, robot: Robot
) -> None:
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
            carrier.lost = False
            await alarm(centre, lambda a: a["id"] == gone["id"] and a["ended_at"] is not None, "its end", 60)
            carrier.registration = 403
            await centre.console("pjsip send register trunk")
            refused = await alarm(centre, lambda a: a["cause"] == "trunk_unregistered", "the registration's alarm", 60)
            assert refused["ended_at"] is None
            carrier.registration = 200
            await centre.console("pjsip send register trunk")
            await alarm(centre, lambda a: a["id"] == refused["id"] and a["ended_at"] is not None, "its end", 60)
