"""Checks the values of the configuration: what Asterisk could take for syntax is refused. Pure."""

from __future__ import annotations

import re

from callcenter.errors import Invalid


class HostileValue(Invalid):
    """A value holds a character that Asterisk's files or dialplan would take for syntax."""

    code = "hostile_value"


_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,40}(?:\.[A-Za-z0-9_-]{1,60})?")
_LADDER = re.compile(r"[a-z0-9-]{1,60}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,20}")
_PROMPT = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_SECRET = re.compile(r"[A-Za-z0-9_.~-]{0,120}")
_HOST = re.compile(r"[A-Za-z0-9.:_-]{0,120}")
_NETWORK = re.compile(r"[A-Za-z0-9.:_-]{1,120}(?:/[0-9]{1,3})?")
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,60}")
_WORD = re.compile(r"[a-z0-9]{1,20}")
# Letters of any script and inner spaces: users name folders in their own language.
_PATH = re.compile(r"/(?:[\w./@+ -]*[\w./@+-])?")


def code(value: str) -> str:
    """An identifier of ours: ASCII letters, digits, `_` and `-`. Raises HostileValue."""
    return _checked(_CODE, value, "code")


def queue_name(value: str) -> str:
    """A queue's code, or the name of a ladder beside it, which follows a dot. Raises HostileValue."""
    return _checked(_QUEUE, value, "queue")


def ladder(value: str) -> str:
    """A dialect, or the team of VIP members and key accounts. Raises HostileValue."""
    return _checked(_LADDER, value, "ladder")


def number(value: str) -> str:
    """A dialled number: digits with a leading plus, or a short code with * and #. Raises HostileValue."""
    return _checked(_NUMBER, value, "number")


def secret(value: str) -> str:
    return _checked(_SECRET, value, "secret")


def host(value: str) -> str:
    return _checked(_HOST, value, "host")


def network(value: str) -> str:
    """An address, or a range as 192.0.2.0/24. Raises HostileValue."""
    return _checked(_NETWORK, value, "network")


def word(value: str) -> str:
    """The name of a codec or transport. Raises HostileValue."""
    return _checked(_WORD, value, "word")


def zone(value: str) -> str:
    """An IANA time zone. Raises HostileValue."""
    return _checked(_ZONE, value, "zone")


def path(value: str) -> str:
    return _checked(_PATH, value, "path")


def prompt(value: str) -> str:
    """The name of a prompt in a language's folder, such as cc/recorded. Raises HostileValue."""
    return _checked(_PROMPT, value, "prompt")


def _checked(pattern: re.Pattern[str], value: str, kind: str) -> str:
    if not pattern.fullmatch(value):
        raise HostileValue(f"a {kind} in the configuration of Asterisk has characters that it may not have", kind=kind)
    return value
