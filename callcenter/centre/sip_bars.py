"""Bars addresses that guess SIP secrets from the embedded PBX for a while, and counts refused requests."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from callcenter.asterisk.ami_protocol import Message
from callcenter.asterisk.sip_guard import Tally, refusal
from callcenter.asterisk.translate import instant
from callcenter.centre.pbx_config import Configuration
from callcenter.clock import Clock
from callcenter.settings import Settings

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 5.0


class Bars:
    """`take` receives AMI events of refused requests; the bar is an ACL in the rendered files (render/sip.py)."""

    def __init__(self, settings: Settings, configuration: Configuration, clock: Clock) -> None:
        pbx = settings.pbx
        spared = [*pbx.bar.never, pbx.trunk_host, *pbx.trunk.match, *pbx.phones.networks]
        for trunk in pbx.fallback_trunks:
            spared += [trunk.host, *trunk.match]
        # An external Asterisk is not written to: there fail2ban bars addresses (deploy/fail2ban).
        most = pbx.bar.attempts if pbx.embedded else 0
        self.tally = Tally(most, pbx.bar.seconds, timedelta(minutes=pbx.bar.minutes), spared)
        self._configuration = configuration
        self._clock = clock

    def take(self, message: Message) -> None:
        """Count the refusal that this event reports, if any, and bar its address when it exceeds the limit."""
        seen = refusal(message.name, message.get("RemoteAddress"), instant(message, self._clock()))
        if seen is None:
            return
        if self.tally.take(seen):
            log.error("sip_address_barred", address=seen.address, kind=seen.kind)
            self._apply()

    async def run(self) -> None:
        """Lift expired bars."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.tally.expire(self._clock()):
                self._apply()

    def _apply(self) -> None:
        self._configuration.barred = tuple(sorted(self.tally.barred))
        self._configuration.changed.set()
