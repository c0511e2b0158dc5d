"""Joins supervision to call control, the live picture and the PBX."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.asterisk.call_commands import CallCommands
from callcenter.calls.control.acts import Acts
from callcenter.calls.control.live_calls import LiveCalls
from callcenter.centre.contributions import Contributions
from callcenter.supervision.hands.http import routes as hand_routes
from callcenter.supervision.hands.service import RaisedHands
from callcenter.supervision.messages.http import routes as message_routes
from callcenter.supervision.messages.service import Messages
from callcenter.supervision.monitoring.http import routes as monitoring_routes
from callcenter.supervision.monitoring.model import Notice
from callcenter.supervision.monitoring.service import Monitoring
from callcenter.supervision.waiting.http import routes as waiting_routes
from callcenter.supervision.waiting.service import WaitingCallers


@dataclass(frozen=True, slots=True)
class Calls:
    """What call control and supervision share."""

    acts: Acts
    live: LiveCalls
    commands: CallCommands


def join_supervision(contributions: Contributions, calls: Calls) -> None:
    core = contributions.core
    monitoring = Monitoring(
        acts=calls.acts,
        clock=core.clock,
        live=calls.live,
        pbx=core.control,
        endpoints=core.control,
        commands=calls.commands,
        floor=core.live,
        presence=core.presence,
        publish=core.feed.publish,
        notice=Notice(core.settings.policy.supervision_notice),
    )
    core.live.on_supervisor.append(monitoring.seen)
    contributions.tasks["supervision"] = monitoring.run
    waiting = WaitingCallers(calls.acts, calls.live, core.control, calls.commands, core.lines, core.live)
    audit, publish = core.web_services.audit, core.feed.publish
    messages = Messages(core.database, core.clock, audit, core.agents, core.lines, core.live, publish)
    hands = RaisedHands(core.database, core.clock, audit, core.live, publish)
    contributions.routes += [
        monitoring_routes(monitoring),
        waiting_routes(waiting),
        message_routes(messages),
        hand_routes(hands),
    ]
