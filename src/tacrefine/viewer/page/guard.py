"""Which requests the page's server answers: those that this very page makes, from this machine.

Any web page may tell the reader's browser to talk to 127.0.0.1. A page cannot change the headers Host and
Origin, so a foreign Origin is such a page, and a foreign Host one whose name was made to point here.
"""

from __future__ import annotations

from collections.abc import Mapping

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
HEADERS = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""of every answer: no other page may show this one in a frame and have its buttons clicked"""


def refusal(headers: Mapping[str, str], port: int, is_websocket: bool) -> str:
    """Why a request with these headers (names in lower case) is refused, as a sentence; empty if it is answered.

    A browser names the origin of every websocket, so one without is refused, too.
    """
    hosts = {f"{name}:{port}" for name in NAMES} | (set(NAMES) if port == 80 else set())
    host = headers.get("host", "")
    if host.lower() not in hosts:
        return f"The console answers to {HOST}:{port} only, not to the host '{host[:80]}'."
    origin = headers.get("origin")
    if origin is None:
        return "The console takes no connection that names no origin." if is_websocket else ""
    if origin.lower() not in {f"http://{name}" for name in hosts}:
        return f"The console takes no request from another origin, '{origin[:80]}'."
    return ""
