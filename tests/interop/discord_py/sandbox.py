"""Starts the sandbox as a child and speaks to its control endpoints, for flows of Python clients."""
import asyncio
import json
import os
import pathlib
import sys

import aiohttp

ROOT = pathlib.Path(__file__).resolve().parents[3]


def binary():
    folders = [os.environ.get("ARRAKIS_BUILD_DIR"), ROOT / "build/dev", ROOT / "build/release"]
    for folder in filter(None, folders):
        path = pathlib.Path(folder) / "apps/sandbox/sandbox"
        if path.exists():
            return str(path)
    raise SystemExit("no sandbox program; build the target 'sandbox'")


class Sandbox:
    """The ready line's fields are attributes: url, api, gateway, token, guild_id, owner_id, channel_id, ..."""

    async def start(self, *args):
        self.child = await asyncio.create_subprocess_exec(
            binary(), "--listen", "127.0.0.1:0", "--print-ready", *args, stdout=asyncio.subprocess.PIPE
        )
        line = await asyncio.wait_for(self.child.stdout.readline(), 30)
        self.__dict__.update(json.loads(line))
        self.http = aiohttp.ClientSession()
        return self

    async def control(self, method, path, body=None):
        async with self.http.request(method, f"{self.url}/_sandbox/{path}", json=body) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise AssertionError(f"{method} {path}: {answer.status} {text}")
            return json.loads(text) if text else None

    async def act(self, **body):
        """What a person does; the answer is what that person sees then."""
        return await self.control("POST", "interactions", {"user": self.owner_id, **body})

    async def rate_limited(self):
        return (await self.control("GET", "statistics"))["rate_limited"]

    async def waits(self, after, scope):
        """Of each 429 of this scope since request `after`: what it told to wait, and the time to the next try."""
        seen = await self.control("GET", f"requests?after={after}")
        found = []
        for at, each in enumerate(seen):
            if each["status"] == 429 and each["scope"] == scope:
                again = next(later for later in seen[at + 1 :] if later["route"] == each["route"])
                found.append((each["retry_after_ms"], again["at_ms"] - each["at_ms"]))
        return found

    async def stop(self):
        await self.http.close()
        self.child.terminate()
        code = await asyncio.wait_for(self.child.wait(), 20)
        assert code == 0, f"the sandbox ended with {code}"


class Checks:
    """Counts steps; the last line of a run is 'N passed, N failed'."""

    def __init__(self):
        self.passed = self.failed = 0

    async def step(self, name, work, patience=60):
        try:
            result = await asyncio.wait_for(work, patience)
            self.passed += 1
            print(f"ok     {name}", flush=True)
            return result
        except BaseException as error:  # A step that fails must not hide the others.
            self.failed += 1
            print(f"not ok {name}\n        {type(error).__name__}: {error}", flush=True)
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            return None

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)
