"""Builds Asterisk's configuration from settings and database, and writes it for the embedded PBX."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import replace

import structlog
from phonenumbers import country_code_for_region

from callcenter.agents.service import AgentService
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.embedded import Applied, Embedded, PbxDown
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import HostileValue, Line, Phone, Queue, Site, render
from callcenter.asterisk.render.connects import Connects
from callcenter.asterisk.render.site import Caller, Overflow
from callcenter.asterisk.render.site import Phones as DeskPhones
from callcenter.calls.ring import CADENCES, Cadence, cadence_of, move_on_seconds
from callcenter.centre.pbx_trunks import dialling_of, further_trunk, trunk_of
from callcenter.centre.speakers import no_speaker_sounds
from callcenter.customers.numbers import spellings_of
from callcenter.facts import AgentNumber
from callcenter.routing.ladder import RUNGS, TEAM, openings, own_queue, own_seconds, queue_beside
from callcenter.routing.model import Line as OurLine
from callcenter.routing.model import Queue as OurQueue
from callcenter.routing.service import LineService, QueueService
from callcenter.settings import Settings

log = structlog.get_logger(__name__)
SOUND_LANGUAGES = {"zh-CN": "zh", "en": "en"}
WRAP_UP_NET_SECONDS = 5
DIALPLAN_RELOAD = "dialplan reload"
WAIT_FOREVER = 86_400
"""A queue without a limit still ends the wait after a day, so that no caller stays in it forever."""


def embedded_of(settings: Settings) -> Embedded:
    return Embedded(settings.pbx_home, Tree(settings.pbx_root))


def secrets_of(settings: Settings, pbx: Embedded) -> tuple[str, str]:
    """The AMI secrets of the events and the control login: from the settings, otherwise generated."""
    events, control = settings.pbx.events_secret.get_secret_value(), settings.pbx.control_secret.get_secret_value()
    if events and control:
        return events, control
    generated = pbx.secrets()
    return events or generated["events"], control or generated["control"]


def login_of(settings: Settings, user: str, secret: str, *, events: bool) -> AmiLogin:
    """A login to Asterisk's AMI."""
    pbx = settings.pbx
    return AmiLogin(
        host=pbx.ami_host,
        port=pbx.ami_port,
        user=user,
        secret=secret,
        events=events,
        connect_seconds=5.0,
        answer_seconds=pbx.action_timeout_seconds,
        ping_seconds=pbx.ping_seconds,
        tls=ssl.create_default_context(cafile=str(pbx.ami_tls_ca) if pbx.ami_tls_ca else None) if pbx.ami_tls else None,
        stale_seconds=pbx.stale_seconds,
    )


def line_cadence(line: OurLine, settings: Settings) -> Cadence:
    return CADENCES.get(line.cadence_country) or cadence_of(settings.policy.cadence_country)


def _overflow(line: OurLine) -> Overflow | None:
    to = line.overflow_line or line.overflow_to
    return Overflow(to, bool(line.overflow_line), line.overflow_seconds, line.overflow_nobody) if to else None


Roles = Callable[[], Awaitable[Mapping[str, Collection[str]]]]
"""The roles of people who sign in as an agent, by agent number."""


async def no_roles() -> Mapping[str, Collection[str]]:
    """The default for `roles`."""
    return {}


Asking = Callable[[], Awaitable[Mapping[str, Connects | None]]]


async def nobody_asks() -> Mapping[str, Connects | None]:
    """The default for `asking`."""
    return {}


