"""Handles telephone numbers in the dialplan: which may be dialled, and how external ones are sanitised.

A SIP user part may hold any byte by `%` escapes, line ends too, and Asterisk 22 writes numbers unescaped into AMI
events, into queue_log and into the opening block of AGI. So a pattern matches digits only and has a bounded length:
with `.` or `!` at its end it would match anything that follows. A caller's numbers are reduced to digits before
anything else is done with them.
"""

from __future__ import annotations

from callcenter.asterisk.render.checks import number
from callcenter.asterisk.render.site import Line, Site

LONGEST = 20
"""Enough for an outside prefix, 00 and the fifteen digits of E.164."""
LONGEST_PLUS = 15
SHORTEST_OUTSIDE = 3
"""110, 12345, 95588: a number of three or more digits that is not a colleague's goes out."""

CLEAN = ("MSet(CALLERID(num)=${FILTER(+0-9,${CALLERID(num)})},CALLERID(rdnis)=${FILTER(+0-9,${CALLERID(rdnis)})})",)
"""The first step of every entry into the dialplan; CALLERID(rdnis) comes from a Diversion header (RFC 5806).

No expression uses a number before that: a bracket or a colon in it would change the expression's meaning.
"""
CLEAN_INSIDE = tuple(step.replace("FILTER(+0-9,", "FILTER(A-Za-z0-9_+-,") for step in CLEAN)
"""Our own phones may have letters in their names."""

SHORTEST_CALLABLE = 6
CALLABLE = f'${{REGEX("^[+]?[0-9]{{{SHORTEST_CALLABLE},{LONGEST}}}$" ${{CALLERID(num)}})}}'
"""1 where the caller's number may be one at which they are reached, 0 for none, a few digits or a service's number.

Carriers show such numbers of callers behind a switchboard; nobody could keep the promise to call them back.
"""


def patterns(shortest: int) -> tuple[str, ...]:
    """One pattern for each length of a number: plain digits, and digits after a plus."""
    plain = tuple("_" + "X" * length for length in range(shortest, LONGEST + 1))
    plus = tuple("_+" + "X" * length for length in range(shortest, LONGEST_PLUS + 1))
    return plain + plus


DIALLED = "Set(CC_DIALLED=${FILTER(+0-9,${EXTEN})})"
SHOWN = 'f(${IF($["${CC_SHOWN}"!=""]?${CC_SHOWN}:${CC_NUMBER})})'
"""Dial()'s option for the number shown to the carrier; the caller's number on the channel stays unchanged."""


def shown_number(site: Site) -> str:
    """The number shown to a carrier for calls that agents dial: from the setting, else the number of the first line."""
    if site.outbound_number:
        return number(site.outbound_number)
    return next((number(line.dids[0]) for line in sorted(site.lines, key=lambda x: x.code) if line.dids), "")


def line_number(line: Line, site: Site) -> str:
    """A caller transferred to the outside goes out with the number of the line that they called."""
    return "" if site.outbound_number or not line.dids else f",CC_SHOWN={number(line.dids[0])}"
