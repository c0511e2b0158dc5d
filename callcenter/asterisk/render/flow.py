"""Renders the dialplan around a reception flow: AGI asks the caller, the dialplan does what the flow ends in.

A line whose callers are asked nothing never comes here. Whatever happens to the service (killed, hanging, not
listening, stopped), the caller continues in the line's own queue: FastAGI reports SUCCESS for a server that died
midway, so only CC_DONE=1 counts, and the absolute timeout ends an exchange with one that hangs. Asterisk itself sets it
after each question and prompt, so a service that is stopped at any instant holds a caller for a few seconds.
"""

from __future__ import annotations

import re

from callcenter.asterisk.render.checks import HostileValue, code, host, prompt
from callcenter.asterisk.render.overflow import ANY_PENALTY
from callcenter.asterisk.render.site import Line, Site
from callcenter.asterisk.render.steps import steps
from callcenter.asterisk.render.trunk import REFUSED_CODECS

FIRST_SECONDS = 1.5
"""Until the first question; the caller of a hanging reception is in the queue within two seconds."""
LONGEST_SECONDS = 900
"""Of one question or prompt, however long its texts are; Asterisk plays it and reads the keys alone."""
EXCHANGE_SECONDS = 3
"""From the end of a question or prompt to the next one."""
MOST_ROUNDS = 3
"""How often a caller comes back from a queue to the flow; then a message is taken."""
ENTRY = "Goto(cc-flow,s,1)"
WATCH = f"MSet(CC_DONE=,TIMEOUT(absolute)={FIRST_SECONDS})"
DONE = 'GotoIf($["${CC_DONE}"="1" & ${DIALPLAN_EXISTS(cc-do,${CC_ACTION},1)}]?cc-do,${CC_ACTION},1)'


def flows(site: Site) -> str:
    """[cc-flow]: `s` for a new caller, `back` for one whom the queue did not serve."""
    agi = f"agi://{host(site.agi_host)}:{site.agi_port}/flow,${{CHANNEL(accountcode)}},${{CC_SOUNDS}}"
    return (
        "[cc-flow]\n"
        + steps(
            "s",
            f'GotoIf($["${{CHANNEL(audionativeformat)}}"="({"|".join(REFUSED_CODECS)})"]?cc-refused,codec,1)',
            # Answered with the first question: res_agi drops keys that come while it waits for a command.
            WATCH,
            f"AGI({agi})",
            DONE,
            "fallback: CELGenUserEvent(cc_reception,fallback)",
            # What was decided ahead of the call applies (render/ahead.py): the line's queue, or closed.
            "MSet(TIMEOUT(absolute)=0,CC_GREETING=,CC_DONE=,CC_FLOW=)",
            "Goto(cc-ahead,s,1)",
        )
        + steps(
            "back",
            # In a further queue the caller keeps the place of their arrival and has new tries.
            "MSet(CC_ROUNDS=$[0${CC_ROUNDS}+1],CC_AGAIN=,CC_TRIES=)",
            f"GotoIf($[${{CC_ROUNDS}}>{MOST_ROUNDS}]?lost)",
            WATCH,
            f"AGI({agi},${{CC_FLOW}},${{CC_LANGUAGE}})",
            DONE,
            # The queue has just been left unserved: without the flow the caller leaves a message, and waits no more.
            "lost: MSet(TIMEOUT(absolute)=0,CC_OUTCOME=overflowed:waited_too_long)",
            "Goto(cc-do,message,1)",
        )
        + steps("T", 'GotoIf($["${CC_ROUNDS}"=""]?s,fallback)', "Goto(back,lost)")
    )


