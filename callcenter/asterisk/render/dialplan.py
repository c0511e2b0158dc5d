"""Renders extensions.conf: from the ringing line to the queue, and the prompts when no one is available.

A line that only greets and queues asks no one (render/ahead.py). For any other line the service is asked once, with a
short timeout; whatever it does (refuse, die midway, accept and hang), the caller is where the decisions that were
pushed ahead lead, within two seconds. `CC_DONE` distinguishes a finished answer from a dead one, since AGISTATUS is
SUCCESS for both.
"""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.asterisk.render import overflow
from callcenter.asterisk.render.ahead import (
    ASKS,
    IN_FRONT,
    ahead,
    blocked_first,
    callers,
    decided,
    on_ladder,
    place_of,
    place_of_priority,
)
from callcenter.asterisk.render.checks import code, host, number, path, queue_name
from callcenter.asterisk.render.flow import BACK, ENTRY, answered, asking, asks_service, ends, flows, not_connected
from callcenter.asterisk.render.in_calls import in_calls
from callcenter.asterisk.render.moved import withdrawn
from callcenter.asterisk.render.numbers import (
    CLEAN,
    line_number,
    patterns,
    shown_number,
)
from callcenter.asterisk.render.outbound import HEARS, phones, return_calls
from callcenter.asterisk.render.recording import (
    BEFORE_QUEUE,
    before_queue,
    line_words,
    recording,
)
from callcenter.asterisk.render.site import Line, Site
from callcenter.asterisk.render.steps import steps
from callcenter.asterisk.render.survey import AFTER_TALK, CONTINUE, survey
from callcenter.asterisk.render.toll import toll, toll_globals
from callcenter.asterisk.render.transfer import transfers
from callcenter.asterisk.render.waiting import LANGUAGE, language_of, own_music, wish

# The caller is queued within two seconds whatever the reception does; half a second of them is Asterisk's own.
WATCHDOG_SECONDS = 1.5

# Meaning of each way of leaving a queue unanswered: outcome and reason of the record, and the prompt played.
AFTER_QUEUE = {
    "JOINEMPTY": ("closed:nobody_on_duty", "nobody"),
    "LEAVEEMPTY": ("closed:nobody_on_duty", "nobody"),
    "JOINUNAVAIL": ("overflowed:nobody_reachable", "sorry"),
    "LEAVEUNAVAIL": ("overflowed:nobody_reachable", "sorry"),
    "FULL": ("overflowed:queue_full", "sorry"),
    "TIMEOUT": ("overflowed:waited_too_long", "sorry"),
    "UNKNOWN": ("failed:queue_unknown", "sorry"),
}

# An empty queue; its caller keeps their place by QUEUE_PRIO.
EMPTY = ("JOINEMPTY", "LEAVEEMPTY")
EMPTY_TRIES = 15
TRIES_ALONE = 3
"""Without a decision of the service one try counts as three: five seconds until the queue is considered empty."""
RECEPTION = "cc-reception,s,1"
LEFT_QUEUE = 'Goto(cc-after,${IF($["${QUEUESTATUS}"=""]?UNKNOWN:${QUEUESTATUS})},1)'


def extensions(site: Site) -> str:
    parts = [
        # Without AGIEXITONHANGUP, AGI keeps waiting for a hung server, even after the absolute timeout.
        "[general]\nstatic=yes\nwriteprotect=yes\nclearglobalvars=yes\n\n[globals]\nAGIEXITONHANGUP=yes\n"
        + f"CC_SOUNDS={path(site.sounds)}\nCC_NUMBER={shown_number(site)}\n"
        + toll_globals(site)
        + "".join(
            f"CC_WAIT_{queue_name(q.code)}={int(q.max_wait_seconds)}\n"
            for q in sorted(site.queues, key=lambda x: x.code)
        ),
        _inbound(site),
        "[cc-line]\n" + "".join(_line(line, site) for line in sorted(site.lines, key=lambda x: x.code)),
        callers(site),
        _handed(site),
        ahead(),
        _refused(),
        _reception(site),
        flows(site),
        asking(),
        _queue(site),
        _after(site),
        overflow.context(site),
        overflow.speakers(site),
        recording(site),
        wish(site),
        return_calls(site),
        phones(site),
        survey(),
        transfers(),
        in_calls(site),
        toll(site),
    ]
    return "\n".join(part for part in parts if part)


def _inbound(site: Site) -> str:
    """From the trunk: the dialled number selects the line; an unassigned number plays an announcement."""
    dids = {number(did): code(line.code) for line in sorted(site.lines, key=lambda x: x.code) for did in line.dids}
    known = "".join(steps(did, *CLEAN, f"Goto(cc-line,{line},1)") for did, line in sorted(dids.items()))
    stranger = (
        *CLEAN,
        "CELGenUserEvent(cc_outcome,failed:unknown_number)",
        # Audio before the answer needs 183 with SDP; 180 alone is silence.
        "Progress()",
        "Playback(${CC_SOUNDS}/zh/cc/sorry,noanswer)",
        "Playback(${CC_SOUNDS}/zh/cc/goodbye,noanswer)",
        "Hangup(1)",
    )
    unknown = "".join(steps(pattern, "Goto(none,1)") for pattern in patterns(1))
    return "[cc-inbound]\n" + known + unknown + _by_header(site, dids) + steps("none", *stranger)


