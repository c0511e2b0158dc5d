"""Masks numbers for people without the right to see them and in every log line. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Not part of a longer word: Asterisk's ids such as pbx1-1795448173.47 are no telephone numbers.
_IN_TEXT = re.compile(r"(?<![\w.-])\+?\d{7,15}(?![\w-]|\.\d)")


def mask_number(number: str) -> str:
    """`13800138000` becomes `138****8000`; a short number keeps its last two digits."""
    if len(number) >= 11:
        return f"{number[:-8]}****{number[-4:]}"
    if len(number) > 4:
        return f"{number[:1]}****{number[-2:]}"
    return "****" if number else ""


def mask_text(text: str) -> str:
    """Mask whatever looks like a telephone number in a text, and escape line breaks for the log."""
    masked = _IN_TEXT.sub(lambda result: mask_number(result.group()), text)
    return masked.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0")


def without_caller(value: Mapping[str, Any]) -> dict[str, Any]:
    """A call or flag for people who are not on it: the customer's number masked, name and file omitted.

    An internal call has no customer: its numbers are those of colleagues' phones.
    """
    if value.get("direction") == "internal":
        return dict(value)
    masked: dict[str, Any] = {}
    for name, item in value.items():
        if name == "caller_number" or (name == "called_number" and value.get("direction") == "outbound"):
            masked[name] = mask_number(item) if isinstance(item, str) else item
        elif name == "caller_name":
            masked[name] = ""
        elif name == "customer_id":
            masked[name] = None
        elif isinstance(item, Mapping):
            masked[name] = without_caller(item)
        else:
            masked[name] = item
    return masked


def without_conduct(call: Mapping[str, Any], agent: str | None = None) -> dict[str, Any]:
    """A call without how it was handled, except the agent's own part: only that agent and leaders see it."""
    hidden = {} if agent is not None and agent == call.get("agent") else {"late": None, "hung_up_by": None}
    offers = [
        entry
        if agent is not None and entry.get("agent") == agent
        else {**entry, "rings": None, "late": None, "outcome": None}
        for entry in call.get("offers") or ()
    ]
    masked = {name: None for name in hidden if name in call}
    return {**call, **masked, **({"offers": offers} if "offers" in call else {})}


def without_agent(flag: Mapping[str, Any]) -> dict[str, Any]:
    """A flag without the agent and phone concerned."""
    facts = {name: None if name in ("phone", "leg") else entry for name, entry in flag.get("facts", {}).items()}
    return {**flag, "agent": None, "by": None, "reason": None, "facts": facts}
