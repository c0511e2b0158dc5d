"""The browsers of the `live_push` benchmark, in a process of their own: receive, and tell how late each message was.

Linux' monotonic clock is one for all processes, so the publisher's instant and ours can be compared.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from aiohttp import ClientSession


async def watch(session: ClientSession, url: str, wanted: int, late: list[float], ready: asyncio.Semaphore) -> None:
    async with session.ws_connect(url) as socket:
        ready.release()
        got = 0
        while got < wanted:
            message = await socket.receive_json()
            data = message.get("data", {})
            if "sent" in data:
                late.append(time.monotonic() - data["sent"])
                got += 1


async def main(url: str, clients: int, wanted: int) -> None:
    late: list[float] = []
    ready = asyncio.Semaphore(0)
    async with ClientSession() as session, asyncio.timeout(120), asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(watch(session, url, wanted, late, ready), name=f"client-{number}")
        for _ in range(clients):
            await ready.acquire()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
    sys.stdout.write(json.dumps(late) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
