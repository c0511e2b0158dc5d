"""Defines the content of the forms of the roster (policy D1, D4, H3). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from callcenter.paper.head import FormKind, Head


@dataclass(frozen=True, slots=True)
class FormField:
    """A label with its value; an empty value is a line to write on."""

    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class FormTable:
    """A table with its title, its columns and its rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class DutyForm:
    """What the forms of the roster have in common: fields, tables, and who signs."""

    head: Head
    fields: tuple[FormField, ...] = ()
    tables: tuple[FormTable, ...] = ()
    signatures: tuple[FormField, ...] = ()


@dataclass(frozen=True, slots=True)
class LeaveForm(DutyForm):
    """Request for leave (policy D4)."""

    kind: ClassVar[FormKind] = FormKind.LEAVE


@dataclass(frozen=True, slots=True)
class HandoverForm(DutyForm):
    """Handover log of a shift (policy H3)."""

    kind: ClassVar[FormKind] = FormKind.HANDOVER


@dataclass(frozen=True, slots=True)
class RosterSheet(DutyForm):
    """Roster of a line for some days (policy D1); printed in landscape."""

    kind: ClassVar[FormKind] = FormKind.ROSTER


@dataclass(frozen=True, slots=True)
class FiguresForm(DutyForm):
    """Figures of a period (policy S1); `charts` are SVG in which every name is escaped.

    `subject` is what the figures are of, a word of the forms' texts: the sheet's title.
    """

    kind: ClassVar[FormKind] = FormKind.FIGURES
    charts: tuple[str, ...] = ()
    subject: str = "figures"


@dataclass(frozen=True, slots=True)
class MeetingForm(DutyForm):
    """Minutes of a meeting with its actions (policy S3)."""

    kind: ClassVar[FormKind] = FormKind.MEETING


@dataclass(frozen=True, slots=True)
class TrainingForm(DutyForm):
    """Attendance of a training (policy S5)."""

    kind: ClassVar[FormKind] = FormKind.TRAINING


@dataclass(frozen=True, slots=True)
class EmergencyForm(DutyForm):
    """Log of an emergency, with what was used and must be replaced (policy S5)."""

    kind: ClassVar[FormKind] = FormKind.EMERGENCY