def _by_header(site: Site, dids: Mapping[str, str]) -> str:
    """A call to the address that we registered: the dialled number is in To (RFC 3261, 8.1.1.2)."""
    users = {code(trunk.contact_user or trunk.user) for trunk in site.trunks.values() if trunk.user}
    read = (
        *CLEAN,
        "Set(CC_TO=${PJSIP_HEADER(read,To)})",
        "Set(CC_DIALLED=${FILTER(+0-9,${PJSIP_PARSE_URI_FROM(CC_TO,user)})})",
        'GotoIf($["${CC_DIALLED}"="" | !${DIALPLAN_EXISTS(cc-inbound,${CC_DIALLED},1)}]?none,1)',
        "Goto(${CC_DIALLED},1)",
    )
    return "".join(steps(user, *read) for user in ("s", *sorted(users - set(dids) - {"s"})))


def _handed(site: Site) -> str:
    """[cc-handed]: a caller whom a flow hands over to a line keeps the place of their arrival."""
    if not any(line.asks for line in site.lines):
        return ""
    lines = sorted(site.lines, key=lambda entry: entry.code)
    return "[cc-handed]\n" + "".join(
        steps(code(line.code), _first(line, site, "${CC_ARRIVED}"), f"Goto(cc-line,{code(line.code)},2)")
        for line in lines
    )


def _first(line: Line, site: Site, arrived: str = "${EPOCH}") -> str:
    """The first step of a line: one for many variables, as each step is an event that Asterisk creates and filters."""
    asks = asks_service(line)
    rated = f",CC_SURVEY={CONTINUE}" if line.survey else ""
    priority = place_of(line.priority * site.priority_seconds, arrived)
    return (
        f"MSet(CHANNEL(accountcode)={code(line.code)},{language_of(line.language)}{own_music(line, site)},"
        f"CC_LINE={code(line.code)},CC_QUEUE={code(line.queue)},CC_LANGUAGE={code(line.language)},"
        f"CC_HEARS={HEARS[line.hears]}{rated}{ASKS if asks else ''}{line_words(line)}{line_number(line, site)},"
        f"CC_ARRIVED={arrived}{overflow.words(line)}{overflow.own_words(line)},QUEUE_PRIO={priority})"
    )


def _line(line: Line, site: Site) -> str:
    left, asks = CONTINUE if line.survey else "", asks_service(line)
    first_steps = before_queue(line)
    queued = (
        *answered(line),
        *first_steps,
        f"Queue(${{CC_QUEUE}},Ct{left}{HEARS[line.hears]},,,{overflow.wait(site, line)})",
        LEFT_QUEUE,
    )
    asked = (*blocked_first(site), f"line: {ENTRY if line.asks else f'Goto({RECEPTION})'}")
    return steps(
        code(line.code), _first(line, site), *(asked if asks else (*decided(line, site), *not_connected(line))), *queued
    )


def _refused() -> str:
    """Refuse, with a record, a call whose only codec cannot be played or recorded (R3); cause 58 maps to SIP 488."""
    return "[cc-refused]\n" + steps("codec", "CELGenUserEvent(cc_outcome,failed:codec_not_supported)", "Hangup(58)")


def _reception(site: Site) -> str:
    """Ask the service; without its answer the decisions that were pushed ahead apply."""
    agi = f"agi://{host(site.agi_host)}:{site.agi_port}/reception"
    return (
        "[cc-reception]\n"
        + steps(
            "s",
            f"MSet(CC_DONE=,TIMEOUT(absolute)={WATCHDOG_SECONDS})",
            f"AGI({agi},${{CHANNEL(accountcode)}})",
            # The reception clears the timeout and sets the priority in the command that sets CC_DONE.
            'GotoIf($["${CC_DONE}"="1" & ${DIALPLAN_EXISTS(cc-do,${CC_ACTION},1)}]?cc-do,${CC_ACTION},1)',
            "fallback: MSet(TIMEOUT(absolute)=0,CC_DONE=)",
            "Goto(cc-ahead,s,1)",
        )
        + steps("T", "Goto(s,fallback)")
    )


