"""Renders where a caller stays whose agent's page has vanished in the conversation.

The service sends the caller's channel here (calls/kept): the old conversation ends, the caller hears music, the phone
rings as soon as it has registered again, and what it answers is the same call. After KEPT_SECONDS the caller goes to
the front of the queue, as after a failed transfer (render/transfer.py).
"""

from __future__ import annotations

from callcenter.asterisk.render.steps import steps

KEPT = "cc-kept"
BACK = "CC_BACK"
"""The variable that names the phone, which [cc-returned] uses as well."""
KEPT_SECONDS = 20
HEADER = "X-CC-Kept"
"""In the INVITE: the page answers it by itself, for it is the call that it had before."""


def kept_callers() -> str:
    """[cc-kept]: `s` for the caller, `header` on the channel of the phone that is called again."""
    free = f'"${{DEVICE_STATE(PJSIP/${{{BACK}}})}}"="NOT_INUSE"'
    return (
        f"\n[{KEPT}]\n"
        + steps(
            "s",
            f"MSet(BLINDTRANSFER=,ATTENDEDTRANSFER=,CC_UNTIL=$[${{EPOCH}}+{KEPT_SECONDS}])",
            f"CELGenUserEvent(cc_kept,${{{BACK}}})",
            "StartMusicOnHold()",
            f"look: GotoIf($[{free}]?ring)",
            "GotoIf($[${EPOCH}>=${CC_UNTIL}]?lost)",
            "Wait(0.2)",
            "Goto(look)",
            "ring: StopMusicOnHold()",
            # At least a second: a phone that comes back in the last moment rings once.
            f"Dial(PJSIP/${{{BACK}}},$[${{CC_UNTIL}}-${{EPOCH}}+1],mtb({KEPT}^header^1))",
            'GotoIf($["${DIALSTATUS}"="ANSWER"]?end)',
            # A phone that refuses, or has gone again while it rang, may still come back in time.
            "GotoIf($[${EPOCH}<${CC_UNTIL}]?again)",
            "lost: StopMusicOnHold()",
            "Goto(cc-returned,back,queue)",
            "again: Wait(0.5)",
            "StartMusicOnHold()",
            "Goto(look)",
            "end: Hangup()",
        )
        + steps("header", f"Set(PJSIP_HEADER(add,{HEADER})=1)", "Return()")
    )
