"""What a page from elsewhere gets of the app through the reader's own browser: nothing. And ours breaks no rule."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hotspots.ui import words
from tests.browser.conftest import FLAGS, SOFTWARE_GL, WIDE

EVIL = "evil.example"
MAPPED = f"--host-resolver-rules=MAP {EVIL} 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
ADDRESSES = {
    **{name: "/" if path == "app.py" else "/" + re.sub(r"pages/\d+_(\w+)\.py", r"\1", path)
       for path, name in words.PAGES},
    "a cell": "/Hot_spots?bcu=South&top=5", "simple map": "/Hot_spots?bcu=South&map=svg",
    "areas": "/Hot_spots?bcu=South&part=areas", "register": "/Hot_spots?bcu=South&part=register",
    "log form": "/Patrol_dosage?part=log", "reconciled": "/Patrol_dosage?part=reconciled",
    "trials": "/Change?change_part=trials",
}  # fmt: skip
WATCH = """(() => {
  window.broken = []
  document.addEventListener('securitypolicyviolation', e =>
    window.broken.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))
})()"""
# What a page can do with its own name once that name stands for 127.0.0.1.
STEAL = """async paths => {
  const got = []
  for (const path of paths) {
    const answer = await fetch(path)
    got.push([path, answer.status, (await answer.text()).includes('<html')])
  }
  const line = new WebSocket(`ws://${location.host}/_stcore/stream`, ['streamlit'])
  const opened = await new Promise(done => { line.onopen = () => done(true); line.onerror = () => done(false) })
  return [got, opened]
}"""


@pytest.fixture
def mapped(playwright: Any, chromium: str) -> Iterator[Any]:
    """A page of a browser for which evil.example is this machine, as after a rebinding."""
    flags = [flag for flag in FLAGS if not flag.startswith("--host-resolver-rules")]
    browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=[*flags, *SOFTWARE_GL, MAPPED])
    yield browser.new_context(**WIDE).new_page()
    browser.close()


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str], str]]:
    """``elsewhere(html)``: the address of a page on another port of this machine."""
    started: list[ThreadingHTTPServer] = []

    def serve(html: str) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        started.append(ThreadingHTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=started[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{started[-1].server_port}/"

    yield serve
    for one in started:
        one.shutdown()
        one.server_close()


def test_a_name_bound_to_this_machine_reads_nothing(served: Any, mapped: Any, police: Path) -> None:
    port = urlsplit(served(police)).port
    answer = mapped.goto(f"http://{EVIL}:{port}/Data")
    assert answer.status == 403
    assert "does not answer to this address" in mapped.inner_text("body")
    # a page of that name asks for more, as the one would that it served before it was bound anew
    paths = ["/", "/Data", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/media/none.csv"]
    got, opened = mapped.evaluate(STEAL, paths)
    assert got == [[path, 403, False] for path in paths]
    assert opened is False
    # the same script from a page of our own reads: it is the name that is refused
    mapped.goto(f"http://127.0.0.1:{port}/Data")
    got, opened = mapped.evaluate(STEAL, ["/Data"])
    assert got == [["/Data", 200, True]]
    assert opened is True


def test_a_page_on_another_port_reads_nothing_and_frames_nothing(
    served: Any, open_page: Any, elsewhere: Any, police: Path
) -> None:
    """Another program on this machine, perhaps another user's, is not ours either."""
    app = served(police)
    page = open_page(fresh=True)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(elsewhere(f"<iframe src='{app}/Data'></iframe>"))
    page.wait_for_timeout(1000)
    assert [line for line in said if "frame-ancestors" in line], said
    assert not [f for f in page.frames if f.locator('[data-testid="stApp"]').count()]
    opened = page.evaluate(
        """address => new Promise(done => {
          const line = new WebSocket(address, ['streamlit'])
          line.onopen = () => done(true); line.onerror = () => done(false)
        })""",
        app.replace("http", "ws") + "/_stcore/stream",
    )
    assert opened is False
    read = page.evaluate("address => fetch(address).then(a => a.text(), () => 'refused')", app + "/Data")
    assert read == "refused"
    page.hotspots_broken.clear()  # that it was refused


def watched(open_page: Any, wait_idle: Any, address: str, look: str = "wide") -> tuple[Any, Callable[[], list[str]]]:
    """The page at an address, and what in it broke its policy: told by the document, or by the console (workers)."""
    page = open_page(look=look, fresh=True)
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if "Content Security Policy" in m.text else None)
    page.add_init_script(WATCH)
    page.goto(address, wait_until="domcontentloaded")
    wait_idle(page)
    return page, lambda: [*page.evaluate("window.broken"), *said]


@pytest.mark.parametrize("name", ADDRESSES)
def test_no_page_breaks_its_policy(served: Any, open_page: Any, wait_idle: Any, demo: Path, name: str) -> None:
    page, broken = watched(open_page, wait_idle, served(demo) + ADDRESSES[name])
    for folded in page.locator('[data-testid="stMain"] [data-testid="stExpander"] summary').all():
        folded.click()
    wait_idle(page)
    page.wait_for_timeout(1500)
    assert broken() == []
    if name == "Hot spots":
        assert page.locator('[data-testid="stDeckGlJsonChart"] canvas').count()
    if name == "Data":  # what is watched is heard
        page.evaluate("fetch('http://127.0.0.1:9/').catch(() => {})")
        page.wait_for_timeout(300)
        assert [line for line in broken() if "connect-src" in line]
        assert page.hotspots_broken  # as every browser test would say in the end
        page.hotspots_broken.clear()
        page.hotspots_errors.clear()


def test_files_come_and_go_under_the_policy(
    served: Any, open_page: Any, wait_idle: Any, police: Path, tmp_path: Path
) -> None:
    page, broken = watched(open_page, wait_idle, served(police) + "/Hot_spots?bcu=South&top=5&map=svg", "nogl")
    for label in ("CSV", "Excel", "GeoJSON"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=label, exact=True).click()
        waiting.value.save_as(tmp_path / label)
        assert (tmp_path / label).stat().st_size > 100
    assert broken() == []
    page.goto(served(police) + "/Data", wait_until="domcontentloaded")
    wait_idle(page)
    bad = {"name": "bad.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
    page.locator('input[type="file"]').first.set_input_files([bad])
    page.get_by_role("button", name="Remove bad.csv").wait_for()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_timeout(300)
    wait_idle(page)
    assert "bad.csv" in "".join(page.locator('[data-testid="stAlert"]').all_inner_texts()).replace("\u2060", "")
    assert broken() == []
