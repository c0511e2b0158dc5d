"""Renders all contexts of what people do on a call in progress."""

from __future__ import annotations

from callcenter.asterisk.render.call_control import hold, queues, started
from callcenter.asterisk.render.kept import kept_callers
from callcenter.asterisk.render.moved import moved
from callcenter.asterisk.render.site import Site
from callcenter.asterisk.render.supervise import supervise


def in_calls(site: Site) -> str:
    return "\n".join((hold(), supervise(), moved(site), kept_callers(), started(site), queues(site)))
