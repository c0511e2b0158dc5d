"""Tests that released migrations never change: a change of the schema is a new file."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

VERSIONS = Path(str(files("callcenter.storage.migrations"))) / "versions"
FROZEN = {
    "0001_first_schema.py": "34af10e5d1c8a91e4290c0c84d769f5ce9a6cce2e90252adafc9a22e2126f89b",
    "0002_signatures.py": "22ece72a3c2be8720a07a25242737cfd45c3d787420f141430cea85363fba8c1",
    "0003_damaged_lines.py": "138cc8a5678f18d3c61b5f08a955a4c6627806846c302a34e80968258ec51d38",
    "0004_one_reading_of_numbers.py": "982c45a61a2423fdc79cec769948fbed85bc66a90d167f54818e20e21e19a057",
    "0005_session_language.py": "fd6cfdd4d674918b0c97fd1988c8b143dcfb21029a28ff141cd0bca1e954c61d",
    "0006_write_probe.py": "80509f1c274491992a164743e8841f54783b279b325b421b1b42d6ae4ed06217",
    "0007_every_witness.py": "2704ac1c010398309731d3700b0b2b27078519ec4aa669102e60a0241f8513af",
    "0008_known_devices.py": "ab92eaf29eed4d09745d0871ea27964b40b31582172728782e5eec5b52bb1d8f",
    "0009_toll_events.py": "d87aaa7f06536d5b976c4bd79f2003d162f02888c620d9952d33c187d1be37a0",
    "0010_password_must_change.py": "88c6a12205935b52d35c82939f18d6dca62c2408eaeb29679fa99ae19dfa036f",
    "0011_token_owners.py": "b44d0aa777404d19b691db29e0674f9086f57def088c32304ad3235523a126b5",
    "0012_privacy.py": "b18c8936c1df0b9259c89ff69856f7b8a57390100088c4c2adec4afddc038dc4",
    "0013_each_agents_talk.py": "a59f91ac4465b30af21bd09368fee0da16a529b2cc65995e16426e5365f1a9fa",
    "0014_session_seen.py": "70266da2a2e34ac6e0085cd184bac95da8b8d2ed6304c46e253e126c5fa71051",
    "0015_sealed_phone_secrets.py": "0c57919d32b9840383bfb6d303950cbc5706d2f0ccf2e8c103bb6d1e83216876",
    "0016_second_factor.py": "ec4ffe385b267c26521f775c8f1983be058b06027902f272ac4f117aff9241fc",
}
"""Release 0.1.0. A release adds its new files here."""


def digest(text: str) -> str:
    """Of all that a migration does; the place that it imports our modules from may move."""
    lines = [line for line in text.splitlines() if not line.startswith(("from callcenter", "import callcenter"))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_migrations_of_a_release_do_not_change() -> None:
    assert {name: digest((VERSIONS / name).read_text("utf-8")) for name in FROZEN} == FROZEN


def test_a_changed_statement_is_seen_and_a_moved_module_is_not() -> None:
    text = (VERSIONS / min(FROZEN)).read_text("utf-8")
    assert digest(text.replace("nullable=False", "nullable=True", 1)) != digest(text)
    assert digest(text + "from callcenter.elsewhere import Column\n") == digest(text)
