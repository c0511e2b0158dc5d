"""Parses one line of Asterisk's channel event log (CEL as JSON lines, `cel_custom` with `format = json`) into a row.

Asterisk guarantees event order within one channel only, so no code may depend on the order of lines. A call's last
event is LINKEDID_END. `eventtime` is seconds since 1970 with microseconds (field `EventTime(double)`); `eventextra` is
JSON nested in the JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from callcenter.asterisk.parts import MOST_BREAKS, Part, divided, joined
from callcenter.facts import Linkedid, Uniqueid, linkedid_of

LONGEST_LINE = 65_536
USUAL_LINE = 2048
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
    uniqueid: Uniqueid
    linkedid: Linkedid
    peer: str
    extra: Mapping[str, str] = field(hash=False)

    @property
    def cause(self) -> int | None:
        """The Q.850 cause of a HANGUP; 0 where Asterisk cancelled a leg itself, None where it is not recorded."""
        text = self.extra.get("hangupcause", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


_ORDER: Final = (
    "eventtype eventenum userdeftype eventtime name num exten context channame appname appdata accountcode uniqueid "
    "linkedid peer userfield eventextra"
).split()
_VALUES: Final = {"eventtime": r":(?P<eventtime>[0-9.]+)", "eventextra": r':"(?P<eventextra>|\{.*\})"'}
_UNQUOTED: Final = re.compile(
    r"\{" + ",".join(f'"{key}"' + _VALUES.get(key, rf':"(?P<{key}>.*?)"') for key in _ORDER) + r"\}\s*", re.DOTALL
)
"""Asterisk 22 escapes quotes and not backslashes, so a caller's name `a\\"b` makes a line that is no JSON.

The order of the fields is ours (render/plain.py), and no value can hold `","`: quotes within have a backslash.
"""
_BEGINNING: Final = re.compile(rb'\{"eventtype": ?"')
"""No value can contain this either, whatever the caller is called: a quote within a value is escaped by a backslash."""


def records(lines: Iterable[tuple[int, bytes]]) -> Iterator[Part]:
    """Return complete rows and damaged parts of lines with their offsets.

    A number with a line break is written unescaped (Asterisk 22, cel_custom), so its row spans several lines.
    """
    parts = (part for offset, line in lines for part in divided(offset, line, _BEGINNING))
    return joined(parts, lambda data: parse(data) is not None)


def begins(line: bytes) -> bool:
    """Whether a row begins at this line, so that lines may be split before it."""
    return _BEGINNING.match(line) is not None


def settled(lines: Sequence[bytes]) -> int:
    """Return how many of these newest lines are final: all but a last row that may continue.

    If that row is all there is, it counts too: waiting for more would be futile.
    """
    for place in range(len(lines) - 1, max(0, len(lines) - MOST_BREAKS), -1):
        *_, last = divided(0, lines[place], _BEGINNING)
        if last.whole:
            rest = [(0, last.data), *((0, line) for line in lines[place + 1 :])]
            return len(lines) if any(part.whole for part in records(rest)) else place
    return len(lines)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build a JSON object; a duplicate name means that two rows have run together."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name comes twice")
    return read


def _read(text: str) -> object:
    """Read the line as JSON; if a backslash in a value breaks that, by the known order of the fields."""
    try:
        return json.loads(text, object_pairs_hook=_once, strict=False)
    except ValueError:
        match = _UNQUOTED.fullmatch(text)
        if match is None:
            raise
        values: dict[str, object] = {key: value.replace('\\"', '"') for key, value in match.groupdict().items()}
        return values | {"eventtime": float(match["eventtime"])}


def parse(line: bytes) -> CelRow | None:
    """Parse one line; None when it is damaged, so that one bad line never blocks the following ones.

    A line is read when it arrives and again at each rebuild of its call, so the newest usual ones are remembered.
    """
    if len(line) > LONGEST_LINE:
        return None
    return _remembered(line) if len(line) <= USUAL_LINE else _parse(line)


@lru_cache(maxsize=2048)
def _remembered(line: bytes) -> CelRow | None:
    return _parse(line)


def _parse(line: bytes) -> CelRow | None:
    if len(_BEGINNING.findall(line)) > 1:
        return None
    try:
        read = _read(line.decode("utf-8", "replace"))  # A carrier may send a name in any encoding.
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
        name=clean(plain_name(text["name"])),
        number=text["num"],
        exten=text["exten"],
        context=text["context"],
        channel=text["channame"],
        app=text["appname"],
        app_data=text["appdata"],
        account=text["accountcode"],
        uniqueid=Uniqueid(text["uniqueid"]),
        linkedid=linkedid_of(text["linkedid"]),
        peer=text["peer"],
        extra=_extra(read.get("eventextra", "")),
    )


def instant(value: object) -> datetime:
    """Seconds since 1970 as an aware instant; raises ValueError or OverflowError for an invalid time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("no time")
    seconds = float(value)
    if not 0 <= seconds < 4e10:
        raise ValueError("no time of ours")
    return _EPOCH + timedelta(microseconds=round(seconds * 1_000_000))


def clean(value: object) -> str:
    """Return text that any database stores: no control characters, no lone surrogates, limited length."""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
    if not text.isprintable():
        text = "".join(" " if ord(char) < 32 or 127 <= ord(char) < 160 else char for char in text)
        text = text.encode("utf-8", "replace").decode()
    return text[:_LONGEST_TEXT]


_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


def plain_name(name: str) -> str:
    """Return a display name without the escapes of its quoted string (RFC 3261, 25.1, quoted-pair).

    PJSIP and Asterisk 22 pass the text between the quotes on unchanged, in CEL and in AMI.
    """
    return _QUOTED_PAIR.sub(r"\1", name) if "\\" in name else name


def plain_number(number: str) -> str:
    """Return an external number as the dialplan's first step leaves it (render/numbers.py)."""
    return "".join(sign for sign in number if sign in "+0123456789")


def _extra(value: object) -> dict[str, str]:
    if not isinstance(value, str) or not value.startswith("{"):
        return {}
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return {clean(name): clean(entry) for name, entry in read.items()} if isinstance(read, dict) else {}
