"""Telephone numbers in the dialplan: which may be dialled, and what is left of a number that somebody else wrote.

A SIP user part may hold any byte by `%` escapes, line ends too, and Asterisk 22 writes numbers as they are into AMI
events, into queue_log and into the opening of AGI. So a pattern takes digits alone and has a bounded length: with `.`
or `!` at its end it would take whatever follows. The numbers of a caller are reduced to digits before anything else
is done with them.
"""

from __future__ import annotations

from callcenter.asterisk.render.site import Line, Site, number

LONGEST = 20
"""A prefix for the outside, 00 and the fifteen digits of E.164 have room in it."""
LONGEST_PLUS = 15
SHORTEST_OUTSIDE = 3
"""110, 12345, 95588: whatever has three digits and is no colleague's number goes out."""

CLEAN = ("MSet(CALLERID(num)=${FILTER(+0-9,${CALLERID(num)})},CALLERID(rdnis)=${FILTER(+0-9,${CALLERID(rdnis)})})",)
"""The first step of every way into the dialplan; CALLERID(rdnis) comes from a Diversion header (RFC 5806).

Nothing is asked of a number before: a bracket or a colon in it would change what the question means.
"""
CLEAN_INSIDE = tuple(step.replace("FILTER(+0-9,", "FILTER(A-Za-z0-9_+-,") for step in CLEAN)
"""A phone of ours may be named with letters."""


def patterns(shortest: int) -> tuple[str, ...]:
    """One pattern for each length of a number: plain digits, and digits after a plus."""
    plain = tuple("_" + "X" * length for length in range(shortest, LONGEST + 1))
    plus = tuple("_+" + "X" * length for length in range(shortest, LONGEST_PLUS + 1))
    return plain + plus


DIALLED = "Set(CC_DIALLED=${FILTER(+0-9,${EXTEN})})"
SHOWN = 'f(${IF($["${CC_SHOWN}"!=""]?${CC_SHOWN}:${CC_NUMBER})})'
"""Dial()'s option for the number that the carrier is shown; the caller's number on the channel stays as it is."""


def shown_number(site: Site) -> str:
    """What a carrier is shown for calls that agents dial: as the setting says, else the number of the first line."""
    if site.outbound_number:
        return number(site.outbound_number)
    return next((number(line.dids[0]) for line in sorted(site.lines, key=lambda x: x.code) if line.dids), "")


def line_number(line: Line, site: Site) -> str:
    """A caller who is passed on to the outside goes out with the number of the line that they called."""
    return "" if site.outbound_number or not line.dids else f",CC_SHOWN={number(line.dids[0])}"
