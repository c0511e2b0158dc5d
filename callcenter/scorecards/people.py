"""Checks the people that grading names: agents by number, people by login. Unknown ones are refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from callcenter.web.people import Account, AgentExists

LivingLogin = Callable[[str], Awaitable[Account]]
"""Returns the account of a login; raises UnknownPerson for an unknown one, and for one that may not sign in."""


@dataclass(frozen=True, slots=True)
class ScorePeople:
    """Checks names when they are added: those a team or plan already holds remain, even after the people have left."""

    agent_exists: AgentExists
    living_login: LivingLogin

    async def agents(self, numbers: Collection[str], before: Collection[str] = ()) -> list[str]:
        """Returns the numbers without duplicates. Raises UnknownAgent."""
        for number in sorted(set(numbers) - set(before)):
            await self.agent_exists(number)
        return list(dict.fromkeys(numbers))

    async def logins(self, logins: Collection[str], before: Collection[str] = ()) -> list[str]:
        """Returns the logins as the accounts spell them, without duplicates. Raises UnknownPerson."""
        spelled = {
            login: login if login in before else (await self.living_login(login)).person.login
            for login in dict.fromkeys(logins)
        }
        return list(dict.fromkeys(spelled.values()))
