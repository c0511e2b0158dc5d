"""Derives the transfers of a call and their results from CEL. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.calls.model import Transfer
from callcenter.facts import Uniqueid

_KINDS: Final = {"BLINDTRANSFER": "blind", "ATTENDEDTRANSFER": "attended"}
_EVENT: Final = "cc_transfer"
_CAUSES: Final = {"1": "unknown_number", "28": "unknown_number", "21": "declined"}
"""Q.850: unallocated number, invalid number format, call rejected."""
_RESULTS: Final = {"BUSY": "busy", "NOANSWER": "no_answer", "UNKNOWN": "unknown_number"}


def phone_of(channel: str) -> str:
    """The endpoint of a channel name: `PJSIP/1001-0000002a` is phone 1001's.

    A Local channel is named after what it dials: `Local/1002@cc-transfer-00000000;1` leads to 1002.
    """
    kind, _, name = channel.partition("/")
    return name.partition("@")[0] if kind == "Local" else name.rpartition("-")[0]


def transfers(cel: Sequence[CelRow], caller: Uniqueid) -> tuple[Transfer, ...]:
    """Return the transfers of a call in order; `cel` is sorted by time."""
    places = [place for place, row in enumerate(cel) if row.event in _KINDS]
    answered = {row.uniqueid for row in cel if row.event == "ANSWER"}
    return tuple(_transfer(cel[place:end], caller, answered) for place, end in pairwise([*places, len(cel)]))


def failed_causes(cel: Sequence[CelRow]) -> frozenset[int]:
    """Return the causes (Q.850) of failed transfers: they stay on the caller's channel until it ends."""
    facts = (row.extra.get("extra", "").split(":") for row in cel if row.user_event == _EVENT)
    return frozenset(int(fact[2]) for fact in facts if fact[0] == "failed" and len(fact) > 2 and fact[2].isdigit())


@dataclass(frozen=True, slots=True)
class _Fate:
    result: str | None = None
    returned_to: str | None = None
    target: str = ""


def _transfer(rows: Sequence[CelRow], caller: Uniqueid, answered: Collection[str]) -> Transfer:
    """One transfer from its own row until the next."""
    row, fate = rows[0], _fate(rows[1:], caller)
    result = fate.result
    if row.event == "ATTENDEDTRANSFER" and result is None and _joined(row, answered):
        result = "answered"
    return Transfer(
        row.at, _KINDS[row.event], phone_of(row.channel), _target(row) or fate.target, result, fate.returned_to
    )


def _joined(row: CelRow, answered: Collection[str]) -> bool:
    """Whether the transfer joined talking parties: into a second bridge, in which a Local channel may still ring."""
    local = row.extra.get("transfer_target_channel_name", "").startswith("Local/")
    heard = not local or row.extra.get("transfer_target_channel_uniqueid") in answered
    return bool(row.extra.get("bridge2_id")) and heard


def _target(row: CelRow) -> str:
    return row.extra.get("extension") or phone_of(row.extra.get("transfer_target_channel_name", ""))


def _fate(rows: Sequence[CelRow], caller: Uniqueid) -> _Fate:
    """What the dialplan wrote about a failure, or that the caller talked to someone first."""
    fate = _Fate()
    for row in rows:
        if row.event == "BRIDGE_ENTER" and row.uniqueid == caller and fate.result is None:
            return _Fate("answered", None, phone_of(row.peer))
        word, _, facts = row.extra.get("extra", "").partition(":") if row.user_event == _EVENT else ("", "", "")
        if word == "failed":
            status, cause, dialled, *_ = [*facts.split(":"), "", ""]
            outcome = _RESULTS.get(status) or _CAUSES.get(cause, "unreachable")
            fate = _Fate(outcome, None, dialled.partition("@")[0])
        elif word == "returned":
            return replace(fate, returned_to=facts)
    return fate
