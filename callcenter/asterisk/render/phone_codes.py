"""Renders the codes that agents dial on their phones: the service is notified and answers with what is played.

It answers over AMI, whose logins have secrets, and not over FastAGI, which asks nobody who they are. While the service
is down the phone hears that nothing is confirmed.
"""

from __future__ import annotations

from typing import Final

from callcenter.asterisk.render.site import Site
from callcenter.asterisk.render.steps import steps
from callcenter.facts import PhoneCode

SPOKEN: Final = "CC_SPOKEN"
"""The variable that the service sets: the sounds to play."""
LOOK_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 6


def phone_codes(site: Site) -> str:
    """The extensions of the codes in the context of agents' phones; none where codes are turned off."""
    if not site.phone_codes:
        return ""
    looks = int(ANSWER_SECONDS / LOOK_SECONDS)
    # A party who is transferred here would act with another agent's phone, and would be lost. An attended transfer puts
    # them in the phone's place at any step.
    dialled = '"${BLINDTRANSFER}${ATTENDEDTRANSFER}"="" & "${CHANNEL(name):0:6}"="PJSIP/"'
    own = f"GotoIf($[{dialled}]?:cc-returned,unknown,1)"
    return "".join(
        steps(
            code.value,
            own,
            f"MSet({SPOKEN}=,CC_LOOKS=0)",
            "Answer()",
            "UserEvent(CcPresence,Code: ${EXTEN:1})",
            f"look: Wait({LOOK_SECONDS})",
            "Set(CC_LOOKS=$[${CC_LOOKS}+1])",
            f'GotoIf($[{dialled} & "${{{SPOKEN}}}"="" & ${{CC_LOOKS}}<{looks}]?look)',
            own,
            f'ExecIf($["${{{SPOKEN}}}"=""]?Set({SPOKEN}=${{CC_SOUNDS}}/zh/cc/presence_unknown))',
            f"Playback(${{{SPOKEN}}})",
            own,
            "Hangup(16)",
        )
        for code in PhoneCode
    )
