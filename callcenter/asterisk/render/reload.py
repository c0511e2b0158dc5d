"""Determines which reload a changed file needs. None of these affects a call in progress."""

from __future__ import annotations

from collections.abc import Mapping

# `queue reload parameters` keeps the members, which follow the roster and not a file.
RELOAD: Mapping[str, str] = {
    "extensions.conf": "dialplan reload",
    "pjsip.conf": "module reload res_pjsip.so",
    "queues.conf": "queue reload parameters",
    "queuerules.conf": "queue reload rules",
    "manager.conf": "manager reload",
    "logger.conf": "logger reload",
    "features.conf": "module reload features",
    "musiconhold.conf": "moh reload",
    "cel.conf": "module reload cel",
    "cel_custom.conf": "module reload cel_custom.so",
    "indications.conf": "module reload indications",
    "rtp.conf": "module reload res_rtp_asterisk.so",
    "http.conf": "module reload http",
}
ORDER: Mapping[str, int] = {"queue reload rules": -1, "dialplan reload": 1}
# Asterisk reads these only at start.
RESTART = frozenset({"asterisk.conf", "modules.conf"})


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the files that differ, in order."""
    return tuple(sorted(name for name in new if old.get(name) != new[name]))


def reloads(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Return the console commands that reload what changed.

    Rules come before the queues, and queues before the dialplan, that refer to them.
    """
    commands = [RELOAD[name] for name in changed(old, new) if name in RELOAD]
    return tuple(sorted(commands, key=lambda command: ORDER.get(command, 0)))


def needs_restart(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether a change needs a restart because no reload applies it: options, modules, or SIP listeners."""
    moved = _transports(old.get("pjsip.conf", "")) != _transports(new.get("pjsip.conf", ""))
    return moved or bool(RESTART.intersection(changed(old, new)))


def _transports(pjsip: str) -> tuple[str, ...]:
    """The transports' own sections; res_pjsip does not change a running transport on reload."""
    return tuple(part for part in pjsip.split("\n[") if "\ntype=transport\n" in part)
