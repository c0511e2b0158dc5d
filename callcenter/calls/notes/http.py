"""Routes of what an agent writes about a call (W1, W2), and of the tree of reasons."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.notes.model import MOST_REASONS, Note, NoteState, Question, Reason
from callcenter.calls.notes.service import CallNotes
from callcenter.facts import CallId
from callcenter.web.routes import ANYONE, MANAGERS, Ask, Routes, etag_of


class QuestionShape(BaseModel):
    """A question of the caller; `checked` once it was read back to them (W2)."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    question: str = Field(min_length=1, max_length=2000)
    checked: bool = False
    answer: str = Field("", max_length=5000)


class NoteShape(BaseModel):
    """`reason` is a code of GET /call-reasons; `done` needs a reason, progress and each question read back."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    reason: str | None = Field(None, max_length=40)
    reason_text: str = Field("", max_length=2000)
    contact: str = Field("", max_length=200)
    department: str | None = Field(None, max_length=40)
    people: str = Field("", max_length=500)
    progress: str = Field("", max_length=5000)
    questions: list[QuestionShape] = Field(default_factory=list, max_length=30)
    state: NoteState = Field(NoteState.DRAFT, strict=False)

    def note(self) -> Note:
        texts = self.model_dump(exclude={"questions", "state"})
        questions = tuple(Question(**question.model_dump()) for question in self.questions)
        return Note(**texts, questions=questions, state=self.state)


class ReasonShape(BaseModel):
    """`names` by language tag; a node with active children is too general to finish a record with."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    code: str = Field(min_length=1, max_length=40)
    names: dict[str, str] = Field(max_length=20)
    parent: str | None = Field(None, max_length=40)
    active: bool = True


class ReasonsShape(BaseModel):
    """The whole tree, each node after those above it in the order of display."""

    model_config = ConfigDict(extra="forbid")

    items: list[ReasonShape] = Field(max_length=MOST_REASONS)

    @classmethod
    def of(cls, reasons: Sequence[Reason]) -> ReasonsShape:
        return cls(items=[ReasonShape.model_validate(reason) for reason in reasons])

    def reasons(self) -> list[Reason]:
        return [Reason(shape.code, shape.names, shape.parent, shape.active) for shape in self.items]


def routes(notes: CallNotes) -> Routes:
    routes = Routes("calls")

    @routes.get("/calls/{id}/record", roles=ANYONE)
    async def read_call_record(ask: Ask, id: CallId) -> NoteShape:
        """Read what was written about a call (W1): its agents and leaders; an empty draft before anything was."""
        note = NoteShape.model_validate(await notes.note(id, ask.require()))
        ask.headers["ETag"] = etag_of(note)
        return note

    @routes.put("/calls/{id}/record", roles=ANYONE)
    async def write_call_record(ask: Ask, id: CallId, body: NoteShape) -> NoteShape:
        """Write about a call, also while it lasts; `state: done` is refused while something is missing."""

        def check(current: Note) -> None:
            ask.must_match(NoteShape.model_validate(current))

        written = NoteShape.model_validate(await notes.write(id, body.note(), ask.require(), check))
        ask.headers["ETag"] = etag_of(written)
        return written

    @routes.get("/call-reasons", roles=ANYONE)
    async def read_call_reasons(ask: Ask) -> ReasonsShape:
        """Read the tree of reasons for calls: the standard one until the centre has replaced it."""
        reasons = ReasonsShape.of(list((await notes.reasons()).values()))
        ask.headers["ETag"] = etag_of(reasons)
        return reasons

    @routes.put("/call-reasons", roles=MANAGERS)
    async def replace_call_reasons(ask: Ask, body: ReasonsShape) -> ReasonsShape:
        """Replace the tree; calls keep the codes that they name, so retire a reason by `active: false`.

        An empty list brings the standard tree back.
        """

        def check(current: Sequence[Reason]) -> None:
            ask.must_match(ReasonsShape.of(current))

        return ReasonsShape.of(await notes.replace_reasons(body.reasons(), ask.require(), check))

    return routes
