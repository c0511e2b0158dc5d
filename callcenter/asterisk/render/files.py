"""Renders all files of the configuration, by name."""

from __future__ import annotations

from callcenter.asterisk.render.ahead import RUNG
from callcenter.asterisk.render.checks import queue_name
from callcenter.asterisk.render.dialplan import extensions
from callcenter.asterisk.render.moved import given_queue
from callcenter.asterisk.render.plain import PLAIN
from callcenter.asterisk.render.sip import pjsip
from callcenter.asterisk.render.site import Queue, Site
from callcenter.asterisk.render.waiting import announcements

HEAD = "; Rendered by callcenter from its settings and database. A change made here is overwritten.\n\n"

STRATEGIES = frozenset(
    {"ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "rrordered", "linear", "wrandom"}
)


def render(site: Site) -> dict[str, str]:
    """Return the whole configuration: file name -> text.

    Raises HostileValue on a value that could be taken for syntax.
    """
    files = {name: make(site) for name, make in PLAIN.items()}
    files["pjsip.conf"] = pjsip(site)
    files["queues.conf"] = queues(site)
    files["queuerules.conf"] = queue_rules(site)
    files["extensions.conf"] = extensions(site)
    return {name: HEAD + text for name, text in sorted(files.items())}


LAST = 4 * RUNG - 1
"""The highest penalty on a ladder: three rungs, and the agents who have just not answered."""
NOT_FREE = "paused,inuse,ringing,unavailable,invalid,unknown,wrapup"
"""States of members that do not count as there (queues.conf, joinempty)."""


def queues(site: Site) -> str:
    """Render the queues without members: those follow the roster, over AMI, and persist in Asterisk's own database.

    A queue without a member refuses callers, so no one waits where no one is on duty; a paused or unreachable member
    keeps them, since after-call work ends and phones register again.
    """
    head = "[general]\npersistentmembers=yes\nautofill=yes\nshared_lastcall=no\nlog_membername_as_agent=yes\n"
    # Ladders share their members: the caller who has waited longest gets the next free one, in whichever queue (R11).
    head += "force_longest_waiting_caller=yes\n"
    return head + "".join(_queue(site, queue) for queue in sorted(_all(site), key=lambda q: q.code))


def _all(site: Site) -> list[Queue]:
    """The queues of the centre, and one for each agent to whom a supervisor gives a waiting caller."""
    ring = max((queue.ring_seconds for queue in site.queues), default=Queue("").ring_seconds)
    net = min((queue.wrap_up_net_seconds for queue in site.queues), default=0)
    agents = sorted({phone.agent for phone in site.phones})
    given = (Queue(given_queue(agent), "linear", ring, wrap_up_net_seconds=net, own=True) for agent in agents)
    return [*site.queues, *given]


def queue_rules(site: Site) -> str:
    """Render when the next rung of a ladder opens: members up to a higher penalty are rung too (queuerules.conf).

    From then on all penalties below the rung's last one count as that (`raise`), so that the strategy goes on to
    others: app_queue would otherwise ring a speaker who does not answer again and again. The last opening also lets in
    those who have just not answered, whose penalty is above the rungs (routing/ladder.py).
    """
    ladders = (queue for queue in sorted(site.queues, key=lambda q: q.code) if queue.rungs)
    return "[general]\n" + "".join(f"\n[{_rule(queue)}]\n{_openings(queue)}" for queue in ladders)


def _openings(queue: Queue) -> str:
    last = len(queue.rungs)
    return "".join(
        f"penaltychange => {int(at)},{RUNG * (rung + 1) - 1 if rung < last else LAST},,{RUNG * (rung + 1) - 1}\n"
        for rung, at in enumerate(queue.rungs, 1)
    )


def _rule(queue: Queue) -> str:
    return f"cc.{queue_name(queue.code)}"


def _queue(site: Site, queue: Queue) -> str:
    strategy = queue.strategy if queue.strategy in STRATEGIES else "rrmemory"
    settings = {
        "musicclass": "default",
        "strategy": strategy,
        "timeout": str(queue.ring_seconds),
        "timeoutpriority": "conf",
        "retry": "1",
        # The service handles the pause after a call; this is the fallback when the service is down.
        "wrapuptime": str(queue.wrap_up_net_seconds),
        "autofill": "yes",
        "ringinuse": "no",
        "joinempty": "invalid",
        "leavewhenempty": "invalid",
        "setqueuevar": "no",
        "setinterfacevar": "no",
        "reportholdtime": "no",
        "timeoutrestart": "no",
        "memberdelay": "0",
        "weight": "0",
        **announcements(site, queue),
    }
    if queue.own:
        # Rung once, at once and for the caller's time, or not at all: no one waits for an agent who is not free.
        settings |= {"timeoutpriority": "app", "joinempty": NOT_FREE, "leavewhenempty": NOT_FREE}
    if queue.rungs:
        settings["defaultrule"] = _rule(queue)
    return f"\n[{queue_name(queue.code)}]\n" + "".join(f"{key}={value}\n" for key, value in settings.items())