def _queue(site: Site) -> str:
    """Queue the caller as the reception decides.

    The line is answered before the queue: Queue() neither answers nor opens the audio path by itself, so the caller
    would not hear the offer of a return call, nor would its key be detected (app_queue.c). The ring that a waiting
    caller hears is then Asterisk's own tone (`r`, indications.conf); without `r` it is music. R1 counts what the caller
    hears.
    """
    base = "${CC_BASE}"
    chosen, team = "${CC_QUEUE}.${TOLOWER(${CC_DIALECT})}", "${CC_QUEUE}.vip"
    language_of_caller = LANGUAGE.format("${CC_LANGUAGE}")
    return (
        "[cc-do]\n"
        + steps(
            "queue",
            'GotoIf($["${CC_AGAIN}"!=""]?${CC_AGAIN},1)',
            # The service names a priority as a number; the place in the queue is an instant of arrival.
            # The caller may have chosen another language than the line's.
            f"MSet(QUEUE_PRIO={place_of_priority(site.priority_seconds)},{language_of_caller})",
            *(("Set(CC_BASE=${CC_QUEUE})",) if overflow.has_own(site) else ()),
            # A caller who chose a dialect waits on its ladder, where the queue has one (R8).
            f'ExecIf($["${{CC_DIALECT}}"!="" & "${{CC_WAIT_{chosen}}}"!=""]?{on_ladder(chosen)})',
            # A ladder has no ladder beside it: a speaker comes before the team.
            f'ExecIf($["${{CC_TEAM}}"="1" & "${{CC_WAIT_{team}}}"!=""]?{on_ladder(team)})',
            *overflow.own_chosen(site, base),
            "Answer()",
            'ExecIf($["${CC_GREETING}"!=""]?Playback(${CC_SOUNDS}/${CC_LANGUAGE}/${CC_GREETING}))',
            BEFORE_QUEUE,
            "Goto(wait,1)",
        )
        + steps(
            "wait",
            *overflow.own_first(site),
            f"Queue(${{CC_QUEUE}},Ct${{CC_SURVEY}}${{CC_HEARS}},,,{overflow.wait(site)})",
            LEFT_QUEUE,
        )
        + overflow.own(site)
        # Callers who were handed back by a failed transfer have been answered before: ahead of all others (R3).
        + steps("again", f"Set(QUEUE_PRIO={IN_FRONT})", "Goto(wait,1)")
        + _leave("closed", "closed:outside_hours", "closed", message=True)
        + _leave("nobody", "closed:nobody_on_duty", "nobody", message=True, first=overflow.unstaffed(site))
        + _leave("reject", "failed:unknown_line", "sorry")
        + _leave("blocked", "closed:blocked", "blocked")
        + ends()
    )


def _leave(exten: str, outcome: str, prompt: str, *, message: bool = False, first: tuple[str, ...] = ()) -> str:
    """Never silence: the outcome is written, then announced, then the line is closed with goodbye (C1).

    With `message`, a line that takes messages lets the caller leave one (R4). `first` runs before all that.
    """
    leave_one = (f"Set(CC_WHY={prompt})", 'GotoIf($["${CC_MESSAGE}"="1"]?cc-message,s,1)') if message else ()
    return steps(
        exten,
        *first,
        f"CELGenUserEvent(cc_outcome,{outcome})",
        *leave_one,
        f"Playback(${{CC_SOUNDS}}/${{CC_LANGUAGE}}/cc/{prompt})",
        "Playback(${CC_SOUNDS}/${CC_LANGUAGE}/cc/goodbye)",
        "Hangup(16)",
    )


def _after(site: Site) -> str:
    """Retry before a queue counts as empty: members arrive a moment after a start, or change with a shift.

    The decision of the service, which knows the duty, is read again each second. A caller whom it keeps sending here
    does not hear that no one is on duty; without a decision the queue counts as empty after a few seconds.
    """
    known = "".join(
        _leave(
            status,
            outcome,
            prompt,
            message=prompt == "nobody",
            first=(*overflow.no_speaker(site, status), *_empty(status), *overflow.after(site, status), BACK),
        )
        for status, (outcome, prompt) in AFTER_QUEUE.items()
    )
    retry = steps(
        "s",
        f'Set(CC_TRIES=$[0${{CC_TRIES}}+${{IF($["${{CC_DONE}}"="1"]?1:{TRIES_ALONE})}}])',
        'ExecIf($["${CC_HEARS}"="r"]?Ringing())',
        "Wait(1)",
        # A caller of a flow is asked nothing twice.
        'GotoIf($["${CC_FLOW}"!=""]?cc-do,queue,1)',
        "Goto(cc-ahead,again,1)",
    )
    over = AFTER_TALK + steps("i", "Goto(UNKNOWN,1)")
    return "[cc-after]\n" + known + withdrawn() + over + "\n[cc-empty]\n" + retry


def _empty(status: str) -> tuple[str, ...]:
    """Return the steps before a queue counts as empty."""
    if status not in EMPTY:
        return ()
    again = f"GotoIf($[0${{CC_TRIES}}<{EMPTY_TRIES}]?cc-empty,s,1)"
    return ("Set(CC_AGAIN=wait)", again, 'GotoIf($["${CC_DONE}"="1"]?JOINUNAVAIL,1)')
