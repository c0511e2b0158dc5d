"""Reads tables in a separate process with little memory and time, one at a time: the files are untrusted.

`python -m callcenter.kit.table_process` reads the layout as one line of JSON and then the file from stdin, and
writes lines of JSON: how many rows it has read so far, the number of rows, the rows in parts, and what was skipped; or
why the file is not a table.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from callcenter.errors import Unavailable
from callcenter.kit.limited_process import Turns, reading_process
from callcenter.kit.table_reader import MOST_ROWS, BadTable, Layout, Passed, Row, Table, table_of

PART: Final = 500
"""Rows per line of the answer."""

Progress = Callable[[int, int | None], object]
"""Called with the number of rows read and their total, None while it is not known."""


def no_progress(done: int, of: int | None) -> None:
    """The progress is not reported."""


class TablesBusy(Unavailable):
    """Another table is being read and too many are waiting."""

    code = "tables_busy"


class TableTooHeavy(BadTable):
    """Reading the file took more memory or time than a table of this size may."""

    code = "table_too_heavy"


def _busy() -> TablesBusy:
    return TablesBusy("other tables are being read; try again in a minute")


@dataclass
class TableReader:
    """Reads tables one at a time; `waiting` more may wait. `seconds` and `megabytes` are the limits of one table."""

    seconds: float = 30.0
    megabytes: int = 512
    waiting: int = 8
    _turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        self._turns = Turns(self.waiting, _busy)

    async def read(self, data: bytes, layout: Layout, most: int = MOST_ROWS, progress: Progress = no_progress) -> Table:
        """Raises BadTable, TableTooHeavy, TablesBusy."""
        async with self._turns.turn():
            return await self._read(data, layout, most, progress)

    async def _read(self, data: bytes, layout: Layout, most: int, progress: Progress) -> Table:
        async with reading_process(__name__, self.megabytes, self.seconds) as child:
            try:
                async with asyncio.timeout(self.seconds):
                    feeding = asyncio.create_task(_feed(child, _head(layout, most), data))
                    try:
                        return await _answer(child, progress)
                    finally:
                        await feeding
            except TimeoutError:
                raise TableTooHeavy(f"the table was not read within {self.seconds:g} s") from None


async def _feed(child: asyncio.subprocess.Process, head: bytes, data: bytes) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(head)
        child.stdin.write(data)
        await child.stdin.drain()
        child.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        # The process has ended; its answer, or the lack of one, gives the reason.
        return


async def _answer(child: asyncio.subprocess.Process, progress: Progress) -> Table:
    assert child.stdout is not None
    table, total = Table(), 0
    while line := await child.stdout.readline():
        part: dict[str, Any] = await asyncio.to_thread(json.loads, line)
        if "refused" in part:
            raise BadTable(part["refused"], **part["facts"])
        if "read" in part:
            progress(part["read"], None)
            continue
        total = part.get("total", total)
        table.rows += [Row(at, cells) for at, cells in part.get("rows", ())]
        table.passed += [Passed(**line) for line in part.get("passed", ())]
        if "passed" in part:
            return table
        if "rows" in part:
            progress(len(table.rows), total)
    raise TableTooHeavy("reading the table took more memory or time than it may")


def _head(layout: Layout, most: int) -> bytes:
    return json.dumps({**asdict(layout), "many": sorted(layout.many), "most": most}).encode() + b"\n"


def lines_of(request: bytes, report: Callable[[str], object] = lambda line: None) -> Iterator[str]:
    """The answer to a request, line by line; `report` gets the lines that come while the file is read."""
    head, _, data = request.partition(b"\n")
    asked = json.loads(head)
    read = 0

    def seen() -> None:
        nonlocal read
        read += 1
        if read % PART == 0:
            report(json.dumps({"read": read}))

    layout = Layout(asked["names"], asked["needed"], frozenset(asked["many"]), tuple(map(tuple, asked["written"])))
    try:
        table = table_of(data, layout, asked["most"], seen)
    except BadTable as error:
        yield json.dumps({"refused": error.detail, "facts": error.facts})
        return
    yield json.dumps({"total": len(table.rows)})
    for at in range(0, len(table.rows), PART):
        yield json.dumps({"rows": [(row.line, dict(row.cells)) for row in table.rows[at : at + PART]]})
    yield json.dumps({"passed": [asdict(line) for line in table.passed]})


def _report(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(megabytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for line in lines_of(sys.stdin.buffer.read(), _report):
            sys.stdout.write(line + "\n")
    except MemoryError:
        # Nothing more is written: the reader interprets that as out of memory.
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
