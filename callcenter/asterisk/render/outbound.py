"""Renders outbound calls: return calls, and what agents dial on their phones."""

from __future__ import annotations

from callcenter.asterisk.render.checks import code, number
from callcenter.asterisk.render.numbers import (
    CLEAN_INSIDE,
    DIALLED,
    SHORTEST_OUTSIDE,
    SHOWN,
    patterns,
)
from callcenter.asterisk.render.phone_codes import phone_codes
from callcenter.asterisk.render.recording import (
    outbound_steps,
    return_line_words,
)
from callcenter.asterisk.render.site import Site
from callcenter.asterisk.render.steps import steps
from callcenter.asterisk.render.toll import LIMIT, guard, guard_return_call
from callcenter.asterisk.render.transfer import AFTER_DIAL
from callcenter.asterisk.render.trunk import dial_out

HEARS = {"ring": "r", "music": ""}
"""Queue()'s option for what a waiting caller hears."""


def return_calls(site: Site) -> str:
    """A return call: the agent's phone has answered, now the customer is called, from the line that they know.

    The result of the customer's side is written as the call's outcome. Early media (ringing, an announcement) passes to
    the agent and is no answer: Dial() sets ANSWER only for a call that was really answered.
    """
    lines = "".join(
        steps(
            f"line-{code(line.code)}",
            # With an underscore they reach the customer's channel: a failed transfer leads to the line's queue (R3).
            f"MSet(CHANNEL(accountcode)={code(line.code)},_CC_QUEUE={code(line.queue)},"
            f"_CC_LANGUAGE={code(line.language)},_CC_HEARS={HEARS[line.hears]}{return_line_words(line)})",
            f"Set(CALLERID(num)={number(line.dids[0])})" if line.dids else "NoOp()",
            "Return()",
        )
        for line in sorted(site.lines, key=lambda x: x.code)
    )
    begin = (
        "GosubIf($[${DIALPLAN_EXISTS(cc-callback,line-${CC_LINE},1)}]?line-${CC_LINE},1)",
        "CELGenUserEvent(cc_callback,${CC_ITEM})",
        DIALLED,
        "Goto(s,1)",
    )
    call = (
        "Set(CALLERID(name)=)",
        *guard_return_call(site),
        *outbound_steps(site),
        *dial_out(site, "${CC_DIALLED}", "${CC_RING}", f"T{LIMIT}"),
        "CELGenUserEvent(cc_outcome,failed:${TOLOWER(${DIALSTATUS})}-${HANGUPCAUSE})",
        "Hangup(16)",
    )
    numbers = "".join(steps(pattern, *begin) for pattern in patterns(1))
    return "[cc-callback]\n" + lines + numbers + steps("s", *call)


def phones(site: Site) -> str:
    """From agents' phones: colleagues by number, codes, every other number of three digits or more to the outside."""
    inside = "".join(
        f"exten => {code(p.endpoint)},hint,PJSIP/{code(p.endpoint)}\n"
        + steps(
            code(p.endpoint),
            *CLEAN_INSIDE,
            "Set(CC_DIALLED=${EXTEN})",
            f"Dial(PJSIP/{code(p.endpoint)},30,tT)",
            *AFTER_DIAL,
        )
        for p in sorted(site.phones, key=lambda x: x.endpoint)
    )
    outside = (
        *guard(site),
        *outbound_steps(site),
        *dial_out(site, "${CC_DIALLED}", "60", f"T{SHOWN}{LIMIT}"),
        *AFTER_DIAL,
    )
    numbers = "".join(
        steps(pattern, *CLEAN_INSIDE, DIALLED, "Goto(cc-outside,s,1)") for pattern in patterns(SHORTEST_OUTSIDE)
    )
    return "[cc-phones]\n" + inside + phone_codes(site) + numbers + "\n[cc-outside]\n" + steps("s", *outside)
