"""Use-cases of the script: versions are drafted, tried and published; conversations follow a published version."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.evaluation import Evaluation, evaluate
from callcenter.callbacks.evaluation_service import evaluation_of, row_of
from callcenter.callbacks.script import (
    SOURCE_LIMIT,
    Answers,
    BadScript,
    Script,
    ScriptContext,
    Session,
    answer,
    begin,
    default_source,
    read_script,
    standing,
)
from callcenter.callbacks.script_rows import EvaluationRow, ScriptSessionRow, ScriptVersionRow
from callcenter.clock import Clock
from callcenter.errors import Conflict, NotFound
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import SYSTEM, Audit
from callcenter.web.roles import Person

FOLLOW_UP = "follow_up"
EVALUATION_GIVEN = "evaluation_given"


class NoSuchScript(NotFound):
    code = "no_such_script"


class NoConversation(NotFound):
    """Nobody has begun to follow the script for this return call."""

    code = "no_conversation"


class AlreadyPublished(Conflict):
    """A published version never changes: make a new draft."""

    code = "script_published"


class ScriptChangedMeanwhile(Conflict):
    code = "script_changed_meanwhile"


class ScriptDamaged(Conflict):
    """A published source no longer has the checksum it was published with."""

    code = "script_damaged"


class ConversationOver(Conflict):
    """The conversation has its evaluation and does not change any more."""

    code = "conversation_over"


class ConversationChangedMeanwhile(Conflict):
    code = "conversation_changed_meanwhile"


class ScriptService:
    def __init__(self, database: Database, clock: Clock, audit: Audit, jobs: Jobs) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._jobs = jobs

    # Versions.

    async def versions(self, name: str | None = None) -> Sequence[ScriptVersionRow]:
        """All versions, by name, the newest first; the house's own script is there from the beginning."""
        await self._settle()
        query = select(ScriptVersionRow).order_by(ScriptVersionRow.name, ScriptVersionRow.number.desc()).limit(500)
        if name is not None:
            query = query.where(ScriptVersionRow.name == name)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def version(self, name: str, number: int) -> ScriptVersionRow:
        """Raises NoSuchScript."""
        await self._settle()
        async with self._database.read() as session:
            return await _version(session, name, number)

    async def draft(self, source: str, by: Person) -> ScriptVersionRow:
        """A new draft; its source must be readable as TOML with a name, everything else may still be wrong.

        Raises BadScript.
        """
        await self._settle()
        name, now = name_of(source), self._clock()
        async with self._database.write() as session:
            newest = select(func.max(ScriptVersionRow.number)).where(ScriptVersionRow.name == name)
            row = ScriptVersionRow(
                name=name, number=(await session.scalar(newest) or 0) + 1, state="draft", source=source, created_at=now,
                created_by=by.login, changed_at=now, changed_by=by.login,
            )  # fmt: skip
            session.add(row)
            await session.flush()
            await self._audit.append(session, by, "script.drafted", f"script/{name}/{row.number}")
        return row

    async def change(self, name: str, number: int, source: str, by: Person, rev: int | None) -> ScriptVersionRow:
        """Give a draft another source, when it still has `rev`.

        Raises NoSuchScript, AlreadyPublished, ScriptChangedMeanwhile, BadScript (another name, no TOML).
        """
        if name_of(source) != name:
            raise BadScript("a version keeps its script's name", step="", field="name", fault="name_kept")
        values = {"source": source, "changed_at": self._clock(), "changed_by": by.login}
        return await self._step(name, number, by, rev, "script.changed", values)

    async def publish(self, name: str, number: int, by: Person, rev: int | None = None) -> ScriptVersionRow:
        """From now on conversations begin with this version.

        Raises NoSuchScript, AlreadyPublished, ScriptChangedMeanwhile, BadScript with the step and the field.
        """
        row = await self.version(name, number)
        script = read_script(row.source)
        if script.name != name:
            raise BadScript("a version keeps its script's name", step="", field="name", fault="name_kept")
        now = self._clock()
        values = {
            "state": "published", "published_at": now, "published_by": by.login, "sha256": _sha256(row.source),
        }  # fmt: skip
        # What was read is what is published: somebody's change in between is a conflict.
        return await self._step(name, number, by, row.rev if rev is None else rev, "script.published", values)

    async def _step(
        self, name: str, number: int, by: Person, rev: int | None, action: str, values: dict[str, Any]
    ) -> ScriptVersionRow:
        async with self._database.write() as session:
            row = await _version(session, name, number)
            if row.state != "draft":
                raise AlreadyPublished("a published version never changes; make a new draft", name=name, number=number)
            seen = row.rev if rev is None else rev
            changed = await session.execute(
                update(ScriptVersionRow)
                .where(ScriptVersionRow.id == row.id, ScriptVersionRow.state == "draft", ScriptVersionRow.rev == seen)
                .values(rev=seen + 1, **values)
                .returning(ScriptVersionRow.id)
                .execution_options(synchronize_session=False)
            )
            if changed.first() is None:
                raise ScriptChangedMeanwhile("somebody has changed this draft; read it again", name=name, number=number)
            await session.refresh(row)
            await self._audit.append(session, by, action, f"script/{name}/{number}")
        return row

    async def _settle(self) -> None:
        """The house's own script is version 1, published, unless there is any version."""
        mine = select(ScriptVersionRow.id).where(ScriptVersionRow.name == FOLLOW_UP).limit(1)
        async with self._database.read() as session:
            if await session.scalar(mine) is not None:
                return
        source, now = default_source(FOLLOW_UP), self._clock()
        try:
            async with self._database.write() as session:
                session.add(
                    ScriptVersionRow(
                        name=FOLLOW_UP, number=1, state="published", source=source, sha256=_sha256(source),
                        created_at=now, created_by=SYSTEM.login, changed_at=now, changed_by=SYSTEM.login,
                        published_at=now, published_by=SYSTEM.login,
                    )
                )  # fmt: skip
                await session.flush()
        except IntegrityError:
            # Another process has just settled it.
            return

    # Conversations.

    async def begin(self, item_id: str, context: ScriptContext) -> Session:
        """Begin, or take up again with the version it began with; whoever calls now is in the context.

        Raises NoSuchScript when no version of `context.script` is published.
        """
        await self._settle()
        found = await self.session(item_id)
        if found is not None:
            return await self._resumed(found, context)
        try:
            async with self._database.write() as session:
                row = await _published(session, context.script)
                made = begin(_script(row), row.number, item_id, context)
                now = self._clock()
                session.add(
                    ScriptSessionRow(
                        item=item_id, version=row.id, language=made.language, context=asdict(made.context), answers={},
                        begun_at=now, changed_at=now,
                    )
                )  # fmt: skip
                await session.flush()
        except IntegrityError:
            again = await self.session(item_id)
            assert again is not None
            return await self._resumed(again, context)
        return made

    async def _resumed(self, found: Session, context: ScriptContext) -> Session:
        changed = replace(context, language=found.language, script=found.script)
        # One that broke off is open again: the customer is on the phone once more. One at its end stays as it is.
        over = found.finished and not found.step
        if over or (changed == found.context and not found.finished):
            return found
        values = {"context": asdict(changed), "changed_at": self._clock(), "finished": False}
        async with self._database.write() as session:
            await session.execute(
                update(ScriptSessionRow)
                .where(ScriptSessionRow.item == found.item, ScriptSessionRow.rev == found.rev)
                .values(rev=found.rev + 1, **values)
            )
        resumed = await self.session(found.item)
        assert resumed is not None
        return resumed

    async def session(self, item_id: str) -> Session | None:
        """The conversation of a return call; None when nobody has begun one."""
        async with self._database.read() as session:
            found = await _conversation(session, item_id)
        return None if found is None else found[1]

    async def script_of(self, item_id: str) -> Script:
        """The version that the conversation follows. Raises NoConversation."""
        async with self._database.read() as session:
            found = await _conversation(session, item_id)
        if found is None:
            raise NoConversation("nobody has begun the script of this return call", item=item_id[:40])
        return found[0]

    async def answer(
        self, session: AsyncSession, item_id: str, step: str, answers: Answers, rev: int | None = None
    ) -> Session:
        """Write the answers of a step, in the caller's transaction.

        Raises NoConversation, ConversationOver, StepNotReached, BadAnswer, ConversationChangedMeanwhile.
        """
        script, before = await self._open(session, item_id)
        if rev is not None and rev != before.rev:
            raise ConversationChangedMeanwhile("somebody else has written answers; read them", item=item_id)
        after = answer(script, before, step, answers)
        told = {key: dict(one) for key, one in after.answers.items()}
        await self._save(session, before, answers=told)
        return replace(after, rev=before.rev + 1)

    async def finished(self, item_id: str) -> Evaluation | None:
        """The evaluation of a conversation that has ended; None while it goes on. Raises NoConversation."""
        async with self._database.read() as session:
            found = await _conversation(session, item_id)
            kept = await session.scalar(select(EvaluationRow).where(EvaluationRow.item == item_id))
        if found is None:
            raise NoConversation("nobody has begun the script of this return call", item=item_id[:40])
        return evaluation_of(kept) if kept is not None and found[1].finished else None

    async def finish(
        self, session: AsyncSession, item_id: str, *, agent: str, call: str, broken_off: bool = False
    ) -> EvaluationRow:
        """End the conversation that this agent had in this call, in the caller's transaction.

        What broke off and was taken up again in a later call is written into the same evaluation.
        Raises NoConversation, AnswersMissing.
        """
        script, before = await self._conversation(session, item_id)
        kept = await session.scalar(select(EvaluationRow).where(EvaluationRow.item == item_id))
        if kept is not None and before.finished:
            return kept
        id = kept.id if kept is not None else uuid4().hex
        held = replace(before, context=replace(before.context, agent=agent, call=call))
        row = await session.merge(row_of(evaluate(script, held, id, self._clock(), broken_off=broken_off)))
        await self._save(session, before, finished=True)
        await self._jobs.put(
            session, EVALUATION_GIVEN, {"evaluation": id}, once=f"{EVALUATION_GIVEN}:{id}:{before.rev}"
        )
        return row

    async def _conversation(self, session: AsyncSession, item_id: str) -> tuple[Script, Session]:
        found = await _conversation(session, item_id, lock=True)
        if found is None:
            raise NoConversation("nobody has begun the script of this return call", item=item_id[:40])
        return found

    async def _open(self, session: AsyncSession, item_id: str) -> tuple[Script, Session]:
        found = await self._conversation(session, item_id)
        if found[1].finished:
            raise ConversationOver("this conversation has its evaluation already", item=item_id)
        return found

    async def _save(self, session: AsyncSession, before: Session, **values: Any) -> None:
        changed = await session.execute(
            update(ScriptSessionRow)
            .where(ScriptSessionRow.item == before.item, ScriptSessionRow.rev == before.rev)
            .values(rev=before.rev + 1, changed_at=self._clock(), **values)
            .returning(ScriptSessionRow.item)
            .execution_options(synchronize_session=False)
        )
        if changed.first() is None:
            raise ConversationChangedMeanwhile("somebody else has written answers; read them", item=before.item)


