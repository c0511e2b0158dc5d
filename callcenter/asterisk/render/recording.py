"""Renders the recording dialplan: Asterisk itself starts recordings, so they work while the service is down.

The recorder is on the customer's channel, or on the agent's for outbound calls, and writes only while that channel is
bridged (`b`): it excludes ringing, queue music and announcements, and continues through a transfer. Each direction of
the channel goes to its own file (`r`, `t`), with silence inserted so that both stay in sync. File names consist of ids
and line codes only; no command runs when a recording ends, since caller-supplied text could reach a shell through it.
Consumers of the files scan the folder.

While the service holds a call's recording (paused or stopped), the spool contains a file named after the call whose
time of change is the instant when the hold ends. The dialplan reads it at every start of a recorder, on every channel
of the call, so a hold is kept while the service is slow or down and across a reload of the dialplan. A recorder that
is started in a pause is delayed until the pause ends (`s`), so it writes no sample of it.
"""

from __future__ import annotations

from callcenter.asterisk.render.call_control import FEATURE as HOLD
from callcenter.asterisk.render.call_control import feature as hold_feature
from callcenter.asterisk.render.checks import path, prompt
from callcenter.asterisk.render.numbers import CALLABLE
from callcenter.asterisk.render.site import Line, Site
from callcenter.asterisk.render.steps import steps

RULES = frozenset({"always", "never", "consent"})
# Which party presses what, and on which side of the call the recorder is then started.
FEATURES = {"cc_record": ("*91", "peer"), "cc_record_caller": ("*92", "self"), "cc_record_dialled": ("*91", "self")}
HELD_SUFFIX = "~held"
"""After the linkedid, the name of the file that holds a call's recording (recordings/spool.py writes it)."""
LONGEST_PAUSE_SECONDS = 86_400
"""A hold that lasts longer is a stopped recording: nothing is started."""
DELAYS_SINCE = 220700
"""The first Asterisk whose MixMonitor knows the option `s` (22.7.0), as VERSION() writes it."""
LONGEST_MESSAGE_SECONDS = 180
SILENCE_ENDS_SECONDS = 6
# A header and half a second: anything shorter contains no speech.
LEAST_MESSAGE_BYTES = 8044
HEADER_BYTES = 44
LEFT_SILENCE_BYTES = 16_000
"""Record() that ends in silence cuts it off but for one second (apps/app_record.c)."""
SHORTEST_NUMBER, LONGEST_NUMBER, ENTRY_SECONDS = 5, 20, 8
NUMBER = f"^[0-9]{{{SHORTEST_NUMBER},{LONGEST_NUMBER}}}$"
"""A number that a caller with a hidden one enters by keys."""


def line_words(line: Line) -> str:
    """A line's recording variables, as further assignments of its MSet(); none without recording or announcement."""
    rule = line.record if line.record in RULES else "never"
    # A line that is never recorded is not recorded after a transfer to the outside either, so the rule is inherited.
    words = [f"CC_RECORD={rule}"] if rule != "never" else []
    words += ["__CC_NEVER=1"] if line.record == "never" else []
    if line.notice:
        words.append(f"CC_NOTICE={prompt(line.notice)}")
    if line.take_message:
        words.append("CC_MESSAGE=1")
    return "".join(f",{word}" for word in words)


def return_line_words(line: Line) -> str:
    """A line that is never recorded is also not recorded on its return calls."""
    return ",__CC_NEVER=1" if line.record == "never" else ""


# One step for the calls that are not recorded; the notice comes before the recorder and before the queue.
BEFORE_QUEUE = 'GosubIf($["${CC_RECORD}${CC_NOTICE}"!=""]?cc-record,prepare,1)'


def before_queue(line: Line) -> tuple[str, ...]:
    """The same for one line: no step at all where nothing is announced or recorded."""
    return ("Gosub(cc-record,prepare,1)",) if line.notice or line.record in RULES - {"never"} else ()


def outbound_steps(site: Site) -> tuple[str, ...]:
    """Record a call to the outside. A caller who is transferred there keeps the rule and the recorder of their line."""
    rule = site.record_outbound if site.record_outbound in RULES else "never"
    return () if rule == "never" else (f'GosubIf($["${{CC_NEVER}}${{CC_RECORD}}"=""]?cc-record,{rule}-out,1)',)


def recording(site: Site) -> str:
    """[cc-record]: start a recorder on this channel; [cc-message]: record a message from the caller (R4)."""
    parts = (_prepare(), _start(site, "in"), _start(site, "out"), _feature(site), "\n", _message(site))
    return "[cc-record]\n" + "".join(parts)


def _prepare() -> str:
    """A feature code starts a recording by consent, or restarts one after it was stopped.

    The agent presses *91; *92 is the caller's own consent, and what the service sends. An agent who dialled presses
    *91.
    """
    dialled = f"MSet(CC_RECORD=out,DYNAMIC_FEATURES=cc_record_dialled#{HOLD})"
    return (
        steps(
            "prepare",
            'ExecIf($["${CC_NOTICE}"!=""]?Playback(${CC_SOUNDS}/${CC_LANGUAGE}/${CC_NOTICE}))',
            'ExecIf($["${CC_RECORD}"!=""]?Set(__DYNAMIC_FEATURES=cc_record#cc_record_caller))',
            'GotoIf($["${CC_RECORD}"="always"]?in,1)',
            "Return()",
        )
        + steps("always-out", dialled, "Goto(out,1)")
        + steps("consent-out", dialled, "Return()")
    )


