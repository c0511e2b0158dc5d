"""Renders the dialplan behind call control: a party on hold, and calls that an agent starts from a page.

A hold is a dynamic feature that the service triggers by keys on the agent's channel and that Asterisk runs on the other
party's: that channel leaves the audio of the bridge, hears music, and returns. The bridge, the queue and the record of
the call go on. It works alike for every kind of phone, which a re-INVITE by the phone does not.
"""

from __future__ import annotations

from callcenter.asterisk.render.checks import code
from callcenter.asterisk.render.numbers import DIALLED, patterns
from callcenter.asterisk.render.site import Site
from callcenter.asterisk.render.steps import steps

HOLD_KEYS = "*93"
FEATURE = "cc_hold"
LONGEST_HOLD_SECONDS = 3600
LOOK_SECONDS = 0.2
TRANSFERS = "cc-transfer"
QUEUES = "cc-queues"
COMPLETE_KEYS, CONFERENCE_KEYS = "*2", "*3"
"""What Asterisk understands during a consultation (features.conf, atxfercomplete and atxferthreeway)."""
STARTED = "cc-start"
"""The context in which a call that an agent starts from a page continues once the agent's phone has answered."""


def feature() -> str:
    """The row of [applicationmap]: only an agent's channel has the feature, and it runs on the other party's."""
    return f'{FEATURE} => {HOLD_KEYS},peer,Gosub,"cc-hold,s,1"\n'


def hold() -> str:
    """[cc-hold]: music until the service clears CC_HOLD; UserEvent reports both ends to the live picture."""
    looks = int(LONGEST_HOLD_SECONDS / LOOK_SECONDS)
    return "\n[cc-hold]\n" + steps(
        "s",
        "MSet(CC_HOLD=1,CC_HELD=1,CC_LOOKS=0)",
        "UserEvent(CcHold,State: held)",
        "StartMusicOnHold()",
        f"look: Wait({LOOK_SECONDS})",
        "Set(CC_LOOKS=$[${CC_LOOKS}+1])",
        f'GotoIf($["${{CC_HOLD}}"="1" & ${{CC_LOOKS}}<{looks}]?look)',
        "StopMusicOnHold()",
        "Set(CC_HELD=0)",
        "UserEvent(CcHold,State: resumed)",
        "Return()",
    )


def queues(site: Site) -> str:
    """[cc-queues]: a caller whom an agent passes to a queue; they have been answered before, so ahead of the others."""
    return f"\n[{QUEUES}]\n" + "".join(
        steps(code(queue.code), f"Set(CC_QUEUE={code(queue.code)})", "Goto(cc-do,again,1)")
        for queue in sorted(site.queues, key=lambda q: q.code)
        if "." not in queue.code
    )


def started(site: Site) -> str:
    """[cc-start]: the agent's phone has answered; a colleague's phone or an outside number is called.

    Outside numbers go the way of a return call, except that emergency numbers are allowed (CC_STARTED).
    """
    inside = "".join(
        steps(code(phone.endpoint), "Set(CC_DIALLED=${EXTEN})", "CELGenUserEvent(cc_callback,)", f"Goto({way})")
        for phone in sorted(site.phones, key=lambda p: p.endpoint)
        for way in (f"cc-phones,{code(phone.endpoint)},1",)
    )
    outside = "".join(
        steps(pattern, DIALLED, "Set(CC_STARTED=1)", "Goto(cc-callback,${CC_DIALLED},1)") for pattern in patterns(1)
    )
    return f"\n[{STARTED}]\n" + inside + outside
