"""The script in a return call over HTTP: an agent follows it, the customer's evaluation follows from it (F1-F3)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from callcenter.callbacks.script_calls import ItemScripts
from callcenter.facts import ReturnCallId
from callcenter.followup.conversations.shapes import Answered, ConversationShape
from callcenter.followup.evaluations.http import EvaluationShape
from callcenter.web.routes import ANYONE, Ask, Routes


class ScriptAnswerBody(BaseModel):
    """All answers of a step; omitted ones are removed. `rev` detects concurrent edits."""

    model_config = ConfigDict(extra="forbid")

    answers: Answered = Field(max_length=20)
    rev: int | None = None


class FinishBody(BaseModel):
    """`broken_off`: the customer hung up; the answers given so far count."""

    model_config = ConfigDict(extra="forbid")

    broken_off: bool = False


class BeginBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: Literal["zh-CN", "en"] | None = None


def routes(calls: ItemScripts) -> Routes:
    routes = Routes("scripts")

    @routes.post("/callbacks/{id}/script", roles=ANYONE)
    async def begin_script(ask: Ask, id: ReturnCallId, body: BeginBody) -> ConversationShape:
        """Begin the script in a return call, or continue it after a dropped call (F2, F3)."""
        return ConversationShape.of(*await calls.begin(id, ask.require(), body.language))

    @routes.get("/callbacks/{id}/script", roles=ANYONE)
    async def read_script_session(ask: Ask, id: ReturnCallId) -> ConversationShape:
        """Read the state of a return call's conversation."""
        return ConversationShape.of(*await calls.read(id, ask.require()))

    @routes.put("/callbacks/{id}/script/{step}", roles=ANYONE, edits=False)
    async def answer_script(ask: Ask, id: ReturnCallId, step: str, body: ScriptAnswerBody) -> ConversationShape:
        """Write the answers of a step; the response has the next step and the missing answers.

        409 customer_not_reached before the customer has answered the call.
        """
        return ConversationShape.of(*await calls.answer(id, ask.require(), step, body.answers, body.rev))

    @routes.post("/callbacks/{id}/evaluation", roles=ANYONE)
    async def finish_script(ask: Ask, id: ReturnCallId, body: FinishBody) -> EvaluationShape:
        """End the conversation; the customer's evaluation follows from the answers (F1), and from it the result.

        A problem that remains makes the result `problem`: its case is opened or reopened (F2, step 4). Answers that
        contradict the result written before are refused: 409 evaluation_contradicts_result.
        """
        person = ask.require()
        return EvaluationShape.of(await calls.finish(id, person, broken_off=body.broken_off), person)

    return routes