def name_of(source: str) -> str:
    """The name that a source says. Raises BadScript when it is no TOML, too long, or has no name."""
    if len(source) > SOURCE_LIMIT or "\0" in source:
        raise BadScript(
            f"a script has at most {SOURCE_LIMIT} characters and no NUL", step="", field="", fault="source_too_long"
        )
    try:
        name = tomllib.loads(source).get("name")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadScript(f"this is not TOML: {error}", step="", field="", fault="source_not_toml") from None
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or len(name) > 40:
        raise BadScript("a script has a name such as follow_up", step="", field="name", fault="name_form")
    return name


def _sha256(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


async def _version(session: AsyncSession, name: str, number: int) -> ScriptVersionRow:
    query = select(ScriptVersionRow).where(ScriptVersionRow.name == name, ScriptVersionRow.number == number)
    row = await session.scalar(query)
    if row is None:
        raise NoSuchScript("there is no such version", name=name[:40], number=number)
    return row


async def _published(session: AsyncSession, name: str) -> ScriptVersionRow:
    mine = (ScriptVersionRow.name == name, ScriptVersionRow.state == "published")
    row = await session.scalar(select(ScriptVersionRow).where(*mine).order_by(ScriptVersionRow.number.desc()).limit(1))
    if row is None:
        raise NoSuchScript("no version of this script is published", name=name[:40])
    return row


def _script(row: ScriptVersionRow) -> Script:
    if _sha256(row.source) != row.sha256:
        raise ScriptDamaged("this version is not what was published", name=row.name, number=row.number)
    return read_script(row.source)


async def _conversation(session: AsyncSession, item_id: str, *, lock: bool = False) -> tuple[Script, Session] | None:
    row = await session.get(ScriptSessionRow, item_id, with_for_update=lock or None)
    if row is None:
        return None
    version = await session.get_one(ScriptVersionRow, row.version)
    script = _script(version)
    context = ScriptContext(**row.context)
    found = Session(
        item_id, version.name, version.number, row.language, context, row.answers, finished=row.finished, rev=row.rev
    )
    return script, standing(script, found)
