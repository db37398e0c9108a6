"""Who may ask the server, and what a browser may do with its answers (docs/decisions/0033).

There is no login, so a page elsewhere on the web must not be able to ask in its reader's name. The guard stands before
everything that Streamlit serves, pages and files as well as the line that carries the data, and needs only what
Streamlit documents: `st.App` with a middleware, and the option `server.allowedHosts`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hotspots.ui import words

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?")
METRICS = "/_stcore/metrics"
PASSED = (
    b"x-hotspots-guard",
    b"passed",
)  # added to every request that was let in; no browser can add it to a WebSocket

# What a page of ours may load: from this server alone. Streamlit's index.html has one script of its own (the hash),
# its components and the workers of deck.gl come as blobs, both run WebAssembly (never text as a script), styles are
# written into the page, the map's background is a data address. A test opens every page and fails on a violation.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self' blob: 'wasm-unsafe-eval' 'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "media-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = [
    (b"content-security-policy", "; ".join(f"{name} {value}" for name, value in POLICY.items()).encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # an address can name a cell or a draft
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


def middleware() -> list[Middleware]:
    """The guard, for `st.App`, with the names that the administrator allows. A pattern ends the program with a word."""
    names = frozenset(str(name).strip().lower().strip("[]") for name in st.get_option("server.allowedHosts") or ())
    patterns = sorted(name for name in names if "*" in name)
    if patterns:
        raise SystemExit(words.HOST_PATTERN.format(found=", ".join(patterns)))
    return [Middleware(Guard, names=names)]


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Say at start whose address this is."""
    print(f"  {words.SHARED_MACHINE}\n", flush=True)
    yield


def passed() -> bool:
    """Whether this session came through the guard; one without a network (a test of a page) needs none."""
    headers = st.context.headers
    return not headers or PASSED[0].decode() in headers


class Guard:
    """ASGI middleware. Refuses a foreign Host or Origin, closes the metrics, adds `HEADERS` to every answer.

    ``names``: host names besides those of this machine, as a browser writes them, without ports.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str]):
        self.app, self.names = app, names | LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in HEADERS}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        host = self.allowed_host(scope)
        if host is None or not self.allowed_origin(scope, host):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})  # before it is accepted: answered with 403
            else:
                await PlainTextResponse(words.REFUSED_HOST, 403)(scope, receive, with_headers)
        elif scope["type"] == "http" and scope["path"].rstrip("/").endswith(METRICS):
            await PlainTextResponse("Not Found", 404)(scope, receive, with_headers)
        else:
            await self.app(let_in(scope, host), receive, with_headers)

    def allowed_host(self, scope: Scope) -> str | None:
        """The one Host of the request, where its name is allowed, whatever the port."""
        host = only(scope, b"host")
        return host if host is not None and name_of(host) in self.names else None

    def allowed_origin(self, scope: Scope, host: str) -> bool:
        """None (no page asks), a page of this very address, or of a name that a proxy serves us under.

        Another port of this machine is another program, perhaps another user's.
        """
        if not values(scope, b"origin"):
            return True
        origin = only(scope, b"origin")
        if origin is None:
            return False
        try:
            address = urlsplit(origin)
        except ValueError:
            return False
        return address.scheme in ("http", "https") and (
            address.netloc == host or name_of(address.netloc) in self.names - LOOPBACK
        )


def let_in(scope: Scope, host: str) -> Scope:
    """The request as Streamlit sees it: marked, its Origin that of its Host.

    Streamlit compares an Origin that differs, and only such a one, with the machine's address on the internet, which
    it asks a host there for.
    """
    headers = [pair for pair in scope["headers"] if pair[0].lower() not in (b"origin", PASSED[0])]
    origin = only(scope, b"origin")
    if origin is not None:
        headers.append((b"origin", f"{urlsplit(origin).scheme}://{host}".encode()))
    return {**scope, "headers": [*headers, PASSED]}


def values(scope: Scope, name: bytes) -> list[str]:
    """Every value of a header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def only(scope: Scope, name: bytes) -> str | None:
    """The value of a header that was sent once; None where it was not sent, or twice."""
    found = values(scope, name)
    return found[0] if len(found) == 1 else None


def name_of(host: str) -> str:
    """The name in ``name``, ``name:port`` or ``[address]:port``, in small letters; '' where it is none of them."""
    found = HOST.fullmatch(host.lower())
    return (found[1] or found[2]) if found else ""
