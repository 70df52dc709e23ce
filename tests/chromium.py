"""A page in a real Chromium, driven through its debugging pipe: no port, no driver to install."""

import json
import os
import select
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Message = dict[str, Any]
_PATIENCE_S = 300
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-pipe",
)


def browser() -> str:
    """The path of a Chromium."""
    names = ("chromium", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, "install a browser: apt-get install chromium fonts-noto-cjk"
    return found


class Chromium:
    """A running browser with one page. ``seen``: what it reported since, message by message."""

    def __init__(self, profile: Path) -> None:
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        # The browser reads commands from 3 and answers on 4 (Chrome DevTools Protocol).
        script = f'exec "$0" "$@" 3<&{commands} 4>&{answers}'
        flags = [*_QUIET, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", script, browser(), *flags],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._rest, self._number, self._session = b"", 0, ""
        self.seen: list[Message] = []
        pages = self.call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in pages if one["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        os.close(self._commands)
        os.close(self._answers)

    def call(self, method: str, **parameters: object) -> Message:
        """Send a command, wait for its answer."""
        self._number += 1
        message: Message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._commands, data) :]
        answer = self._until(lambda one: one.get("id") == self._number)
        assert "error" not in answer, (method, answer["error"])
        return dict(answer["result"])

    def _until(self, wanted: Callable[[Message], bool]) -> Message:
        while True:
            message = self._read()
            if wanted(message):
                return message
            self.seen.append(message)

    def _read(self) -> Message:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], _PATIENCE_S)
            assert ready, "the browser does not answer"
            more = os.read(self._answers, 1 << 16)
            assert more, "the browser has ended"
            self._rest += more
        whole, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(whole))

    def open(self, address: str) -> None:
        """Go to a page, and wait until it is loaded."""
        self.seen.clear()
        self.call("Page.navigate", url=address)
        self._loaded()

    def follow(self, script: str) -> None:
        """Run what leads to another page, and wait until that one is loaded."""
        self.seen.clear()
        self.call("Runtime.evaluate", expression=script, userGesture=True)
        self._loaded()

    def _loaded(self) -> None:
        loaded = "Page.loadEventFired"
        if not any(one.get("method") == loaded for one in self.seen):
            self.seen.append(self._until(lambda one: one.get("method") == loaded))

    def run(self, script: str) -> Any:  # noqa: ANN401 - whatever the page gives
        """What an expression of JavaScript gives in the page; promises are awaited."""
        done = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def complaints(self) -> list[str]:
        """What the page wrote to its console or broke."""
        self.run("0")
        methods = {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}
        return [json.dumps(one["params"]) for one in self.seen if one.get("method") in methods]

    def requests(self) -> list[str]:
        """The addresses that the page asked for."""
        sent = "Network.requestWillBeSent"
        return [one["params"]["request"]["url"] for one in self.seen if one.get("method") == sent]

    def look(self, *, width: int, dark: bool = False) -> None:
        """Be a screen of this width, in dark mode or not."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=844,
            deviceScaleFactor=1,
            mobile=width < 600,  # a telephone
        )

    def picture(self) -> bytes:
        """The whole page as PNG."""
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return b64decode(taken["data"])


@contextmanager
def chromium(profile: Path, before: Sequence[str] = ()) -> Iterator[Chromium]:
    """A browser. *before*: scripts that run before any page's own."""
    with Chromium(profile) as page:
        for script in before:
            page.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        yield page
