"""A real browser against a real server on this machine, and no request may leave it.

Idle is not healthy: every test that uses `page` or `open_page` ends by asserting that the page shows no
exception, raised no error and asked no other machine for anything.

What costs most is a browser that has never seen the app: 3 MB of scripts, read anew. So a page is used again by the
next test, after everything that it could remember is cleared: cookies, both storages, size, medium; a session of the
app ends with its page. `open_page(…, fresh=True)` is a profile of its own.
"""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.serving import Servers
from tests.workspaces import both, demo, hostile, police  # noqa: F401

HERE = re.compile(r"(data|blob|about):|(http|ws)s?://(127\.0\.0\.1|localhost)[:/]")
FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]  # fmt: skip
# Software graphics draw deck.gl alone: drawing the pages themselves with them takes ten times as long.
SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-compositing"]
WIDE = {"viewport": {"width": 1440, "height": 1000}}
LOOKS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "wide": (SOFTWARE_GL, WIDE),
    "phone": (SOFTWARE_GL, {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}),
    "dark": (SOFTWARE_GL, {**WIDE, "color_scheme": "dark"}),
    "sharp": (SOFTWARE_GL, {**WIDE, "device_scale_factor": 2}),
    "nogl": (["--disable-3d-apis"], WIDE),
}
# What the page and its server say to one another is heard and what is drawn is seen, in shadow roots as well, so that
# "nothing more comes" is known and not waited for.
LISTEN = """(() => {
  const line = window.hotspotsLine = {asked: false, last: performance.now(), since: 0, calm: 0, sockets: []}
  const now = asked => { line.asked = asked; line.last = performance.now() }
  const watch = root => new MutationObserver(() => { line.last = performance.now() })
    .observe(root, {childList: true, subtree: true, attributes: true, characterData: true})
  const Plain = window.WebSocket, attach = Element.prototype.attachShadow
  window.WebSocket = class extends Plain {
    constructor(...args) {
      super(...args)
      line.sockets.push(this)
      this.addEventListener('message', () => now(false))
      this.addEventListener('close', () => now(false))
    }
    send(data) { now(true); super.send(data) }
  }
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options)
    watch(root)
    return root
  }
  watch(document)
})()"""
# The script has run, nothing is stale, every question is answered (or will not be), and all has been quiet: for a time,
# and for so many frames, which on a busy machine is longer.
IDLE = """since => {
  const app = document.querySelector('[data-testid="stApp"]'), line = window.hotspotsLine, now = performance.now()
  if (line.since !== since) { line.since = since; line.calm = 0 }
  const calm = !!app && app.dataset.testScriptState === 'notRunning' && app.dataset.testConnectionState === 'CONNECTED'
    && !document.querySelector('[data-testid="stSkeleton"],[data-testid="stAppSkeleton"],[data-stale="true"]')
    && now - line.last > (line.asked ? 3000 : 200) && (now - since > 250 || now < since)
  line.calm = calm ? line.calm + 1 : 0
  return line.calm > 5
}"""
STILL = """() => document.getAnimations().every(
  a => a.playState !== 'running' || a.effect?.getTiming().iterations === Infinity)"""
BLANK = 5_000  # bytes: a map with nothing on it is a smaller picture
FORGET = "() => { if (location.protocol.startsWith('http')) { localStorage.clear(); sessionStorage.clear() } }"


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


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """``serve(workspace, script)``: a server of this test's own, which nobody has asked anything yet."""
    servers = Servers(tmp_path)
    yield servers.start
    servers.stop()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """``served(workspace, script)``: the one server of the session for a workspace that no test changes, or that the
    tests of a file change without being in one another's way.
    """
    servers = Servers(tmp_path_factory.mktemp("servers"))
    yield functools.cache(servers.start)
    servers.stop()


@pytest.fixture
def wait_idle() -> Callable[..., None]:
    """``wait_idle(page)``: what was just done has been answered, the script has run and nothing is stale."""

    def wait(page: Any, seconds: float = 60) -> None:
        page.wait_for_function(IDLE, arg=page.evaluate("performance.now()"), timeout=seconds * 1000)

    return wait


@pytest.fixture
def assert_healthy() -> Callable[[Any], None]:
    """``assert_healthy(page)``: no exception on the page, no page error, no request off the machine."""

    def check(page: Any) -> None:
        shown = page.locator('[data-testid="stException"]').all_inner_texts()
        assert not shown, f"the app shows an exception: {shown[0][:500]}"
        assert not page.hotspots_errors, f"errors in the page: {page.hotspots_errors[:3]}"
        assert not page.hotspots_broken, f"the page breaks its policy: {page.hotspots_broken[:3]}"
        assert not page.hotspots_outside, f"requests left the machine: {page.hotspots_outside[:3]}"
        assert "Traceback (most recent call last)" not in page.inner_text("body")

    return check


