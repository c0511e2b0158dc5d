"""Decides when the phone in a page has vanished from a conversation. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

LOOK_SECONDS: Final = 0.5
SILENT_LOOKS: Final = 4
"""A phone that sends nothing for so many looks has vanished; a browser sends audio all the time, muted or not."""
MOST_LOOKS: Final = 120
"""A page may lose its socket while the talk goes on (RFC 7118, 6): then its audio is watched for a minute."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The audio that Asterisk received from a phone: the packets so far, and looks without any more of them."""

    packets: int | None = None
    silent: int = 0

    def after(self, packets: int | None) -> Watched:
        """None where Asterisk cannot say; that is not silence."""
        if packets is None or packets != self.packets:
            return Watched(packets if packets is not None else self.packets)
        return replace(self, silent=self.silent + 1)

    @property
    def vanished(self) -> bool:
        return self.silent >= SILENT_LOOKS
