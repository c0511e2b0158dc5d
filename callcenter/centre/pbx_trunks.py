"""Trunks and the rules of outbound calls in the form that the configuration of Asterisk takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from callcenter.asterisk.render.site import Dialling, Trunk
from callcenter.settings import Settings
from callcenter.settings.telephony import TrunkOptions, TrunkSettings


def trunk_of(options: TrunkOptions) -> Trunk:
    return Trunk(**options.model_dump(include=set(TrunkOptions.model_fields)))


def further_trunk(options: TrunkSettings) -> Trunk:
    secret = options.secret.get_secret_value()
    return replace(trunk_of(options), host=options.host, port=options.port, user=options.user, secret=secret)


def dialling_of(settings: Settings, roles: Mapping[str, Collection[str]]) -> Dialling:
    """The rules for outbound calls, with the roles' classes by agent."""
    dial = settings.pbx.dial
    by_role: Mapping[str, tuple[str, ...]] = {str(role): may for role, may in dial.roles.items()}
    people = {
        agent: tuple(sorted({word for role in mine if role in by_role for word in by_role[role]}))
        for agent, mine in roles.items()
        if any(role in by_role for role in mine)
    }
    minutes = {"phone": dial.phone_minutes, "person": dial.person_minutes, "house": dial.house_minutes}
    return Dialling(
        dial.classes,
        dict(dial.phones),
        people,
        dial.emergency,
        dial.signed_in_only,
        dial.at_once,
        {scope: (minute.alarm, minute.stop) for scope, minute in minutes.items()},
        settings.timezone,
    )
