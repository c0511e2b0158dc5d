"""Joins the codes that agents dial on their phones: the live picture sees them, presence acts, the phone hears it."""

from __future__ import annotations

from pathlib import Path

from callcenter.agents.phone_codes import Dialled, PhoneCodes, Spoken
from callcenter.asterisk.call_commands import CallCommands
from callcenter.calls.effects import CodeDialled
from callcenter.calls.record import phone_of
from callcenter.centre.contributions import Contributions
from callcenter.web.people import PeopleService
from ivr.prompts.sentences import sounds

DEFAULT_LANGUAGE = "zh-CN"


def join_phone_codes(contributions: Contributions, commands: CallCommands) -> None:
    core = contributions.core
    people, folder = core.web_services.people, core.settings.pbx_home / "sounds"

    async def speak(channel: str, spoken: Spoken, person: str | None) -> None:
        await commands.speak(channel, sounds_of(spoken, await _language(people, person), folder))

    codes = PhoneCodes(core.presence, people, core.web_services.audit, speak)

    def dialled(effect: CodeDialled) -> None:
        codes.dialled(Dialled(effect.code, effect.channel, effect.agent, phone_of(effect.channel)))

    core.live.on_phone_code.append(dialled)
    contributions.tasks["phone-codes"] = codes.run


def sounds_of(spoken: Spoken, language: str, folder: Path) -> str:
    """The argument of Playback(): the recordings of the prompt, one after another."""
    values = {} if spoken.place is None else {"place": spoken.place}
    return "&".join(f"{folder}/{name}" for name in sounds(spoken.prompt, values, language))


async def _language(people: PeopleService, person: str | None) -> str:
    spoken = await people.last_language(person) if person else None
    return spoken or DEFAULT_LANGUAGE
