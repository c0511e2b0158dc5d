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
NOT_NAMED: Final = "N/A"
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
    return tuple(
        _transfer(cel[place:end], caller, answered, _consulted(cel[:place], cel[place]))
        for place, end in pairwise([*places, len(cel)])
    )


def failed_causes(cel: Sequence[CelRow]) -> frozenset[int]:
    """Return the causes (Q.850) of failed transfers: they stay on the caller's channel until it ends."""
    facts = (row.extra.get("extra", "").split(":") for row in cel if row.user_event == _EVENT)
    return frozenset(int(fact[2]) for fact in facts if fact[0] == "failed" and len(fact) > 2 and fact[2].isdigit())


@dataclass(frozen=True, slots=True)
class _Fate:
    result: str | None = None
    returned_to: str | None = None
    target: str = ""


def _consulted(before: Sequence[CelRow], transfer: CelRow) -> CelRow | None:
    """The channel that shared the consultation's bridge with the transferring party.

    Asterisk writes `N/A` as the target when that channel has left the bridge before the row is written.
    """
    bridge = transfer.extra.get("bridge2_id")
    entered = (
        row
        for row in reversed(before)
        if bridge and row.event == "BRIDGE_ENTER" and row.extra.get("bridge_id") == bridge
    )
    return next((row for row in entered if row.channel != transfer.channel), None)


def _transfer(
    rows: Sequence[CelRow], caller: Uniqueid, answered: Collection[str], consulted: CelRow | None
) -> Transfer:
    """One transfer from its own row until the next.

    Of a call that an agent started the transferred party is not the first channel; Asterisk names it (cel.c,
    cel_blind_transfer_cb).
    """
    row = rows[0]
    moved = row.extra.get("transferee_channel_uniqueid", "") if row.event == "BLINDTRANSFER" else ""
    fate = _fate(rows[1:], {caller, Uniqueid(moved)} if moved and moved != NOT_NAMED else {caller})
    result = fate.result
    if row.event == "ATTENDEDTRANSFER" and result is None and _joined(row, answered, consulted):
        result = "answered"
    return Transfer(
        row.at,
        _KINDS[row.event],
        phone_of(row.channel),
        _target(row, consulted) or fate.target,
        result,
        fate.returned_to,
    )


def _joined(row: CelRow, answered: Collection[str], consulted: CelRow | None) -> bool:
    """Whether the transfer joined talking parties: into a second bridge, in which a Local channel may still ring."""
    name, uniqueid = _target_channel(row, consulted)
    heard = not name.startswith("Local/") or uniqueid in answered
    return bool(row.extra.get("bridge2_id")) and heard


def _target_channel(row: CelRow, consulted: CelRow | None) -> tuple[str, str]:
    """The name and uniqueid of the target's channel; empty where neither the row nor the bridge names it."""
    name = row.extra.get("transfer_target_channel_name", "")
    if name not in ("", NOT_NAMED):
        return name, row.extra.get("transfer_target_channel_uniqueid", "")
    return (consulted.channel, consulted.uniqueid) if consulted else ("", "")


def _target(row: CelRow, consulted: CelRow | None) -> str:
    return row.extra.get("extension") or phone_of(_target_channel(row, consulted)[0])


def _fate(rows: Sequence[CelRow], callers: Collection[Uniqueid]) -> _Fate:
    """What the dialplan wrote about a failure, or that the caller talked to someone first."""
    fate = _Fate()
    for row in rows:
        if row.event == "BRIDGE_ENTER" and row.uniqueid in callers and fate.result is None:
            return _Fate("answered", None, phone_of(row.peer))
        word, _, facts = row.extra.get("extra", "").partition(":") if row.user_event == _EVENT else ("", "", "")
        if word == "failed":
            status, cause, dialled, *_ = [*facts.split(":"), "", ""]
            outcome = _RESULTS.get(status) or _CAUSES.get(cause, "unreachable")
            fate = _Fate(outcome, None, dialled.partition("@")[0])
        elif word == "returned":
            return replace(fate, returned_to=facts)
    return fate
