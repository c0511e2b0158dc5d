"""Joins the block list to the centre: its routes, and the numbers that always get through."""

from __future__ import annotations

from phonenumbers import country_code_for_region

from callcenter.centre.contributions import Contributions
from callcenter.routing.blocks.http import routes
from callcenter.routing.blocks.service import BlockService
from callcenter.web.ports import Notify


def join_blocks(contributions: Contributions, changed: Notify) -> BlockService:
    """Build the room; `changed` is called after a number is blocked or a block lifted."""
    core = contributions.core
    settings = core.settings
    blocks = BlockService(
        core.database,
        core.clock,
        core.web_services.audit,
        core.customers,
        core.lines,
        changed,
        settings.pbx.dial.emergency,
        str(country_code_for_region(settings.region)),
        settings.outside_prefix,
    )
    contributions.blocks = blocks
    contributions.routes.append(routes(blocks, core.clock))
    return blocks
