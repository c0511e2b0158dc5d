"""Renders who is rung before the queue, and where callers go whom it did not serve.

The caller's own agent is rung alone in a queue beside the line's queue, once and only if free; then the line's queue
takes the caller, with the place of their arrival (render/ahead.py). After the set wait, or when no one is on duty, a
caller overflows to another line's queue, to a return call or to a message. A line that is closed takes nobody over:
the caller stays where they are. QUEUE_PRIO is untouched, so their age and priority go with them.
"""

from __future__ import annotations

from callcenter.asterisk.render.ahead import RUNG
from callcenter.asterisk.render.checks import code, prompt, queue_name
from callcenter.asterisk.render.numbers import CALLABLE
from callcenter.asterisk.render.site import Line, Site
from callcenter.asterisk.render.steps import steps

UNSERVED = frozenset({"JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL"})
"""QUEUESTATUS of a queue in which no one can be rung."""
FULL = frozenset({"TIMEOUT", "FULL"})
LAST, LAST_OF_LADDER = RUNG, 3 * RUNG
"""Penalties after everyone else in a plain queue, and on a ladder of three rungs (routing/ladder.py)."""
ANY_PENALTY = 1000
"""QUEUE_MAX_PENALTY on a queue without a ladder: above every penalty of a member."""
TO = "cc-over,${CC_OVER},1"
NOWHERE = "CC_OVER=,CC_OVER_AFTER=,CC_OVER_NOBODY="
"""The assignments of a line whose callers do not overflow."""
DECISION = "${CC_SAYS:0:1}"


def has_own(site: Site) -> bool:
    return any(queue.own for queue in site.queues)


def own_words(line: Line) -> str:
    """The assignment of a line whose callers' own agents are rung first."""
    return f",CC_OWN_FOR={int(line.own_seconds)}" if line.own_seconds else ""


def words(line: Line) -> str:
    """The assignments of a line whose callers overflow, as further parts of its MSet()."""
    over = line.overflow
    if over is None:
        return ""
    target = f"line-{code(over.to)}" if over.line else code(over.to)
    return f",CC_OVER={target},CC_OVER_AFTER={int(over.seconds) or ''},CC_OVER_NOBODY={int(over.unstaffed)}"


def wait(site: Site, line: Line | None = None) -> str:
    """How long a caller waits in the queue; of one line, or of whichever line the caller is on."""
    longest = "${CC_WAIT_${CC_QUEUE}}"
    if line is not None and line.overflow is None:
        return longest
    timed = [each for each in site.lines if each.overflow is not None and each.overflow.seconds]
    return f'${{IF($["${{CC_OVER_AFTER}}"!=""]?${{CC_OVER_AFTER}}:{longest})}}' if timed else longest


def own_chosen(site: Site, queue: str) -> tuple[str, ...]:
    """Note the queue of the caller's own agent, where there is one."""
    theirs = f"{queue}.own-${{CC_OWN}}"
    known = f'"${{CC_OWN}}"!="" & "${{CC_OWN_FOR}}"!="" & "${{CC_WAIT_{theirs}}}"!=""'
    return (f"ExecIf($[{known}]?Set(CC_FIRST={theirs}))",) if has_own(site) else ()


def own_first(site: Site) -> tuple[str, ...]:
    return ('GotoIf($["${CC_FIRST}"!=""]?own,1)',) if has_own(site) else ()


def own(site: Site) -> str:
    """Ring the caller's own agent; `n` leaves after one try, and an agent who is not free is no member that counts.

    An agent who has not answered comes behind the others in the line's queue, as the service's plan also says a moment
    later (routing/ladder.py); Asterisk would otherwise ring the same phone again at once.
    """
    if not has_own(site):
        return ""
    served = '"${QUEUESTATUS}"="CONTINUE" | "${QUEUESTATUS}"="WITHDRAW"'
    others = "${QUEUE_MEMBER(${CC_QUEUE},count)}"
    last = f'${{IF($["${{CUT(CC_QUEUE,.,2)}}"=""]?{LAST}:{LAST_OF_LADDER})}}'
    penalty = "QUEUE_MEMBER(${CC_QUEUE},penalty,${CC_OWN_PHONE})"
    return steps(
        "own",
        "MSet(CC_RUNG=${CC_FIRST},CC_FIRST=)",
        "Queue(${CC_RUNG},Cnt${CC_SURVEY}${CC_HEARS},,,${CC_OWN_FOR})",
        f"GotoIf($[{served}]?cc-after,${{QUEUESTATUS}},1)",
        f'GotoIf($["${{QUEUESTATUS}}"!="TIMEOUT" | 0{others}<2]?wait,1)',
        "Set(CC_OWN_PHONE=${QUEUE_MEMBER_LIST(${CC_RUNG})})",
        f"Set({penalty}=$[{last}+0${{{penalty}}}%{RUNG}])",
        "Goto(wait,1)",
    )


def unstaffed(site: Site) -> tuple[str, ...]:
    """The first step of a line on which no one is on duty."""
    any_line = any(line.overflow is not None and line.overflow.unstaffed for line in site.lines)
    return (f'GotoIf($["${{CC_OVER_NOBODY}}"="1"]?{TO})',) if any_line else ()


def after(site: Site, status: str) -> tuple[str, ...]:
    """The first step after a queue that the caller left with this status."""
    if status in UNSERVED:
        return unstaffed(site)
    over = any(line.overflow is not None for line in site.lines)
    return (f'GotoIf($["${{CC_OVER}}"!=""]?{TO})',) if over and status in FULL else ()