class Configuration:
    """Renders the configuration after each change and applies it; one run at a time."""

    def __init__(
        self,
        settings: Settings,
        pbx: Embedded,
        agents: AgentService,
        lines: LineService,
        queues: QueueService,
        roles: Roles = no_roles,
    ) -> None:
        self._settings = settings
        self._pbx = pbx
        self._agents = agents
        self._lines = lines
        self._queues = queues
        self._roles = roles
        self.barred: tuple[str, ...] = ()
        """Addresses whose SIP requests are refused (sip_bars.py)."""
        self.asking: Asking = nobody_asks
        """The lines with a flow (ivr/flows), each with how the flow connects where it asks nothing."""
        self.callers: Mapping[str, Caller] = {}
        """Callers who are not served in the order of arrival, by the key of their number."""
        self.on_reload: list[Callable[[], object]] = []
        """Called after Asterisk has reloaded its dialplan; must not block."""
        self.changed = asyncio.Event()

    async def site(self) -> Site:
        """The configuration that follows from the current settings and database."""
        settings, pbx = self._settings, self._settings.pbx
        events, control = await asyncio.to_thread(secrets_of, settings, self._pbx)
        lines, queues = await self._lines.lines(), await self._queues.queues()
        accounts = await self._agents.phone_accounts()
        asking = await self.asking()
        return Site(
            name=pbx.name,
            home=str(self._pbx.home),
            modules=str(self._pbx.tree.modules),
            data=str(self._pbx.tree.data),
            ami_host=pbx.ami_host,
            ami_port=pbx.ami_port,
            events_user=pbx.events_user,
            events_secret=events,
            control_user=pbx.control_user,
            control_secret=control,
            sip_host=pbx.sip_host,
            sip_port=pbx.sip_port,
            http_port=pbx.http_port,
            rtp_start=pbx.rtp_start,
            rtp_end=pbx.rtp_end,
            silence_seconds=pbx.silence_seconds,
            agi_host=pbx.agi_host,
            agi_port=pbx.agi_port,
            country=settings.policy.cadence_country,
            trunk_host=pbx.trunk_host,
            trunk_port=pbx.trunk_port,
            trunk_user=pbx.trunk_user,
            trunk_secret=pbx.trunk_secret.get_secret_value(),
            trunk=trunk_of(pbx.trunk),
            more_trunks=tuple(further_trunk(trunk) for trunk in pbx.fallback_trunks),
            desk_phones=DeskPhones(pbx.phones.transport, pbx.phones.encryption, pbx.phones.networks),
            tls_port=pbx.tls_port,
            tls_certificate=str(pbx.tls_certificate.resolve()) if pbx.tls_certificate else "",
            tls_key=str(pbx.tls_key.resolve()) if pbx.tls_key else "",
            outbound_number=pbx.outbound_number,
            dialling=dialling_of(settings, await self._roles()) if pbx.dial.guarded else None,
            phone_codes=settings.roster.phone_codes,
            barred=self.barred,
            priority_seconds=settings.policy.priority_seconds,
            callers=self.callers if pbx.embedded else {},
            country_code=str(country_code_for_region(settings.region)),
            log_dir=str(settings.pbx_log_dir),
            log_fifo=str(settings.pbx_log_fifo or ""),
            phones=tuple(Phone(a.phone, a.secret, a.agent, a.kind.value) for a in accounts),
            lines=tuple(self._line(line, lines, asking) for line in lines),
            record_outbound=settings.recordings.outbound,
            spool_dir=str(settings.recording_spool),
            queues=tuple(
                each for queue in queues for each in self._queues_of(queue, lines, {a.agent for a in accounts})
            ),
        )

    def _dids(self, line: OurLine, lines: list[OurLine]) -> tuple[str, ...]:
        """The line's numbers as entered, then in the forms in which other carriers send them."""
        entered = {did for other in lines for did in other.dids}
        others = [
            spelling
            for did in line.dids
            for spelling in spellings_of(did, self._settings.region)
            if spelling not in entered
        ]
        return tuple(dict.fromkeys((*line.dids, *others)))

    def _line(self, line: OurLine, lines: list[OurLine], asking: Mapping[str, Connects | None]) -> Line:
        return Line(
            line.code,
            self._dids(line, lines),
            line.queue,
            SOUND_LANGUAGES.get(line.language, "en"),
            line.record or self._settings.recordings.rule,
            line.recording_notice,
            line.take_message,
            asks=line.code in asking,
            connects=asking.get(line.code),
            hears=self._settings.pbx.hears(line.code),
            greeting=line.greeting,
            priority=line.priority,
            # Looked up: a caller's own agent, and any standing where the files are rendered on request only.
            looks_up=bool(line.own_agent_seconds or (self.callers and not self._settings.pbx.embedded)),
            own_seconds=self._own_seconds(line),
            overflow=_overflow(line),
            survey=self._settings.pbx.rates(line.code),
        )

    def _own_seconds(self, line: OurLine) -> int:
        policy = self._settings.policy
        return own_seconds(line.own_agent_seconds, policy.ring_limit, line_cadence(line, self._settings).period)

    def _queues_of(self, queue: OurQueue, lines: list[OurLine], agents: Collection[AgentNumber]) -> Iterator[Queue]:
        """The queue and the ladders beside it.

        The ring time is the longest that any line of this queue allows, so no line's rule is cut short (R1); the rungs
        open by the shortest ring, so that none is late for any line.
        """
        policy = self._settings.policy
        at_ring = queue.move_on_at_ring or policy.move_on_at_ring
        leading = [line for line in lines if line.queue == queue.code]
        cadences = [line_cadence(line, self._settings) for line in leading]
        periods = [cadence.period for cadence in cadences or [cadence_of(policy.cadence_country)]]
        longest = max(cadences or [cadence_of(policy.cadence_country)], key=lambda c: c.period)
        wrap_up = policy.wrap_up_seconds if queue.wrap_up_seconds is None else queue.wrap_up_seconds
        own = Queue(
            queue.code,
            queue.strategy,
            move_on_seconds(at_ring, longest),
            queue.max_wait_seconds or WAIT_FOREVER,
            min(WRAP_UP_NET_SECONDS, wrap_up),
            announce_seconds=queue.announce_seconds,
        )
        yield own
        limit = queue.ring_limit or policy.ring_limit
        alone = max((self._own_seconds(line) for line in leading), default=0)
        for ladder in (*queue.dialects, *((TEAM,) if self._settings.callbacks.vip_team else ())):
            rungs = openings(policy.rung_seconds, limit, min(periods), 2 if ladder == TEAM else RUNGS, alone)
            sounds = no_speaker_sounds(queue, ladder, leading)
            yield replace(own, code=queue_beside(queue.code, ladder), rungs=rungs, no_speaker=sounds)
        for agent in sorted(agents) if alone else ():
            yield replace(own, code=own_queue(queue.code, agent), own=True)

    async def apply(self) -> Applied:
        """Render and write the files that differ; a running Asterisk reloads only those."""
        files = render(await self.site())
        applied = await asyncio.to_thread(self._pbx.write, files)
        if DIALPLAN_RELOAD in applied.reloaded:
            for listener in self.on_reload:
                listener()
        return applied

    def know(self, callers: Mapping[str, Caller]) -> None:
        """Render again if the callers' standings or dialects have changed."""
        if callers != self.callers:
            self.callers = dict(callers)
            self.changed.set()

    async def run(self) -> None:
        """Apply after each change until cancelled. An external Asterisk is never written to."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            if not self._settings.pbx.embedded:
                log.warning("pbx_render_needed", hint="callcenter pbx render --out DIR")
                continue
            try:
                applied = await self.apply()
                log.info("pbx_configured", changed=applied.changed, reloaded=applied.reloaded)
            except (HostileValue, PbxDown, OSError) as error:
                log.error("pbx_not_configured", cause=type(error).__name__, detail=str(error)[:200])
