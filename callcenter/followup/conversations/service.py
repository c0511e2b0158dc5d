"""Manages conversations: begun with a published script, answered step by step, ended with an evaluation."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import Conflict, NotFound
from callcenter.facts import CallId, ReturnCallId
from callcenter.followup.conversations.model import Answers, ScriptContext, Session, answer, begin, standing
from callcenter.followup.evaluations.model import Evaluation, evaluate
from callcenter.followup.evaluations.service import evaluation_of, row_of
from callcenter.followup.rows import EvaluationRow, ScriptSessionRow, ScriptVersionRow
from callcenter.followup.scripts.model import Script
from callcenter.followup.scripts.service import SCRIPTS, scripts_of
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit

EVALUATION_GIVEN = "evaluation_given"


class NoConversation(NotFound):
    """The script has not been started for this return call."""

    code = "no_conversation"


class ConversationOver(Conflict):
    """The conversation has its evaluation and no longer changes."""

    code = "conversation_over"


class ConversationChangedMeanwhile(Conflict):
    code = "conversation_changed_meanwhile"


class Conversations:
    """Manages conversations that follow a published version of a script; `versions` are the scripts themselves."""

    def __init__(self, database: Database, clock: Clock, audit: Audit, jobs: Jobs) -> None:
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self.versions = scripts_of(database, clock, audit)

    async def begin(self, item_id: ReturnCallId, context: ScriptContext) -> Session:
        """Begin, or resume with the version it began with; the context names the agent who calls now.

        Raises UnknownScript when no version of `context.script` is published.
        """
        await self.versions.settle()
        result = await self.session(item_id)
        if result is not None:
            return await self._resumed(result, context)
        try:
            async with self._database.write() as session:
                row = await SCRIPTS.published_in(session, context.script)
                conversation = begin(SCRIPTS.document_of(row), row.number, item_id, context)
                now = self._clock()
                session.add(
                    ScriptSessionRow(
                        item=item_id,
                        version=row.id,
                        language=conversation.language,
                        context=asdict(conversation.context),
                        answers={},
                        begun_at=now,
                        changed_at=now,
                    )
                )
                await session.flush()
        except IntegrityError:
            again = await self.session(item_id)
            assert again is not None
            return await self._resumed(again, context)
        return conversation

    async def _resumed(self, result: Session, context: ScriptContext) -> Session:
        changed = replace(context, language=result.language, script=result.script)
        # A conversation that broke off is open again: the customer is back on the phone. A finished one stays as it is.
        over = result.finished and not result.step
        if over or (changed == result.context and not result.finished):
            return result
        values = {"context": asdict(changed), "changed_at": self._clock(), "finished": False}
        async with self._database.write() as session:
            await session.execute(
                update(ScriptSessionRow)
                .where(ScriptSessionRow.item == result.item, ScriptSessionRow.rev == result.rev)
                .values(rev=result.rev + 1, **values)
            )
        resumed = await self.session(result.item)
        assert resumed is not None
        return resumed

    async def session(self, item_id: ReturnCallId) -> Session | None:
        """The conversation of a return call; None when none has begun."""
        async with self._database.read() as session:
            conversation = await _conversation(session, item_id)
        return None if conversation is None else conversation[1]

    async def script_of(self, item_id: ReturnCallId) -> Script:
        """The version that the conversation follows. Raises NoConversation."""
        async with self._database.read() as session:
            conversation = await _conversation(session, item_id)
        if conversation is None:
            raise NoConversation("the script of this return call has not been started", item=item_id[:40])
        return conversation[0]

    async def answer(
        self, session: AsyncSession, item_id: ReturnCallId, step: str, answers: Answers, rev: int | None = None
    ) -> Session:
        """Store the answers of a step, in the caller's transaction.

        Raises NoConversation, ConversationOver, StepNotReached, BadAnswer, ConversationChangedMeanwhile.
        """
        script, before = await self._open(session, item_id)
        if rev is not None and rev != before.rev:
            raise ConversationChangedMeanwhile("the answers were changed meanwhile; read them again", item=item_id)
        after = answer(script, before, step, answers)
        given = {key: dict(value) for key, value in after.answers.items()}
        await self._save(session, before, answers=given)
        return replace(after, rev=before.rev + 1)

    async def finished(self, item_id: ReturnCallId) -> Evaluation | None:
        """The evaluation of a conversation that has ended; None while it continues. Raises NoConversation."""
        async with self._database.read() as session:
            conversation = await _conversation(session, item_id)
            evaluation = await session.scalar(select(EvaluationRow).where(EvaluationRow.item == item_id))
        if conversation is None:
            raise NoConversation("the script of this return call has not been started", item=item_id[:40])
        return evaluation_of(evaluation) if evaluation is not None and conversation[1].finished else None

    async def finish(
        self, session: AsyncSession, item_id: ReturnCallId, *, agent: str, call: CallId, broken_off: bool = False
    ) -> EvaluationRow:
        """End the conversation that this agent had in this call, in the caller's transaction.

        A conversation that broke off and was resumed in a later call is written into the same evaluation. Raises
        NoConversation, AnswersMissing.
        """
        script, before = await self._conversation(session, item_id)
        evaluation = await session.scalar(select(EvaluationRow).where(EvaluationRow.item == item_id))
        if evaluation is not None and before.finished:
            return evaluation
        id = evaluation.id if evaluation is not None else uuid4().hex
        held = replace(before, context=replace(before.context, agent=agent, call=call))
        row = await session.merge(row_of(evaluate(script, held, id, self._clock(), broken_off=broken_off)))
        await self._save(session, before, finished=True)
        await self._jobs.put(
            session, EVALUATION_GIVEN, {"evaluation": id}, once=f"{EVALUATION_GIVEN}:{id}:{before.rev}"
        )
        return row

    async def _conversation(self, session: AsyncSession, item_id: ReturnCallId) -> tuple[Script, Session]:
        conversation = await _conversation(session, item_id, lock=True)
        if conversation is None:
            raise NoConversation("the script of this return call has not been started", item=item_id[:40])
        return conversation

    async def _open(self, session: AsyncSession, item_id: ReturnCallId) -> tuple[Script, Session]:
        conversation = await self._conversation(session, item_id)
        if conversation[1].finished:
            raise ConversationOver("this conversation has its evaluation already", item=item_id)
        return conversation

    async def _save(self, session: AsyncSession, before: Session, **values: Any) -> None:
        changed = await session.execute(
            update(ScriptSessionRow)
            .where(ScriptSessionRow.item == before.item, ScriptSessionRow.rev == before.rev)
            .values(rev=before.rev + 1, changed_at=self._clock(), **values)
            .returning(ScriptSessionRow.item)
            .execution_options(synchronize_session=False)
        )
        if changed.first() is None:
            raise ConversationChangedMeanwhile("the answers were changed meanwhile; read them again", item=before.item)


async def _conversation(
    session: AsyncSession, item_id: ReturnCallId, *, lock: bool = False
) -> tuple[Script, Session] | None:
    row = await session.get(ScriptSessionRow, item_id, with_for_update=lock or None)
    if row is None:
        return None
    version = await session.get_one(ScriptVersionRow, row.version)
    script = SCRIPTS.document_of(version)
    context = ScriptContext(**row.context)
    result = Session(
        item_id, version.name, version.number, row.language, context, row.answers, finished=row.finished, rev=row.rev
    )
    return script, standing(script, result)
