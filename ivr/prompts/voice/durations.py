"""Makes the exported model give the durations that it predicts. Pure.

The export has one output, the sound. A protobuf message that occurs twice is merged (Protocol Buffers encoding,
"Last One Wins"), so an output is added to the model's graph by appending to its bytes.
"""

from __future__ import annotations

from typing import Final

DURATIONS: Final = "/encoder/Clip_output_0"
"""The rounded durations of all signs, in units of 25 ms, as torch.onnx named them in Kokoro-82M v1.0."""
_GRAPH: Final = 7
"""ModelProto.graph, GraphProto.output and ValueInfoProto.name in onnx.proto."""
_OUTPUT: Final = 12
_NAME: Final = 1
_LENGTH_DELIMITED: Final = 2


def with_durations(model: bytes) -> bytes:
    return model + _field(_GRAPH, _field(_OUTPUT, _field(_NAME, DURATIONS.encode())))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low = bytearray()
    while value > 0x7F:
        low.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*low, value])
