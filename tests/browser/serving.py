"""The app on ports of this machine, each server a process of its own.

Servers are forked from one process that has imported the libraries and nothing of ours: a server starts in a third of
a second, and what our own modules do when they are first imported happens in each of them anew.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import time
import urllib.request
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LIBRARIES = ["streamlit.web.bootstrap", "streamlit.web.cli", "pandas", "pyarrow.parquet", "duckdb", "h3.api.basic_str",
             "pydeck", "sqlalchemy", "scipy.optimize", "scipy.sparse", "scipy.special", "xlsxwriter"]  # fmt: skip
OPTIONS = {
    "server.address": "127.0.0.1", "server.headless": "true", "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
}  # fmt: skip


def _serve(script: str, port: int, workspace: str | None, log: str) -> None:
    """Become ``streamlit run script``."""
    out = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(REPOSITORY)
    sys.path.insert(0, str(REPOSITORY))
    if workspace is not None:
        os.environ["HOTSPOTS_WORKSPACE"] = workspace
    from streamlit.web import cli

    cli.main(["run", script, f"--server.port={port}", *(f"--{name}={value}" for name, value in OPTIONS.items())])


class Servers:
    """The app on free ports of 127.0.0.1, until stopped.

    A port is used again by the next server: the browser has the app's scripts of that address already.
    """

    free: list[int] = []  # noqa: RUF012  # shared by all: ports that nobody serves now

    def __init__(self, logs: Path):
        self.logs, self.started = logs, list[tuple[int, BaseProcess]]()
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(LIBRARIES)

    def start(self, workspace: Path | None = None, script: Path | str = "app.py", seconds: float = 60) -> str:
        """Serve this workspace by this script; returns its address."""
        port = Servers.free.pop() if Servers.free else _unused()
        log = self.logs / f"server-{port}.log"
        asked = (str(REPOSITORY / script), port, None if workspace is None else str(workspace), str(log))
        server = self.context.Process(target=_serve, args=asked, daemon=True)
        server.start()
        self.started.append((port, server))
        address = f"http://127.0.0.1:{port}"
        _wait_for(address + "/_stcore/health", server, log, seconds)
        return address

    def stop(self) -> None:
        for port, server in self.started:
            server.kill()
            server.join(10)
            Servers.free.append(port)


def _unused() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: BaseProcess, log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.is_alive():
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the app did not start at {address}:\n{log.read_text(errors='replace')[-3000:]}")
