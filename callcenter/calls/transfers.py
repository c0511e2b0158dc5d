"""Transfers of a call and what became of them, told from CEL. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.calls.model import Transfer

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


def transfers(cel: Sequence[CelRow], caller: str) -> tuple[Transfer, ...]:
    """The transfers of a call in their order; `cel` is sorted by time."""
    places = [place for place, row in enumerate(cel) if row.event in _KINDS]
    return tuple(_transfer(cel[place:end], caller) for place, end in pairwise([*places, len(cel)]))


@dataclass(frozen=True, slots=True)
class _Fate:
    result: str | None = None
    returned_to: str | None = None
    target: str = ""


def _transfer(rows: Sequence[CelRow], caller: str) -> Transfer:
    """One transfer from its own row on until the next."""
    row, fate = rows[0], _fate(rows[1:], caller)
    result = fate.result
    if row.event == "ATTENDEDTRANSFER" and result is None:
        # Into a bridge: people who talked are joined. To a phone that rings there is no second bridge.
        result = "answered" if row.extra.get("bridge2_id") else None
    return Transfer(
        row.at, _KINDS[row.event], phone_of(row.channel), _target(row) or fate.target, result, fate.returned_to
    )


def _target(row: CelRow) -> str:
    return row.extra.get("extension") or phone_of(row.extra.get("transfer_target_channel_name", ""))


def _fate(rows: Sequence[CelRow], caller: str) -> _Fate:
    """What the dialplan wrote of a failure, or that the caller talked to somebody first."""
    fate = _Fate()
    for row in rows:
        if row.event == "BRIDGE_ENTER" and row.uniqueid == caller and fate.result is None:
            return _Fate("answered", None, phone_of(row.peer))
        word, _, facts = row.extra.get("extra", "").partition(":") if row.user_event == _EVENT else ("", "", "")
        if word == "failed":
            status, cause, dialled, *_ = [*facts.split(":"), "", ""]
            result = _RESULTS.get(status) or _CAUSES.get(cause, "unreachable")
            fate = _Fate(result, None, dialled.partition("@")[0])
        elif word == "returned":
            return replace(fate, returned_to=facts)
    return fate