class Pages:
    """The pages of a session, by look: those that no test has open now wait for the next."""

    def __init__(self, launch: Callable[[str], Any]):
        self.launch, self.waiting = launch, dict[str, list[Any]]()

    def take(self, look: str, fresh: bool) -> Any:
        waiting = [] if fresh else self.waiting.setdefault(look, [])
        page = waiting.pop() if waiting else self.made(look)
        page.hotspots_look = None if fresh else look
        page.hotspots_outside.clear()
        page.hotspots_errors.clear()
        page.hotspots_broken.clear()
        return page

    def made(self, look: str) -> Any:
        context = self.launch(look).new_context(**LOOKS[look][1], accept_downloads=True)
        context.add_init_script(LISTEN)
        page = context.new_page()
        page.hotspots_outside, page.hotspots_errors, page.hotspots_broken = [], [], []
        page.on("console", lambda m: page.hotspots_broken.append(m.text) if "Content Security" in m.text else None)
        page.on("request", lambda r: None if HERE.match(r.url) else page.hotspots_outside.append(r.url))
        page.on("websocket", lambda w: None if HERE.match(w.url) else page.hotspots_outside.append(w.url))
        page.on("pageerror", lambda error: page.hotspots_errors.append(str(error)[:300]))
        return page

    def give_back(self, page: Any) -> None:
        """Forget what the page could remember; one that has opened others, or a fresh one, is closed."""
        look = page.hotspots_look
        if look is None or len(page.context.pages) > 1:
            page.context.close()
            return
        page.evaluate(FORGET)
        page.goto("about:blank")
        page.context.clear_cookies()
        page.set_viewport_size(LOOKS[look][1]["viewport"])
        page.emulate_media(media="null", color_scheme=LOOKS[look][1].get("color_scheme", "null"))
        self.waiting[look].append(page)


@pytest.fixture(scope="session")
def pages(launch: Callable[[str], Any]) -> Pages:
    return Pages(launch)


@pytest.fixture
def open_page(
    pages: Pages, wait_idle: Callable[..., None], assert_healthy: Callable[[Any], None]
) -> Iterator[Callable[..., Any]]:
    """``open_page(address, look="wide")``: a page that remembers nothing, idle; checked for health at the end.

    ``look`` is wide, phone, dark, sharp (two dots to a pixel) or nogl. ``fresh``: in a profile that has never seen the
    app, for this test alone. The page has ``hotspots_outside`` and ``hotspots_errors``.
    """
    opened: list[Any] = []

    def start(address: str | None = None, look: str = "wide", fresh: bool = False) -> Any:
        page = pages.take(look, fresh)
        opened.append(page)
        if address is not None:
            page.goto(address, wait_until="domcontentloaded")
            wait_idle(page)
        return page

    yield start
    healthy = False
    try:
        for page in opened:
            if page.url != "about:blank":
                assert_healthy(page)
        healthy = True
    finally:
        for page in opened:
            pages.give_back(page) if healthy else page.context.close()


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    """A wide page, not yet at any address: ``page.goto(address)``, then ``wait_idle(page)``."""
    return open_page()


@pytest.fixture
def wait_drawn() -> Callable[[Any], tuple[float, float]]:
    """``wait_drawn(page)``: the middle of the deck.gl map, once it is drawn: two pictures of it are the same."""

    def wait(page: Any) -> tuple[float, float]:
        canvas = page.locator('[data-testid="stDeckGlJsonChart"] canvas').last
        canvas.wait_for()
        before = b""
        for _ in range(40):
            now = canvas.screenshot()
            if now == before and len(now) > BLANK:
                break
            before = now
            page.wait_for_timeout(150)
        box = canvas.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    return wait


@pytest.fixture
def unfold(wait_idle: Callable[..., None]) -> Callable[[Any], None]:
    """``unfold(page)``: open what is folded in its main part, to the end of the movement."""

    def open_all(page: Any) -> None:
        folded = page.locator('[data-testid="stMain"] [data-testid="stExpander"] summary')
        for summary in folded.all():
            summary.click()
        if folded.count():
            wait_idle(page)
            page.wait_for_function(STILL)

    return open_all


@pytest.fixture
def serious(unfold: Callable[[Any], None]) -> Callable[[Any], list[str]]:
    """What axe holds against a page, everything in its main part unfolded; skips where axe is not installed."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")

    def found(page: Any) -> list[str]:
        unfold(page)
        return [
            f"{v['id']}: {v['help']}: {node['target']} {node['html'][:200]}"
            for v in axe.Axe().run(page).response["violations"]
            if v["impact"] in ("serious", "critical")
            for node in v["nodes"]
        ]

    return found
