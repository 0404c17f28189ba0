"""A headless Chromium, driven through its DevTools protocol with the client that the console's server brings."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tacrefine.bringup.respawn import die_with_parent

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 60.0


def find_browser() -> str | None:
    """Path of a browser, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page in a browser of its own; a context manager."""

    def __init__(self, folder: Path, width: int = 1150, height: int = 500) -> None:
        program = find_browser()
        assert program is not None
        options = (
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--remote-debugging-port=0",
            "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-extensions", f"--window-size={width},{height}",
            f"--user-data-dir={folder}", "about:blank",
        )  # fmt: skip
        self._process = subprocess.Popen(
            [program, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self._ids = itertools.count(1)
        self.requested: list[str] = []
        """addresses that the page asked for"""
        self.faults: list[str] = []
        """exceptions of the page's own code"""
        try:
            self._connect(folder / "DevToolsActivePort")
        except BaseException:
            self.close()
            raise

    def _connect(self, told: Path) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not (told.exists() and len(told.read_text().split()) == 2):
            assert self._process.poll() is None, "the browser ended"
            assert time.monotonic() < deadline, "the browser does not start"
            time.sleep(0.02)
        port, path = told.read_text().split()
        self._socket = connect(f"ws://127.0.0.1:{port}{path}", max_size=None, proxy=None)
        self._session = ""
        target = next(
            info["targetId"]
            for info in self.call("Target.getTargets")["targetInfos"]
            if info["type"] == "page"
        )
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the browser with all its processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # there is nothing that it should keep
        self._process.wait()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Result of a command of the protocol."""
        number = next(self._ids)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE_S))
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Network.requestWillBeSent":
            self.requested.append(event["params"]["request"]["url"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.faults.append(str(event["params"]["exceptionDetails"])[:400])

    def open(self, url: str) -> None:
        """Go to an address."""
        self.call("Page.navigate", url=url)

    def run(self, expression: str) -> Any:
        """Value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Value of an expression once it is true."""
        deadline = time.monotonic() + PATIENCE_S
        while not (value := self.run(expression)):
            assert time.monotonic() < deadline, f"never came true: {expression}; {self.text()[:2000]}"
            time.sleep(0.05)
        return value

    def text(self) -> str:
        """What the page says."""
        return str(self.run("document.body?.innerText"))

    def wait_for_text(self, words: str) -> None:
        """Return once the page says this."""
        self.wait(f"document.body?.innerText.includes({json.dumps(words)})")

    def click(self, label: str) -> None:
        """Click the button with this text, once it is there and nothing lies over it."""
        self.wait(
            "(() => { const b = [...document.querySelectorAll('button')].find(b => b.innerText.trim() === "
            f"{json.dumps(label)}); if (!b || b.disabled) return false; b.scrollIntoView({{block: 'center'}}); "
            "const r = b.getBoundingClientRect(); "
            "if (!b.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))) return false; "
            "b.click(); return true; })()"
        )

    def screenshot(self, path: Path) -> None:
        """Write a PNG of the page."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
