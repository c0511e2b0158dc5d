"""Reads the tree of reasons that a new centre starts with (reasons.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from callcenter.calls.notes.model import Reason, check_tree


@cache
def standard_reasons() -> Mapping[str, Reason]:
    """In the order of the file; read once."""
    source = files("callcenter.calls").joinpath("notes", "reasons.toml").read_text("utf-8")
    reasons: list[Reason] = []
    for group in tomllib.loads(source)["reasons"]:
        reasons.append(Reason(group["code"], group["names"]))
        reasons += [Reason(leaf["code"], leaf["names"], group["code"]) for leaf in group["below"]]
    check_tree(reasons)
    return MappingProxyType({reason.code: reason for reason in reasons})
