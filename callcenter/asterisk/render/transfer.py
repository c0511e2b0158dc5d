"""Renders the dialplan of failed transfers: the caller is handed back and never cut off (R3).

A blind transfer sends the caller's own channel to the number; an attended one that is finished while the phone still
rings replaces the agent who dialled by the caller. Asterisk stores the channel of the transferring party in
BLINDTRANSFER or ATTENDEDTRANSFER on the caller's channel (main/bridge.c). When Dial() then ends without an answer, the
caller goes to that agent, or, if their phone is not free, to the front of the queue that they came from.
"""

from __future__ import annotations

from callcenter.asterisk.render.steps import steps

BACK_SECONDS = 20
"""How long the phone of the agent who transferred rings."""

# After every Dial() of a phone's context: no effect unless the call was transferred to it.
AFTER_DIAL = ("Goto(cc-returned,s,1)",)


def transfers() -> str:
    """[cc-transfer]: where a transfer may lead; [cc-returned]: what happens when it failed."""
    unknown = "Goto(cc-returned,unknown,1)"
    reachable = "\n[cc-transfer]\ninclude => cc-phones\ninclude => cc-unreached\n"
    unreached = "\n[cc-unreached]\n" + steps("_[0-9*#]", unknown) + steps("_[0-9*#][0-9*#]", unknown)
    return reachable + unreached + "\n[cc-returned]\n" + _failed() + _back()


def _failed() -> str:
    """Record the transferring party and the failure; a call that was not transferred ends here.

    A `*2` that was finished while the phone rang has only a Local channel here; its other half is bridged with the
    caller, who is moved out of that bridge. Asterisk's own handling would call the agent back twice and then hang up.
    """
    by = '${IF($["${BLINDTRANSFER}"!=""]?${BLINDTRANSFER}:${ATTENDEDTRANSFER})}'
    failed = "CELGenUserEvent(cc_transfer,failed:${DIALSTATUS}:${HANGUPCAUSE}:${CC_DIALLED})"
    return steps("unknown", "Set(DIALSTATUS=UNKNOWN)", "Goto(s,1)") + steps(
        "s",
        f"Set(CC_BY={by})",
        'GotoIf($["${CC_BY:0:6}"!="PJSIP/"]?end)',
        "Set(CC_BACK=${FILTER(A-Za-z0-9_-,${CC_BY:6:-9})})",
        'GotoIf($["${CHANNEL(name):0:6}"!="Local/"]?own)',
        "Set(CC_CALLER=${IMPORT(${CHANNEL(name):0:-1}1,BRIDGEPEER)})",
        # While the agent still consults the colleague, the agent is in that bridge; Asterisk itself gives the caller
        # back.
        'GotoIf($["${CC_CALLER:0:6}"!="PJSIP/" | "${CC_CALLER}"="${CC_BY}"]?end)',
        failed,
        "Set(SHARED(CC_BACK,${CC_CALLER})=${CC_BACK})",
        "ChannelRedirect(${CC_CALLER},cc-returned,fetched,1)",
        "end: Hangup()",
        f"own: {failed}",
        "Goto(back,1)",
    )


def _back() -> str:
    return steps("fetched", "Set(CC_BACK=${SHARED(CC_BACK)})", "Goto(back,1)") + steps(
        "back",
        "MSet(BLINDTRANSFER=,ATTENDEDTRANSFER=,CC_LOOKS=0)",
        # What follows is not an outbound call: its seconds are not added to the phone's (render/toll.py).
        "Set(CHANNEL(hangup_handler_wipe)=)",
        # A phone that has just transferred the caller may still be ending its own call.
        'look: GotoIf($["${DEVICE_STATE(PJSIP/${CC_BACK})}"="NOT_INUSE"]?agent)',
        "Set(CC_LOOKS=$[${CC_LOOKS}+1])",
        "GotoIf($[${CC_LOOKS}>4]?queue)",
        "Ringing()",
        "Wait(0.5)",
        "Goto(look)",
        "agent: CELGenUserEvent(cc_transfer,returned:agent)",
        f"Dial(PJSIP/${{CC_BACK}},{BACK_SECONDS},t)",
        'GotoIf($["${DIALSTATUS}"="ANSWER"]?end)',
        'queue: GotoIf($["${CC_QUEUE}"=""]?sorry)',
        "CELGenUserEvent(cc_transfer,returned:queue)",
        "Goto(cc-do,again,1)",
        "sorry: CELGenUserEvent(cc_transfer,returned:nobody)",
        'Playback(${CC_SOUNDS}/${IF($["${CC_LANGUAGE}"=""]?zh:${CC_LANGUAGE})}/cc/sorry)',
        "end: Hangup()",
    )
