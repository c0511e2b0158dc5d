"""Defines how the dialplan connects the callers of a flow that asks them nothing. Pure values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connects:
    """A flow that only connects: its version, the sounds before the queue and the path for the call's record."""

    flow: str
    sounds: tuple[str, ...]
    path: str
