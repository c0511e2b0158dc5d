"""Renders Asterisk's configuration as a pure function: facts about the centre in, text of files out."""

from callcenter.asterisk.render.checks import HostileValue
from callcenter.asterisk.render.files import render
from callcenter.asterisk.render.reload import reloads
from callcenter.asterisk.render.site import Line, Phone, Queue, Site, Trunk

__all__ = ["HostileValue", "Line", "Phone", "Queue", "Site", "Trunk", "reloads", "render"]
