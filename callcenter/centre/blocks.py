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
        database=core.database,
        clock=core.clock,
        audit=core.web_services.audit,
        customers=core.customers,
        lines=core.lines,
        changed=changed,
        always=settings.pbx.dial.emergency,
        country_code=str(country_code_for_region(settings.region)),
        outside_prefix=settings.outside_prefix,
    )
    contributions.blocks = blocks
    contributions.routes.append(routes(blocks, core.clock))
    return blocks
