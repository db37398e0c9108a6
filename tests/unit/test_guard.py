"""The server as people start it answers this machine alone: asked with raw requests, and watched for what it asks.

Each server runs with a recorder of every address that it connects to or looks up; one outside this machine is
recorded and refused, so that no test leaves the machine.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspots.ui import words
from tests.conftest import REPOSITORY

RECORDER = """
import os, sys

def heard(event, args):
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        address = args
    else:
        return
    host = str(address[0]) if isinstance(address, tuple) else str(address)
    with open(os.environ["HEARD"], "a") as log:
        log.write(host + "\\n")
    if host not in ("127.0.0.1", "::1", "localhost", "None"):
        raise PermissionError(f"a test asked for {host}")

sys.addaudithook(heard)
"""
HERE = {"127.0.0.1", "::1", "localhost", "None"}
BIN = Path(sys.executable).parent
WAYS = {
    "streamlit run app.py": ([str(BIN / "streamlit"), "run", "app.py"], REPOSITORY),
    "python -m streamlit run app.py": ([sys.executable, "-m", "streamlit", "run", "app.py"], REPOSITORY),
    "from another folder": ([sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "app.py")], None),
}
HANDSHAKE = (
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: streamlit",
)  # fmt: skip
STREAM = "/_stcore/stream"
PATHS = [
    "/", "/Data", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/static/js/none.js",
    "/media/none.csv", "/component/none/x.js", "/_stcore/bidi-components/none/x.js", "/_stcore/agent/openapi.json",
]  # fmt: skip
FOREIGN_HOSTS = [
    "evil.example:{port}", "evil.example", "127.0.0.1.evil.example:{port}", "localhost.evil.example",
    "127.0.0.1@evil.example", "evil.example#127.0.0.1", "0.0.0.0:{port}", "[::2]:{port}", "10.0.0.1:{port}", "",
    "localhost:1:1",
]  # fmt: skip


class Server:
    """The app on a port of this machine, and what it connected to or looked up."""

    def __init__(self, folder: Path, command: list[str], cwd: Path | None = None, **environment: str):
        self.folder, self.heard_file, self.log = folder, folder / "heard", folder / "log"
        (folder / "sitecustomize.py").write_text(RECORDER, encoding="utf-8")
        self.heard_file.touch()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        paths = os.pathsep.join([str(folder), str(REPOSITORY)])
        here = {"PYTHONPATH": paths, "HEARD": str(self.heard_file), "HOTSPOTS_WORKSPACE": str(folder / "workspace")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, f"--server.port={self.port}"], cwd=cwd or folder, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **here, **environment},
            )  # fmt: skip

    def ready(self) -> Server:
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.status("/_stcore/health") == 200:
                    return self
            except OSError:
                time.sleep(0.05)
        pytest.fail(f"the app did not start:\n{self.said()}")

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def outside(self) -> set[str]:
        """Every address outside this machine that was asked for."""
        return set(self.heard_file.read_text(encoding="utf-8").split()) - HERE

    def ask(self, path: str, *lines: str, host: str | None = "127.0.0.1:{port}", method: str = "GET") -> bytes:
        """The answer to one request, as bytes; of a connection that was opened, its head."""
        if host is not None:
            lines = (f"Host: {host.format(port=self.port)}", *lines)
        if not any(line.startswith("Connection:") for line in lines):
            lines = (*lines, "Connection: close")
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            line.sendall("\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1"))
            answer = b""
            while chunk := line.recv(65536):
                answer += chunk
                if answer.startswith(b"HTTP/1.1 101") and b"\r\n\r\n" in answer:
                    break
        return answer

    def status(self, path: str, *lines: str, host: str | None = "127.0.0.1:{port}", method: str = "GET") -> int:
        return int(self.ask(path, *lines, host=host, method=method).split()[1])

    def connects(self, *lines: str, host: str | None = "127.0.0.1:{port}") -> int:
        """The status with which the line that carries the data is opened (101) or refused."""
        return self.status(STREAM, *HANDSHAKE, *lines, host=host)

    def shown(self) -> bytes:
        """Everything that a session on the first page is sent, until its script has run."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
        from websockets.sync.client import connect

        asked = BackMsg()
        asked.rerun_script.query_string = ""
        said = b""
        with connect(f"ws://127.0.0.1:{self.port}{STREAM}", subprotocols=["streamlit"]) as line:  # type: ignore[list-item]
            line.send(asked.SerializeToString())
            while True:
                data = line.recv(timeout=60)
                message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
                said += message.SerializeToString()
                if message.WhichOneof("type") == "script_finished":
                    return said

    def stop(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture(scope="module", params=WAYS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command, cwd = WAYS[request.param]
    started = Server(tmp_path_factory.mktemp("guarded"), command, cwd)
    yield started.ready()
    started.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[object]:
    """``start(script, **environment)``: a server of this test's own."""
    started: list[Server] = []

    def begin(script: str = "app.py", **environment: str) -> Server:
        command = [sys.executable, "-m", "streamlit", "run", script]
        started.append(Server(tmp_path, command, REPOSITORY, **environment))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def test_this_machine_is_answered_by_each_of_its_names(server: Server) -> None:
    for host in ("127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}", "localhost"):
        assert server.status("/", host=host) == 200, host
        assert server.connects(host=host) == 101, host
        assert server.connects(f"Origin: http://{host.format(port=server.port)}", host=host) == 101, host
    assert words.EMPTY.encode() in server.shown()


def test_a_foreign_host_gets_nothing(server: Server) -> None:
    """A page elsewhere whose name was bound anew to 127.0.0.1 sends its own name as Host, and as Origin."""
    for host in FOREIGN_HOSTS:
        for path in PATHS:
            answer = server.ask(path, host=host)
            assert answer.split()[1] in (b"400", b"403"), (host, path)
            assert b"<html" not in answer, (host, path)
        assert server.status("/_stcore/upload_file/a/b", "Content-Length: 0", host=host, method="PUT") in (400, 403)
        assert server.connects(host=host) in (400, 403), host
        assert server.connects(f"Origin: http://{host.format(port=server.port)}", host=host) in (400, 403), host


def test_a_request_with_no_host_or_two_gets_nothing(server: Server) -> None:
    assert server.status("/", host=None) in (400, 403)
    assert server.connects(host=None) in (400, 403)
    assert server.status("/", "Host: evil.example") in (400, 403)
    assert server.connects("Host: evil.example") in (400, 403)


def test_a_foreign_origin_gets_nothing_and_no_address_is_looked_up(server: Server) -> None:
    port = server.port
    for origin in (
        "http://evil.example", f"http://evil.example:{port}", "null", "", "https://evil.example@127.0.0.1",
        f"http://127.0.0.1:{port + 1}", "http://127.0.0.1", f"http://[::1]:{port}", f"http://localhost:{port}",
        "http://[", f"file://127.0.0.1:{port}", f"http://127.0.0.1:{port}.evil.example", "http://8.8.8.8",
    ):  # fmt: skip
        for path in PATHS:
            assert server.status(path, f"Origin: {origin}") == 403, (origin, path)
        assert server.connects(f"Origin: {origin}") == 403, origin
    assert server.connects(f"Origin: http://127.0.0.1:{port}", "Origin: http://evil.example") in (400, 403)
    assert server.outside() == set()


def test_every_answer_has_the_headers(server: Server) -> None:
    answers = [server.ask(path) for path in [*PATHS, "/_stcore/none"]]
    answers += [server.ask("/", host="evil.example"), server.ask("/", "Origin: http://evil.example")]
    for answer in answers:
        head = answer.split(b"\r\n\r\n")[0].decode("latin-1").lower()
        lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        assert lines["x-frame-options"] == "deny"
        assert lines["x-content-type-options"] == "nosniff"
        assert lines["referrer-policy"] == "no-referrer"
        policy = dict(part.split(" ", 1) for part in lines["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert not [p for p in policy.values() if "http" in p or "*" in p or "." in p]  # no other host
        assert "'unsafe-inline'" not in policy["script-src"]
        assert "'unsafe-eval'" not in policy["script-src"]
        assert "access-control-allow-origin" not in lines


def test_the_metrics_are_closed(server: Server) -> None:
    for path in ("/_stcore/metrics", "/_stcore/metrics/", "/_stcore/%6Detrics", "/_stcore/metrics?families=x"):
        assert server.status(path) == 404, path
    assert server.status("/_stcore/health") == 200


def test_whose_address_it_is_is_said_at_the_start(server: Server) -> None:
    assert "On a shared terminal server 127.0.0.1 belongs to every user of it" in server.said()
    plain = " ".join((REPOSITORY / "docs" / "deployment.md").read_text(encoding="utf-8").split())
    assert words.SHARED_MACHINE in plain


def test_a_name_for_a_proxy_is_let_in_and_no_other(start) -> None:
    """As docs/deployment.md says, whether the proxy hands the name on as Host or asks for 127.0.0.1."""
    server = start(STREAMLIT_SERVER_ALLOWED_HOSTS="127.0.0.1 localhost ::1 Hotspots.Force.example").ready()
    origin = "Origin: https://hotspots.force.example"
    assert server.status("/", host="hotspots.force.example") == 200
    assert server.connects(origin, host="hotspots.force.example") == 101
    assert server.connects(origin) == 101
    assert server.status("/") == 200
    assert server.connects() == 101
    assert server.connects("Origin: https://other.force.example") == 403
    assert server.connects("Origin: https://other.force.example", host="hotspots.force.example") == 403
    assert server.status("/", host="a.hotspots.force.example") == 403
    assert server.status("/", host="force.example") == 403
    assert server.outside() == set()


@pytest.mark.parametrize("name", ["*", "*.force.example"])
def test_a_pattern_of_names_is_refused_in_a_sentence(start, name: str) -> None:
    server = start(STREAMLIT_SERVER_ALLOWED_HOSTS=f"127.0.0.1 {name}")
    assert server.process.wait(60) != 0
    assert f"server.allowedHosts holds {name}" in server.said()
    assert "Traceback" not in server.said()


def test_without_the_guard_no_page_shows_anything(start) -> None:
    """Started by another file, Streamlit serves its scripts to any Host; the data is still not to be had.

    It also shows what the guard is for: this is the look-up that a foreign Origin sets off. Should this test fail
    after an upgrade, Streamlit looks nothing up any more.
    """
    server = start("pages/1_Hot_spots.py").ready()
    shown = server.shown()
    assert b"streamlit run app.py" in shown
    assert words.EMPTY.encode() not in shown
    assert server.connects(host="evil.example") == 403
    assert server.connects("Origin: http://evil.example") == 403
    assert server.outside() != set()
