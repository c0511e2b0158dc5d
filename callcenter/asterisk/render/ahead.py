"""Renders lines that ask no one: the service pushes its decisions ahead, and the dialplan applies them by itself.

A line's decisions are one global variable, CC_AHEAD_<line>: entries of an action letter and the epoch second until
which it holds, in order. An entry has a fixed width, so that the usual case is one comparison without a function call.
Globals are lost at a restart of Asterisk and at a reload of the dialplan, until the service pushes them again; then the
caller is queued, and the queue's members, which persist, decide.

The place in the queue is a caller's instant of arrival, not a class: QUEUE_PRIO falls by one each second, and a
customer's standing counts as having arrived some minutes earlier. So every caller's priority ages, no one starves, and
a caller who comes back to a queue, or goes on to another, keeps the place that they had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.asterisk.render.checks import code, ladder, number
from callcenter.asterisk.render.site import Caller, Line, Site
from callcenter.asterisk.render.steps import steps
from callcenter.asterisk.render.trunk import REFUSED_CODECS

QUEUE: Final = "q"
CLOSED: Final = "c"
NO_AGENT: Final = "n"
ACTIONS: Final[Mapping[str, str]] = {CLOSED: "closed", NO_AGENT: "nobody"}
"""Letters of a decision that does not queue -> extensions of [cc-do]."""
WIDTH: Final = 11
"""Characters of an entry: a letter and ten digits."""
RUNG: Final = 10
"""Penalties of one rung of a ladder (routing/ladder.py)."""
LATEST: Final = 9_999_999_999
"""The end of the last entry: further than any clock."""

LEAST_NATIONAL: Final = 9
"""Digits of the shortest number that can follow the country code."""

FIRST_PLACE: Final = 2_000_000_000
"""QUEUE_PRIO of a caller who arrived in 1970, within the int of app_queue.c until 2033 and beyond as a negative."""
IN_FRONT: Final = FIRST_PLACE + 100_000_000
"""QUEUE_PRIO ahead of every arrival."""


def place(arrived: int, priority: int, priority_seconds: int) -> int:
    """QUEUE_PRIO of a caller who arrived in this epoch second, as the dialplan computes it."""
    return FIRST_PLACE - arrived + priority * priority_seconds


def place_of(seconds: int, arrived: str = "${EPOCH}") -> str:
    """QUEUE_PRIO of a caller who arrives now, or arrived then, and counts as having arrived so many seconds earlier."""
    return f"$[{FIRST_PLACE + int(seconds)}-{arrived}]"


def place_of_priority(seconds: int) -> str:
    """QUEUE_PRIO of a caller whose priority is in QUEUE_PRIO as a number, by so many seconds for each point of it."""
    return f"$[{FIRST_PLACE}-${{CC_ARRIVED}}+0${{QUEUE_PRIO}}*{int(seconds)}]"


def caller_key(digits: str, country_code: str = "86") -> str:
    """The key of a number, equal for all spellings that carriers use: without plus, zeros and the own country code.

    [cc-caller] computes the same from the caller's number. A short rest is no number with a country code: 86123456 is
    a subscriber's number.
    """
    bare = digits.lstrip("+0")
    rest = bare.removeprefix(country_code).lstrip("0")
    return rest if bare.startswith(country_code) and len(rest) >= LEAST_NATIONAL else bare


def decided(line: Line, site: Site) -> tuple[str, ...]:
    """The steps of a line that asks no one, up to the one that answers.

    Anything unusual goes to [cc-ahead], or on to the line's flow where it has one.
    """
    decision = f"CC_AHEAD_{code(line.code)}"
    usual = [f'"${{{decision}:0:1}}"="{QUEUE}"', f'"${{EPOCH}}"<"${{{decision}:1:10}}"']
    usual += [f'"${{CHANNEL(audionativeformat)}}"!="({codec})"' for codec in REFUSED_CODECS]
    otherwise = "" if line.connects else ":cc-ahead,s,1"
    return (*on_file(site), f"line: GotoIf($[{' & '.join(usual)}]?go{otherwise})")


def on_file(site: Site) -> tuple[str, ...]:
    """The step that looks a caller up, where anything is on file of any; they come back to the label `line`."""
    return ("Goto(cc-caller,s,1)",) if site.callers else ()


def blocked_first(site: Site) -> tuple[str, ...]:
    """The same for a line whose callers the service looks up: only a block counts here, also while it is down."""
    return on_file(site) if any(caller.blocked for caller in site.callers.values()) else ()


ASKS: Final = ",CC_ASKS=1"
"""An assignment of the MSet() of a line whose callers the service looks up or asks something."""


def ahead() -> str:
    """[cc-ahead]: a codec that is refused, decisions that have run out, and those that do not queue."""
    decision = "${CC_SAYS:0:1}"
    others = (f'GotoIf($["{decision}"="{letter}"]?cc-do,{exten},1)' for letter, exten in ACTIONS.items())
    refused = " | ".join(f'"${{CHANNEL(audionativeformat)}}"="({codec})"' for codec in REFUSED_CODECS)
    return (
        "[cc-ahead]\n"
        + steps(
            "s",
            f"GotoIf($[{refused}]?cc-refused,codec,1)",
            "Goto(again,1)",
        )
        + steps(
            "again",
            "MSet(CC_SAYS=${CC_AHEAD_${CC_LINE}},CC_DONE=)",
            'look: GotoIf($["${CC_SAYS}"=""]?unknown)',
            'GotoIf($["${EPOCH}"<"${CC_SAYS:1:10}"]?known)',
            f"Set(CC_SAYS=${{CC_SAYS:{WIDTH}}})",
            "Goto(look)",
            "known: Set(CC_DONE=1)",
            *others,
            "Goto(queue)",
            "unknown: CELGenUserEvent(cc_reception,fallback)",
            'queue: GotoIf($["${CC_AGAIN}"!=""]?cc-do,${CC_AGAIN},1)',
            "Goto(cc-line,${CC_LINE},go)",
        )
    )


def on_ladder(queue: str) -> str:
    """The step that puts the caller on a ladder, with its first rung open.

    A rule of queuerules.conf changes only penalties that the channel has (app_queue.c, measured on 22.10.1).
    """
    return f"MSet(CC_QUEUE={queue},QUEUE_MAX_PENALTY={RUNG - 1},QUEUE_MIN_PENALTY=0,QUEUE_RAISE_PENALTY=0)"


def callers(site: Site) -> str:
    """[cc-caller]: a caller with a file goes ahead, or to a ladder; then back to their line. A blocked one is released.

    The higher of the caller's priority and the line's counts. A ladder exists where its queue's waiting time does.
    """
    country = number(site.country_code)
    key = f'${{CC_KEY}}" : "{country}0*([0-9]*)'
    look = steps(
        "s",
        'Set(CC_KEY=$["${CALLERID(num)}" : "[+0]*([0-9]*)"])',
        f'ExecIf($["${{CC_KEY}}" : "{country}0*[0-9]{{{LEAST_NATIONAL},}}$"]?Set(CC_KEY=$["{key}"]))',
        # A letter first: without an extension the function would ask for the context alone.
        "GotoIf(${DIALPLAN_EXISTS(cc-caller,n${CC_KEY},1)}?n${CC_KEY},1)",
        "Goto(cc-line,${CC_LINE},line)",
    )
    return (
        "[cc-caller]\n"
        + look
        + "".join(_caller(key, caller, site.priority_seconds) for key, caller in sorted(site.callers.items()))
    )


def _blocks(caller: Caller) -> tuple[str, ...]:
    """The steps that release a blocked caller; both instants have ten digits, so text compares as numbers do."""
    line = ' & "${CC_LINE}"="'
    return tuple(
        f'GotoIf($["${{EPOCH}}"<"{int(until):010d}"{f"{line}{code(name)}" + chr(34) if name else ""}]?cc-do,blocked,1)'
        for name, until in caller.blocked
    )


def _caller(key: str, caller: Caller, priority_seconds: int) -> str:
    place = f"$[{FIRST_PLACE}-${{CC_ARRIVED}}+{caller.priority * priority_seconds}]"
    ahead = (
        f"Set(CC_PLACE={place})",
        "ExecIf($[${CC_PLACE}>${QUEUE_PRIO}]?Set(QUEUE_PRIO=${CC_PLACE}))",
    )
    ladders = (
        f'ExecIf($["${{CC_WAIT_${{CC_QUEUE}}.{ladder(name)}}}"!=""]?{on_ladder(f"${{CC_QUEUE}}.{ladder(name)}")})'
        for name in caller.ladders
    )
    back = "Goto(cc-line,${CC_LINE},line)"
    rest = (*(ahead if caller.priority else ()), *ladders)
    asks = ('GotoIf($["${CC_ASKS}"="1"]?cc-line,${CC_LINE},line)',) if rest else ()
    return steps(f"n{number(key)}", *_blocks(caller), *asks, *rest, back)
