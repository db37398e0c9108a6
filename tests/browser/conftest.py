"""A real browser against a real server on this machine, and no request may leave it.

Idle is not healthy: every test that uses `page` or `open_page` ends by asserting that the page shows no
exception, raised no error and asked no other machine for anything.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workspaces import both, demo, hostile, police  # noqa: F401

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = re.compile(r"(data|blob|about):|(http|ws)s?://(127\.0\.0\.1|localhost)[:/]")
FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip
SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WIDE = {"viewport": {"width": 1440, "height": 1000}}
LOOKS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "wide": (SOFTWARE_GL, WIDE),
    "phone": (SOFTWARE_GL, {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}),
    "dark": (SOFTWARE_GL, {**WIDE, "color_scheme": "dark"}),
    "nogl": (["--disable-3d-apis"], WIDE),
}
IDLE = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  return !!app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
    && !document.querySelector('[data-testid="stSkeleton"],[data-testid="stAppSkeleton"],[data-stale="true"]');
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need: pip install playwright")
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Any) -> str:
    """The browser: Chromium on the PATH, else Playwright's own, else a skip that says how to get one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    own = playwright.chromium.executable_path
    if own and Path(own).exists():
        return own
    pytest.skip("no Chromium: apt-get install chromium, or playwright install chromium")


@pytest.fixture(scope="session")
def launch(playwright: Any, chromium: str) -> Iterator[Callable[[str], Any]]:
    """``launch(look)``: a browser for one of the looks, started once a session for each set of flags."""
    running: dict[tuple[str, ...], Any] = {}

    def start(look: str) -> Any:
        flags = tuple(LOOKS[look][0])
        if flags not in running:
            running[flags] = playwright.chromium.launch(executable_path=chromium, headless=True, args=[*FLAGS, *flags])
        return running[flags]

    yield start
    for browser in running.values():
        browser.close()


class Servers:
    """The app on free ports of 127.0.0.1, until stopped."""

    def __init__(self, logs: Path):
        self.logs, self.started = logs, list[subprocess.Popen[bytes]]()

    def start(self, workspace: Path | None = None, script: Path | str = "app.py", seconds: float = 60) -> str:
        """Serve this workspace by this script; returns its address."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        known = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        if workspace is not None:
            known["HOTSPOTS_WORKSPACE"] = str(workspace)
        options = {
            "server.port": port, "server.address": "127.0.0.1", "server.headless": "true",
            "server.fileWatcherType": "none", "browser.gatherUsageStats": "false",
        }  # fmt: skip
        command = [sys.executable, "-m", "streamlit", "run", str(REPOSITORY / script)]
        command += [f"--{name}={value}" for name, value in options.items()]
        log = self.logs / f"server-{port}.log"
        with log.open("wb") as out:
            server = subprocess.Popen(command, cwd=REPOSITORY, env=known, stdout=out, stderr=subprocess.STDOUT)
        self.started.append(server)
        address = f"http://127.0.0.1:{port}"
        _wait_for(address + "/_stcore/health", server, log, seconds)
        return address

    def stop(self) -> None:
        for server in self.started:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """``serve(workspace, script)``: a server of this test's own, which nobody has asked anything yet."""
    servers = Servers(tmp_path)
    yield servers.start
    servers.stop()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """``served(workspace)``: the one server of the session for a workspace that no test changes."""
    servers = Servers(tmp_path_factory.mktemp("servers"))
    yield functools.cache(servers.start)
    servers.stop()


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the app did not start at {address}:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture
def wait_idle() -> Callable[..., None]:
    """``wait_idle(page)``: the script has run and nothing is stale; asked three times, 150 ms apart."""

    def wait(page: Any, seconds: float = 60) -> None:
        page.wait_for_timeout(200)  # a press needs a moment to become a run, on a busy machine more
        for _ in range(3):
            page.wait_for_function(IDLE, timeout=seconds * 1000)
            page.wait_for_timeout(150)

    return wait


@pytest.fixture
def assert_healthy() -> Callable[[Any], None]:
    """``assert_healthy(page)``: no exception on the page, no page error, no request off the machine."""

    def check(page: Any) -> None:
        shown = page.locator('[data-testid="stException"]').all_inner_texts()
        assert not shown, f"the app shows an exception: {shown[0][:500]}"
        assert not page.hotspots_errors, f"errors in the page: {page.hotspots_errors[:3]}"
        assert not page.hotspots_outside, f"requests left the machine: {page.hotspots_outside[:3]}"
        assert "Traceback (most recent call last)" not in page.inner_text("body")

    return check


@pytest.fixture
def open_page(
    launch: Callable[[str], Any], wait_idle: Callable[..., None], assert_healthy: Callable[[Any], None]
) -> Iterator[Callable[..., Any]]:
    """``open_page(address, look="wide")``: a page in a fresh context, idle; checked for health at the end.

    ``look`` is wide, phone, dark or nogl. The page has ``hotspots_outside`` and ``hotspots_errors``.
    """
    opened: list[Any] = []

    def start(address: str | None = None, look: str = "wide") -> Any:
        context = launch(look).new_context(**LOOKS[look][1], accept_downloads=True)
        page = context.new_page()
        page.hotspots_outside, page.hotspots_errors = [], []
        page.on("request", lambda r: None if HERE.match(r.url) else page.hotspots_outside.append(r.url))
        page.on("websocket", lambda w: None if HERE.match(w.url) else page.hotspots_outside.append(w.url))
        page.on("pageerror", lambda error: page.hotspots_errors.append(str(error)[:300]))
        opened.append(page)
        if address is not None:
            page.goto(address, wait_until="domcontentloaded")
            wait_idle(page)
        return page

    yield start
    try:
        for page in opened:
            if page.url != "about:blank":
                assert_healthy(page)
    finally:
        for page in opened:
            page.context.close()


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A wide page, not yet at any address: ``page.goto(address)``, then ``wait_idle(page)``."""
    return open_page()


@pytest.fixture
def serious() -> Callable[[Any], list[str]]:
    """What axe holds against a page, everything in its main part unfolded; skips where axe is not installed."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")

    def found(page: Any) -> list[str]:
        for folded in page.locator('[data-testid="stMain"] [data-testid="stExpander"] summary').all():
            folded.click()
        page.wait_for_timeout(500)
        return [
            f"{v['id']}: {v['help']}: {node['target']} {node['html'][:200]}"
            for v in axe.Axe().run(page).response["violations"]
            if v["impact"] in ("serious", "critical")
            for node in v["nodes"]
        ]

    return found
