"""Joins call control to the PBX, the live picture, the dialling rules and the do-not-call list."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.agents.service import AgentService
from callcenter.asterisk.call_commands import CallCommands
from callcenter.asterisk.render.toll import EMERGENCY, class_of
from callcenter.callbacks.dialling.numbers import dialled
from callcenter.callbacks.store import barred
from callcenter.calls.after_call.http import routes as after_call_routes
from callcenter.calls.after_call.service import AfterCalls
from callcenter.calls.control.acts import Acts
from callcenter.calls.control.errors import BadNumber, DialNotAllowed, NumberBarred
from callcenter.calls.control.http import routes
from callcenter.calls.control.live_calls import LiveCalls
from callcenter.calls.control.service import CallControl
from callcenter.calls.control.transfer_http import routes as transfer_routes
from callcenter.calls.control.transfers import Transfers
from callcenter.calls.kept.service import KeptCallers
from callcenter.calls.pages.http import routes as page_routes
from callcenter.calls.quality.http import routes as quality_routes
from callcenter.calls.quality.service import CallQuality
from callcenter.calls.timeline.http import routes as timeline_routes
from callcenter.calls.timeline.service import Timelines
from callcenter.calls.wrap_up.http import routes as wrap_up_routes
from callcenter.calls.wrap_up.service import WrapUps
from callcenter.centre.case_calls import CaseCalls
from callcenter.centre.contributions import Contributions
from callcenter.centre.pbx_config import Roles
from callcenter.centre.pbx_trunks import dialling_of
from callcenter.centre.phone_codes import join_phone_codes
from callcenter.centre.supervision import Calls, join_supervision
from callcenter.customers.service import CustomerService
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents

_NUMBER: Final = re.compile(r"\+?[0-9]{3,20}")
_BETWEEN: Final = re.compile(r"[\s().\-]")


@dataclass(frozen=True, slots=True)
class DialPermission:
    """The dialplan enforces the same rules; asked here first, a refusal is a sentence instead of a dead line."""

    settings: Settings
    database: Database
    agents: AgentService
    lines: LineService
    customers: CustomerService
    roles: Roles

    async def permitted(self, number: str, line: str | None, phone: str, agent: str) -> str:
        """Return the digits to dial. Raises BadNumber, DialNotAllowed, NumberBarred, UnknownLine."""
        if line is not None:
            await self.lines.line(line)
        digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", number))
        colleagues = {known.name for other in await self.agents.agents(active=True) for known in other.phones}
        if digits in colleagues:
            return digits
        if not _NUMBER.fullmatch(digits):
            raise BadNumber("this is no telephone number")
        if digits not in self.settings.pbx.dial.emergency:
            key = self.customers.key_of(digits) or digits
            async with self.database.read() as session:
                if await barred(session, key) is not None:
                    raise NumberBarred("this number is on the do-not-call list")
            digits = dialled(key, self.settings.region, self.settings.callbacks.dial_as)
        await self._check_class(digits, phone, agent)
        return digits

    async def _check_class(self, digits: str, phone: str, agent: str) -> None:
        if not self.settings.pbx.dial.guarded:
            return
        rules = dialling_of(self.settings, await self.roles())
        kind = class_of(self.settings.policy.cadence_country, rules.emergency, digits)
        if kind != EMERGENCY and kind not in rules.phones.get(phone, rules.people.get(agent, rules.classes)):
            raise DialNotAllowed("your phone may not dial this class of number", dial_class=kind)


def join_call_control(contributions: Contributions) -> CallControl:
    core = contributions.core
    audit = core.web_services.audit
    acts = Acts(core.database, core.clock, Intents(core.database, core.clock), audit)
    permission = DialPermission(
        core.settings, core.database, core.agents, core.lines, core.customers, core.web_services.people.roles_of_agents
    )
    commands = CallCommands(core.control)
    live = LiveCalls(core.settings.pbx.name, core.control, core.calls, core.agents, core.presence, core.live, acts)
    cases = CaseCalls(acts, contributions.complaints.cases, contributions.complaints.attachments)
    contributions.listeners.append(cases.calls_recorded)
    control = CallControl(
        acts=acts,
        clock=core.clock,
        live=live,
        pbx=core.control,
        commands=commands,
        floor=core.live,
        permission=permission,
        publish=core.feed.publish,
        ring_seconds=core.settings.callbacks.ring_seconds,
        may_attach=cases.check,
    )
    transfers = Transfers(acts, live, commands, permission, core.queues.queue)
    wrap_ups = WrapUps(core.clock, audit, core.live)
    after_calls = AfterCalls(core.database, core.clock, audit, core.presence, core.live)
    core.live.on_agent.append(after_calls.seen)
    contributions.tasks["after-calls"] = after_calls.run
    zone = ZoneInfo(core.settings.timezone)
    timelines = Timelines(core.database, core.clock, zone, core.agents, core.presence, core.calls, core.live)
    quality = CallQuality(core.database, core.clock, core.calls, core.live)
    contributions.quality = quality
    contributions.routes += [
        quality_routes(quality),
        timeline_routes(timelines),
        routes(control),
        transfer_routes(transfers),
        wrap_up_routes(wrap_ups),
        page_routes(core.clock, core.live),
        after_call_routes(after_calls),
    ]
    kept_callers = KeptCallers(core.settings.pbx.name, core.control, commands, acts, core.live, core.clock)
    core.live.on_agent.append(kept_callers.seen)
    contributions.phone_ended = kept_callers.lost
    join_phone_codes(contributions, commands)
    join_supervision(contributions, Calls(acts, live, commands))
    return control
