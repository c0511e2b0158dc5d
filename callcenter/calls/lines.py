"""Converts lines of the PBX's two files to the columns of their tables. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callcenter.asterisk import cel, queue_log
from callcenter.asterisk.tail import Line
from callcenter.calls.model import call_id
from callcenter.calls.toll.model import MARK, toll_event

REBUILDS = frozenset({"BRIDGE_ENTER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "LINKEDID_END"})
"""CEL events that trigger a rebuild of a record, besides a call's birth; others wait for the next of these."""


def cel_row(data: bytes) -> dict[str, Any] | None:
    row = cel.parse(data)
    if row is None or len(row.linkedid) > 150:
        return None
    born = row.event == "CHAN_START" and row.uniqueid == row.linkedid
    return {"at": row.at, "linkedid": row.linkedid, "telling": born or row.event in REBUILDS}


def queue_row(data: bytes) -> dict[str, Any] | None:
    row = queue_log.parse(data)
    if row is None or len(row.callid) > 150 or len(row.event) > 40:
        return None
    return {"at": row.at, "callid": row.callid, "event": row.event}


def printable(data: bytes) -> str:
    """Return damaged bytes as text that every database stores: invalid UTF-8 and unprintable characters are escaped."""
    text = data[: cel.LONGEST_LINE].decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def toll_rows(pbx: str, file_id: str, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the toll events among lines of CEL."""
    rows = [(line.offset, cel.parse(line.data)) for line in lines if MARK in line.data]
    offsets = [(offset, event) for offset, row in rows if row is not None and (event := toll_event(row)) is not None]
    return [
        {
            "pbx": pbx,
            "file_id": file_id,
            "position": offset,
            "at": event.at,
            "call": call_id(pbx, event.linkedid),
            "kind": event.kind,
            "reason": event.reason,
            "dial_class": event.dial_class,
            "phone": event.phone,
            "agent": event.agent,
            "number": event.number,
        }
        for offset, event in offsets
    ]
