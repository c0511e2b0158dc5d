"""The one place where the parts are joined. No rules here."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog
from aiohttp import web

from callcenter import clock
from callcenter.agents.http import routes as agent_routes
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.asterisk.ami_link import AmiLogin
from callcenter.asterisk.control import Control
from callcenter.asterisk.events import Events
from callcenter.asterisk.fastagi import AgiServer
from callcenter.calls.floor import Floor, Rules
from callcenter.calls.http import routes as call_routes
from callcenter.calls.ingest import Ingest
from callcenter.calls.live import LiveFloor
from callcenter.calls.ring import cadence_of
from callcenter.calls.service import CallService
from callcenter.conduct.http import routes as flag_routes
from callcenter.conduct.service import FlagService
from callcenter.effects import EffectsCarrier
from callcenter.facts import PresenceChanged
from callcenter.metrics import add_gauges
from callcenter.reception import Directory
from callcenter.roster.http import routes as shift_routes
from callcenter.roster.service import RosterService
from callcenter.routing.http import routes as routing_routes
from callcenter.routing.service import LineService, QueueService
from callcenter.routing.sync import RoutingSync
from callcenter.settings import Settings
from callcenter.site import Configuration, embedded_of, line_cadence, secrets_of
from callcenter.storage.database import Database
from callcenter.storage.migrate import upgrade
from callcenter.web.live import Feed
from callcenter.web.site import House, open_house, web_app
from dashboards.pages import pages
from ivr.service import Reception

log = structlog.get_logger(__name__)
