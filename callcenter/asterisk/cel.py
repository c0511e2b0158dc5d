"""One line of Asterisk's channel event log (CEL as JSON lines, `cel_custom` with `format = json`), read into a row.

Asterisk promises the order of events of one channel only, so nobody may depend on the order of lines. A
call's last event is LINKEDID_END. `eventtime` is seconds since 1970 with microseconds (field
`EventTime(double)`); `eventextra` is JSON within the JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

LONGEST_LINE = 65_536
_LONGEST_TEXT = 400
_FIELDS: tuple[str, ...] = ("userdeftype", "name", "num", "exten", "context", "channame", "appname", "appdata")
_FIELDS += ("accountcode", "uniqueid", "linkedid", "peer")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CelRow:
    """One channel event. `event` is CHAN_START, ANSWER, HANGUP ...; `user_event` names a USER_DEFINED one."""

    event: str
    user_event: str
    at: datetime
    name: str
    number: str
    exten: str
    context: str
    channel: str
    app: str
    app_data: str
    account: str
    uniqueid: str
    linkedid: str
    peer: str
    extra: Mapping[str, str] = field(hash=False)

    @property
    def cause(self) -> int | None:
        """The Q.850 cause of a HANGUP; 0 where Asterisk cancelled a leg itself, None where it is not told."""
        text = self.extra.get("hangupcause", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


_ORDER: Final = (
    "eventtype eventenum userdeftype eventtime name num exten context channame appname appdata accountcode uniqueid "
    "linkedid peer userfield eventextra"
).split()
_UNQUOTED: Final = re.compile(
    r"\{"
    + ",".join(rf'"{key}":(?P<{key}>[0-9.]+)' if key == "eventtime" else rf'"{key}":"(?P<{key}>.*?)"' for key in _ORDER)
    + r"\}\s*"
)
"""Asterisk 22 escapes quotes and not backslashes, so a caller's name `a\\"b` makes a line that is no JSON.

The order of the fields is ours (render/plain.py), and no value can hold `","`: quotes within have a backslash.
"""


def _read(text: str) -> object:
    """The line as JSON; where a backslash in a value spoils that, by the known order of the fields."""
    try:
        return json.loads(text)
    except ValueError:
        found = _UNQUOTED.fullmatch(text)
        if found is None:
            raise
        values: dict[str, object] = {key: value.replace('\\"', '"') for key, value in found.groupdict().items()}
        return values | {"eventtime": float(found["eventtime"])}


def parse(line: bytes) -> CelRow | None:
    """Read one line; None when it is damaged, so that one bad line never stops those behind it."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        read = _read(line.decode("utf-8", "replace"))  # A carrier's name may be in any encoding.
        if not isinstance(read, dict):
            return None
        at = instant(read["eventtime"])
        text = {name: clean(read.get(name, "")) for name in _FIELDS}
        event = clean(read.get("eventenum") or read["eventtype"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    if not event or not text["uniqueid"] or not text["linkedid"]:
        return None
    return CelRow(
        event=event,
        user_event=text["userdeftype"],
        at=at,
        name=text["name"],
        number=text["num"],
        exten=text["exten"],
        context=text["context"],
        channel=text["channame"],
        app=text["appname"],
        app_data=text["appdata"],
        account=text["accountcode"],
        uniqueid=text["uniqueid"],
        linkedid=text["linkedid"],
        peer=text["peer"],
        extra=_extra(read.get("eventextra", "")),
    )


def instant(value: object) -> datetime:
    """Seconds since 1970 as an aware instant; raises ValueError or OverflowError for what is no time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("no time")
    seconds = float(value)
    if not 0 <= seconds < 4e10:
        raise ValueError("no time of ours")
    return _EPOCH + timedelta(microseconds=round(seconds * 1_000_000))


def clean(value: object) -> str:
    """Text that any database stores: no control characters, no half characters, bounded in length."""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
    if not text.isprintable():
        text = "".join(" " if ord(one) < 32 or 127 <= ord(one) < 160 else one for one in text)
        text = text.encode("utf-8", "replace").decode()
    return text[:_LONGEST_TEXT]


def _extra(value: object) -> dict[str, str]:
    if not isinstance(value, str) or not value.startswith("{"):
        return {}
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return {clean(name): clean(one) for name, one in read.items()} if isinstance(read, dict) else {}