def _held(site: Site) -> str:
    """The instant until which the service holds this channel's call; 0 where it does not."""
    return f"${{STAT(M,{path(site.spool)}/${{CHANNEL(linkedid)}}{HELD_SUFFIX})}}"


def _start(site: Site, kind: str) -> str:
    """Start a recorder, or one that is delayed until the pause ends, or none where the recording is stopped.

    The hold is read before the recorder exists and again after it does: the service mutes the recorders that exist when
    a pause begins, so one that came into being meanwhile starts over. An Asterisk without the option `s` would ignore
    it: there the recorder waits for the service (CC_LATER, asterisk/control.py).
    """
    # Whose voice the channel carries: the customer's when they called us, the agent's when we call them.
    own, other = ("caller", "agent") if kind == "in" else ("agent", "caller")
    spool, held = path(site.spool), _held(site)
    return steps(
        kind,
        f"again: Set(CC_HELD=$[{held} - ${{EPOCH}}])",
        f"GotoIf($[${{CC_HELD}} > {LONGEST_PAUSE_SECONDS}]?done)",
        f"MSet(CC_TAKE=${{CHANNEL(linkedid)}}~${{UNIQUEID}}~${{EPOCH}}~{kind}~${{CHANNEL(accountcode)}},"
        "CC_LATER=${IF($[${CC_HELD} > 0]?s(${CC_HELD}))})",
        f'GotoIf($["${{CC_LATER}}"!="" & ${{VERSION(ASTERISK_VERSION_NUM)}} < {DELAYS_SINCE}]?done)',
        f"MixMonitor(,br({spool}/${{CC_TAKE}}~{own}.wav)t({spool}/${{CC_TAKE}}~{other}.wav)i(CC_MIX)${{CC_LATER}})",
        f'GotoIf($["${{CC_LATER}}"!="" | {held} <= ${{EPOCH}}]?done)',
        "StopMixMonitor(${CC_MIX})",
        "Goto(again)",
        "done: Return()",
    )


def _feature(site: Site) -> str:
    """By feature code: only on the channel that carries its line's rule, whichever party pressed the keys.

    While the service holds the recording, keys do nothing: a take started by them would contain the card number that
    the pause protects.
    """
    return steps(
        "feature",
        f'GotoIf($["${{CC_RECORD}}"="" | {_held(site)} > ${{EPOCH}}]?done)',
        "StopMixMonitor(${CC_MIX})",
        'Gosub(cc-record,${IF($["${CC_RECORD}"="out"]?out:in)},1)',
        "done: Return()",
    )


def applicationmap() -> str:
    """The feature codes; whichever side presses them, they run on the recorded channel or do nothing."""
    recorders = "".join(
        f'{name} => {keys},{where},Gosub,"cc-record,feature,1"\n' for name, (keys, where) in FEATURES.items()
    )
    return "\n[applicationmap]\n" + recorders + hold_feature()


def _message(site: Site) -> str:
    """A message that could not be written, on a full disk, becomes a return call; a caller without a number hears so.

    What Record() has not written out when it ends is lost without an error, so the size of the file counts.
    """
    file = f"{path(site.spool)}/${{CC_TAKE}}~caller.wav"
    silent = (
        f'${{IF($["${{RECORD_STATUS}}"="SILENCE"]?{LEAST_MESSAGE_BYTES + LEFT_SILENCE_BYTES}:{LEAST_MESSAGE_BYTES})}}'
    )
    note = f"ExecIf($[0${{STAT(s,{file})}}>{silent}]?CELGenUserEvent(cc_outcome,message_left))"
    words = "${CC_SOUNDS}/${CC_LANGUAGE}/cc"
    return (
        "[cc-message]\n"
        + steps(
            "s",
            "Answer()",
            "Set(CC_TAKE=${CHANNEL(linkedid)}~${UNIQUEID}~${EPOCH}~message~${CHANNEL(accountcode)})",
            f'ExecIf($["${{CC_WHY}}"!=""]?Playback({words}/${{CC_WHY}}))',
            # Without a number no one can answer the message (R9). A flow has asked for it already.
            f'GotoIf($[{CALLABLE}=1 | "${{CC_CALL_AT}}${{CC_NUMBER_ASKED}}"!=""]?speak)',
            f"Read(CC_ENTERED,{words}/enter_number,{LONGEST_NUMBER},,2,{ENTRY_SECONDS})",
            f'GotoIf($[!${{REGEX("{NUMBER}" ${{CC_ENTERED}})}}]?speak)',
            "Set(CC_CALL_AT=${CC_ENTERED})",
            "CELGenUserEvent(cc_number,${CC_CALL_AT})",
            f"speak: Playback({words}/message)",
            "Playback(beep)",
            f"Record({file},{SILENCE_ENDS_SECONDS},{LONGEST_MESSAGE_SECONDS},kq)",
            f"Set(CC_SIZE=0${{STAT(s,{file})}})",
            f"GotoIf($[${{CC_SIZE}}>{silent}]?kept)",
            f'GotoIf($["${{RECORD_STATUS}}"="ERROR" | ${{CC_SIZE}}<{HEADER_BYTES}]?lost)',
            f"Playback({words}/message_empty)",
            "Goto(end)",
            f"kept: Playback({words}/message_done)",
            "Goto(end)",
            f'lost: GotoIf($[{CALLABLE}=0 & "${{CC_CALL_AT}}"=""]?nowhere)',
            "CELGenUserEvent(cc_outcome,callback_requested:message_lost)",
            f"Playback({words}/wished)",
            "Goto(end)",
            f"nowhere: Playback({words}/sorry)",
            f"end: Playback({words}/goodbye)",
            "Hangup(16)",
        )
        + steps("h", note)
    )
