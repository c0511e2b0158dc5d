"""Mutates the stored corpus: cut, joined, repeated, with bytes and words of the formats inserted."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "corpus"
"""One folder for each reader; what a fuzzing run finds is added as a file."""
WORDS = (
    b"\r\n\r\n",
    b"\r\n",
    b"\n",
    b"\0",
    b'"',
    b"\\",
    b"|",
    b'{"eventtype":"',
    b"Event: Hangup\r\n",
    b"HANGUP\n",
    b",",
    b"\xff\xfe",
    "中".encode("gb18030"),
    b"1e400",
    b"-" * 40,
    b"9" * 40,
    b"[[",
    b"}",
    b"\xed\xa0\x80",
    b"=cmd|x",
)


def seeds(reader: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / reader).iterdir())]


@st.composite
def mutated(draw: st.DrawFn, reader: str) -> bytes:
    """A text of the corpus after some changes."""
    data = draw(st.sampled_from(seeds(reader)))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 60)))
        put_in = draw(st.one_of(st.just(b""), st.sampled_from(WORDS), st.binary(max_size=12), st.just(data[start:end])))
        data = data[:start] + put_in + data[end if draw(st.booleans()) else start :]
    return data
