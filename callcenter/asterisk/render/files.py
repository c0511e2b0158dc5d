"""Renders all files of the configuration, by name."""

from __future__ import annotations

from callcenter.asterisk.render.dialplan import extensions
from callcenter.asterisk.render.plain import PLAIN
from callcenter.asterisk.render.sip import pjsip
from callcenter.asterisk.render.site import Queue, Site, code, path

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
    files["extensions.conf"] = extensions(site)
    return {name: HEAD + text for name, text in sorted(files.items())}


def queues(site: Site) -> str:
    """Render the queues without members: those follow the roster, over AMI, and persist in Asterisk's own database.

    A queue without a member refuses callers, so no one waits where no one is on duty; a paused or unreachable member
    keeps them, since after-call work ends and phones register again.
    """
    head = "[general]\npersistentmembers=yes\nautofill=yes\nshared_lastcall=no\nlog_membername_as_agent=yes\n"
    return head + "".join(_queue(queue, _wish(site, queue)) for queue in sorted(site.queues, key=lambda q: q.code))


def _wish(site: Site, queue: Queue) -> str:
    """Offer a return call, in the language of the first line whose callers wait here."""
    language = next(
        (line.language for line in sorted(site.lines, key=lambda x: x.code) if line.queue == queue.code), "zh"
    )
    return f"{path(site.sounds)}/{code(language)}/cc/wish"


def _queue(queue: Queue, wish: str) -> str:
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
        "announce-frequency": "0",
        "context": "cc-wish",
        "periodic-announce": wish,
        "periodic-announce-frequency": str(int(queue.wish_seconds)),
    }
    return f"\n[{code(queue.code)}]\n" + "".join(f"{key}={value}\n" for key, value in settings.items())
