"""Who may reach a call: leaders every call, an agent the calls that are theirs."""

from __future__ import annotations

from collections.abc import Collection

from callcenter.errors import Forbidden
from callcenter.web.roles import LEADERS, Person


class NotYourCall(Forbidden):
    code = "not_your_call"


def must_be_theirs(
    person: Person,
    agents: Collection[str],
    call: str,
    detail: str = "only leaders and the agents of this call may see this",
) -> None:
    """Let leaders and the `agents` of the call pass. Raises NotYourCall."""
    if not person.may(LEADERS) and (person.agent is None or person.agent not in agents):
        raise NotYourCall(detail, call=call)