def asking() -> str:
    """[cc-ask]: subroutines for AGI's GOSUB: `s` plays ARG1 and reads up to ARG2 keys, `play` plays only."""
    over = (f"over: Set(TIMEOUT(absolute)={EXCHANGE_SECONDS})", "Return()")
    # A caller who hangs up before Read() has no status, rather than that of the question before.
    begin = f"MSet(READSTATUS=,CC_KEYS=,TIMEOUT(absolute)={LONGEST_SECONDS})"
    return (
        "[cc-ask]\n"
        # Every prompt is heard only after the answer, and keys arrive only then; those that come before Read() wait.
        + steps("s", begin, "Answer()", "Read(CC_KEYS,${ARG1},${ARG2},,1,${ARG3})", *over)
        + steps("play", begin, "Answer()", "Playback(${ARG1})", *over)
        # A caller who has heard only a part is still there; no status would mean that they have hung up.
        + steps("T", "Set(READSTATUS=TIMEOUT)", "Goto(s,over)")
    )


def ends() -> str:
    """The extensions of [cc-do] in which a flow may end, besides `queue`."""
    note = 'ExecIf($["${CC_OUTCOME}"!=""]?CELGenUserEvent(cc_outcome,${CC_OUTCOME}))'
    goodbye = "Playback(${CC_SOUNDS}/${CC_LANGUAGE}/cc/goodbye)"
    return (
        steps("message", note, "Set(CC_WHY=)", "Goto(cc-message,s,1)")
        + steps(
            "callback",
            "CELGenUserEvent(cc_outcome,callback_requested:key)",
            "Playback(${CC_SOUNDS}/${CC_LANGUAGE}/cc/wished)",
            goodbye,
            "Hangup(16)",
        )
        + steps("close", note, goodbye, "Hangup(16)")
        + steps(
            "line",
            "Set(CC_ROUNDS=$[0${CC_ROUNDS}+1])",
            f"GotoIf($[${{CC_ROUNDS}}>{MOST_ROUNDS} | !${{DIALPLAN_EXISTS(cc-line,${{CC_NEXT_LINE}},1)}}]?message,1)",
            "Goto(cc-handed,${CC_NEXT_LINE},1)",
        )
    )


BACK = 'GotoIf($["${CC_FLOW}"!=""]?cc-flow,back,1)'
"""The first step after a queue: a caller of a flow comes back to it."""

FLOW_PATH = re.compile(r"[A-Za-z0-9_/:+*#.=>|-]{0,900}")
"""A flow's version, or a caller's path through it."""


def asks_service(line: Line) -> bool:
    """Whether the service is asked about each caller of the line."""
    return line.looks_up or (line.asks and line.connects is None)


def answered(line: Line) -> tuple[str, ...]:
    """The answer and the greeting; of a flow that only connects also what it says, and its path for the record."""
    if line.connects is None or line.looks_up:
        greeting = f"Playback(${{CC_SOUNDS}}/{code(line.language)}/{prompt(line.greeting)})" if line.greeting else ""
        return ("go: Answer()", *((greeting,) if greeting else ()))
    sounds = "&".join(f"${{CC_SOUNDS}}/{prompt(sound)}" for sound in line.connects.sounds)
    return (
        f"go: Set(CC_FLOW={_flow_path(line.connects.flow)})",
        f"CELGenUserEvent(cc_path,{_flow_path(line.connects.path)})",
        "Answer()",
        *((f"Playback({sounds})",) if sounds else ()),
    )


def not_connected(line: Line) -> tuple[str, ...]:
    """The steps of a line with a flow that only connects, for a caller whom it does not connect now.

    The flow looks the caller up itself; nothing of a ladder that [cc-caller] chose stays.
    """
    base = f"MSet(CC_QUEUE={code(line.queue)},QUEUE_MAX_PENALTY={ANY_PENALTY},QUEUE_MIN_PENALTY=0)"
    return (base, ENTRY) if line.connects else ()


def _flow_path(value: str) -> str:
    if not FLOW_PATH.fullmatch(value):
        raise HostileValue("a path of a flow has characters that it may not have", kind="path of a flow")
    return value
