"""The errors of listening to calls and taking part in them."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid


class OwnCall(Conflict):
    """Nobody supervises their own call."""

    code = "own_call_supervised"


class SeveralAgents(Invalid):
    """Several agents talk on this call; `agents` names them."""

    code = "several_agents"


class NotSupervising(Conflict):
    """This person does not listen to this call or take part in it."""

    code = "not_supervising"
