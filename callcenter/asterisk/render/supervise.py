"""Renders the dialplan of a supervisor who joins a call: one extension for each mode.

To listen and to whisper is ChanSpy(): without `w` it has no path from the supervisor's microphone, and what it plays to
the agent alone is added after the recorders have their copy (main/audiohook.c), so it is on no recording. To be heard
by all the supervisor enters the bridge: the customer's recorder has what the customer hears. A bridge of three goes on
when one of them leaves (main/bridge_basic.c), which is also how the agent is released from a call that is taken over.
"""

from __future__ import annotations

from callcenter.asterisk.render.steps import steps

SUPERVISE = "cc-supervise"
TARGET = "CC_TARGET"
"""The variable that holds the name of the agent's channel."""
# u: one channel by its full name; q: no beep, S and E: end with that channel.
_SPY = f"ChanSpy(${{{TARGET}}},quSE"
# What an agent's phone in a queue call can do: the service transfers and consults by these (call_commands.py).
_FEATURES = "Set(CHANNEL(dtmf_features)=T)"


def supervise() -> str:
    """[cc-supervise]: the mode is the extension; the service moves the channel to another one to change the mode."""
    joins = (_FEATURES, f"BridgeAdd(${{{TARGET}}})", "Hangup()")
    return (
        f"\n[{SUPERVISE}]\n"
        + steps("listen", f"{_SPY})", "Hangup()")
        + steps("whisper", f"{_SPY}w)", "Hangup()")
        + steps("barge", *joins)
        + steps("take", *joins)
    )