def no_speaker(site: Site, status: str) -> tuple[str, ...]:
    """The first step of a ladder that has no members: no speaker is on duty (routing/ladder.py)."""
    if status not in ("JOINEMPTY", "LEAVEEMPTY") or not any(queue.no_speaker for queue in site.queues):
        return ()
    return ("GotoIf(${DIALPLAN_EXISTS(cc-speaker,${CC_QUEUE},1)}?cc-speaker,${CC_QUEUE},1)",)


def speakers(site: Site) -> str:
    """[cc-speaker]: a speaker of the dialect will call back; a caller without a number is served by anyone."""
    ladders = [queue for queue in sorted(site.queues, key=lambda entry: entry.code) if queue.no_speaker]
    if not ladders:
        return ""
    parts = []
    for queue in ladders:
        name = queue_name(queue.code)
        base, _, dialect = name.partition(".")
        sounds = "&".join(f"${{CC_SOUNDS}}/{prompt(sound)}" for sound in (*queue.no_speaker,))
        parts.append(
            steps(
                name,
                f"GotoIf($[{CALLABLE}=0]?anyone)",
                f"CELGenUserEvent(cc_dialect,{dialect})",
                "CELGenUserEvent(cc_outcome,callback_requested:no_speaker)",
                f"Playback({sounds})",
                "Playback(${CC_SOUNDS}/${CC_LANGUAGE}/cc/goodbye)",
                "Hangup(16)",
                f"anyone: MSet(CC_QUEUE={base},CC_AGAIN=wait,QUEUE_MAX_PENALTY={ANY_PENALTY},QUEUE_MIN_PENALTY=0,"
                "QUEUE_RAISE_PENALTY=0)",
                "Goto(cc-do,wait,1)",
            )
        )
    return "[cc-speaker]\n" + "".join(parts)


def context(site: Site) -> str:
    """[cc-over]: a return call, a message, or another line's queue."""
    if not any(line.overflow is not None for line in site.lines):
        return ""
    targets = {line.overflow.to for line in site.lines if line.overflow is not None and line.overflow.line}
    lines = [line for line in sorted(site.lines, key=lambda entry: entry.code) if line.code in targets]
    goodbye = "Playback(${CC_SOUNDS}/${CC_LANGUAGE}/cc/goodbye)"
    return (
        "[cc-over]\n"
        + steps(
            "callback",
            # A return call needs a number; a caller who withholds it leaves a message.
            f"GotoIf($[{CALLABLE}=0]?message,1)",
            "CELGenUserEvent(cc_overflow,callback)",
            "CELGenUserEvent(cc_outcome,callback_requested:overflowed)",
            'ExecIf($["${QUEUESTATUS}"="TIMEOUT"]?Playback(${CC_SOUNDS}/${CC_LANGUAGE}/cc/wait_long))',
            "Playback(${CC_SOUNDS}/${CC_LANGUAGE}/cc/wished)",
            goodbye,
            "Hangup(16)",
        )
        + steps(
            "message",
            "CELGenUserEvent(cc_overflow,message)",
            "Set(CC_OUTCOME=overflowed:waited_too_long)",
            "Goto(cc-do,message,1)",
        )
        + "".join(_to_line(line, site) for line in lines)
        + steps(
            "stay",
            f"MSet({NOWHERE})",
            'GotoIf($["${QUEUESTATUS}"="TIMEOUT"]?cc-do,wait,1:cc-do,nobody,1)',
        )
    )


def _to_line(line: Line, site: Site) -> str:
    """Go on to this line's queue; not where what was pushed ahead says that it is closed or has no one on duty."""
    target, queue = code(line.code), queue_name(line.queue)
    priority = f"$[2000000000-0${{CC_ARRIVED}}+{int(line.priority * site.priority_seconds)}]"
    further = words(line).removeprefix(",") or NOWHERE
    beside = f"{queue}.${{CC_LADDER}}"
    return steps(
        f"line-{target}",
        f"Set(CC_SAYS=${{CC_AHEAD_{target}}})",
        f'look: GotoIf($["{DECISION}"="" | "${{EPOCH}}"<"${{CC_SAYS:1:10}}"]?known)',
        "Set(CC_SAYS=${CC_SAYS:11})",
        "Goto(look)",
        f'known: GotoIf($["{DECISION}"="c" | "{DECISION}"="n"]?stay,1)',
        f"CELGenUserEvent(cc_overflow,line:{target})",
        f"MSet(CC_LINE={target},CC_LADDER=${{CUT(CC_QUEUE,.,2)}},CC_QUEUE={queue},CC_AGAIN=wait,CC_TRIES=,CC_FLOW=,"
        f"CC_FIRST=,QUEUE_MAX_PENALTY={ANY_PENALTY},QUEUE_MIN_PENALTY=0,QUEUE_RAISE_PENALTY=0,{further})",
        f'ExecIf($["${{CC_LADDER}}"!="" & "${{CC_WAIT_{beside}}}"!=""]?MSet(CC_QUEUE={beside},QUEUE_MAX_PENALTY=9))',
        f"Set(CC_PLACE={priority})",
        "ExecIf($[${CC_PLACE}>${QUEUE_PRIO}]?Set(QUEUE_PRIO=${CC_PLACE}))",
        # A caller who has not been answered yet, on a line without anyone on duty, hears nothing before that.
        "Answer()",
        "Goto(cc-do,wait,1)",
    )
