"""Decides who may play and export recordings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from callcenter.errors import Forbidden
from callcenter.web.roles import Person, Role
from recordings.model import Kind, Recording


class MayNotHear(Forbidden):
    code = "may_not_hear"


class MayNotExport(Forbidden):
    code = "may_not_export"


CallsBack = Callable[[Person, str], Awaitable[bool]]
"""Whether an agent currently holds the return call that a call caused."""


async def never_calls_back(_: Person, __: str) -> bool:
    """The default for a centre without return calls."""
    return False


@dataclass(frozen=True, slots=True)
class Rights:
    """Playing and exporting are separate rights; an agent with the right to play hears only their own calls."""

    play: Collection[str]
    export: Collection[str]
    calls_back: CallsBack = never_calls_back

    async def check_play(self, person: Person, recording: Recording) -> None:
        """Raises MayNotHear. A message may also be played by the agent who returns the call (R4)."""
        leaders = {role.value for role in person.roles} - {Role.AGENT.value}
        if leaders & set(self.play):
            return
        if Role.AGENT.value in self.play and person.agent is not None and person.agent == recording.agent:
            return
        if recording.kind is Kind.MESSAGE and await self.calls_back(person, recording.call):
            return
        raise MayNotHear("you may not hear this recording", recording=recording.id)

    def check_export(self, person: Person, recording: Recording) -> None:
        """Raises MayNotExport."""
        if not {role.value for role in person.roles} & set(self.export):
            raise MayNotExport("you may not take recordings out of the centre", recording=recording.id)
