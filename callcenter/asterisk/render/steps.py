"""Formats an extension."""

from __future__ import annotations


def steps(exten: str, *applications: str) -> str:
    """One extension; a step `label: application` carries a label."""
    lines = []
    for place, step in enumerate(applications):
        label, result, application = step.partition(": ")
        named = result and label.isidentifier()
        mark = f"({label})" if named else ""
        text = application if named else step
        head = f"exten => {exten},1" if place == 0 else " same => n"
        lines.append(f"{head}{mark},{text}\n")
    return "".join(lines)
