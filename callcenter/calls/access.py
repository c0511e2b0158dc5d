"""Controls access to a call: leaders may access every call, agents their own calls."""

from __future__ import annotations

from collections.abc import Collection

from callcenter.errors import Forbidden
from callcenter.facts import CallId
from callcenter.web.roles import LEADERS, Person


class NotYourCall(Forbidden):
    code = "not_your_call"


def must_be_theirs(
    person: Person,
    agents: Collection[str],
    call: CallId,
    detail: str = "only leaders and the agents of this call may see this",
) -> None:
    """Accept leaders and the `agents` of the call. Raises NotYourCall."""
    if not person.may(LEADERS) and (person.agent is None or person.agent not in agents):
        raise NotYourCall(detail, call=call)
