"""Runs the clients of `live_push` in a separate process: many browsers, and one bare AMI reader beside them.

Reads the token and the AMI secret from stdin, prints `ready`, and prints all measurements when stdin ends.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from aiohttp import ClientSession

SEEN = ("ringing", "on_call")
PARSED = re.compile(r'\{"type":"(?:snapshot|delta","seq":\d+,"kind":"agent)"')


async def watch(session: ClientSession, url: str, late: list[float], ready: asyncio.Semaphore) -> None:
    """Milliseconds from the event in Asterisk that rang or answered a phone to its arrival here."""
    known: dict[str, tuple[str, str]] = {}
    async with session.ws_connect(url) as socket:
        async for message in socket:
            at = time.time()
            if PARSED.match(message.data) is None:
                # Fifty browsers parse on fifty computers; here it would take the processor time that is measured.
                continue
            message_data = json.loads(message.data)
            if message_data["type"] == "snapshot":
                ready.release()
            agent = message_data.get("data", {})
            if message_data.get("kind") != "agent" or agent["state"] not in SEEN:
                continue
            state = agent["state"], agent["since"]
            if known.get(agent["number"]) != state:
                known[agent["number"]] = state
                late.append((at - datetime.fromisoformat(agent["since"]).timestamp()) * 1000)


async def listen(port: int, user: str, secret: str, late: list[float], ready: asyncio.Semaphore) -> None:
    """The same for AMI lines as they arrive."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: on\r\n\r\n".encode())
    ready.release()
    try:
        while line := await reader.readline():
            if line.startswith(b"Timestamp: "):
                late.append((time.time() - float(line[11:])) * 1000)
    finally:
        writer.close()


async def all_ready(ready: asyncio.Semaphore, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait until each task has begun; one that fails, such as a refused client, ends the run instead of stalling it."""

    async def each() -> None:
        for _ in tasks:
            await ready.acquire()

    begun = asyncio.create_task(each())
    done, _ = await asyncio.wait((begun, *tasks), return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        await task


async def main(origin: str, clients: int, port: int, user: str) -> None:
    loop = asyncio.get_running_loop()
    token, secret = [(await asyncio.to_thread(sys.stdin.readline)).strip() for _ in range(2)]
    seen: list[float] = []
    ami: list[float] = []
    ready = asyncio.Semaphore(0)
    headers = {"Authorization": f"Bearer {token}"}
    async with ClientSession(headers=headers) as session:
        tasks = [loop.create_task(watch(session, f"{origin}/api/v1/live", seen, ready)) for _ in range(clients)]
        tasks.append(loop.create_task(listen(port, user, secret, ami, ready)))
        await all_ready(ready, tasks)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    sys.stdout.write(json.dumps({"clients": seen, "ami": ami}) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
