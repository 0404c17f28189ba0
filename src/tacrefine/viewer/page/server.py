"""A viser server on 127.0.0.1 that answers this page alone. See `guard`."""

from __future__ import annotations

import contextlib
import http
import io
import logging
import socket
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import viser
import viser._messages
import websockets.asyncio.server
from websockets import Headers
from websockets.http11 import Request, Response

from tacrefine.errors import ConfigError
from tacrefine.viewer.page.guard import HEADERS, HOST, refusal


def open_server(port: int) -> viser.ViserServer:
    """A server on this port of 127.0.0.1; 0: any free one. ConfigError in one sentence where the port is taken."""
    listener = _bound(port)
    guarded = _Guarded(listener)
    # viser makes its own listener, on any port that it finds free, and asks nobody whom to answer. The function that it
    # makes it with is another one while it starts; if that was never called, nothing guards the page.
    with (
        patch.object(websockets.asyncio.server, "serve", guarded.serve),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        server = viser.ViserServer(host=HOST, port=listener.getsockname()[1], verbose=False)
    if not guarded.is_installed:
        server.stop()
        listener.close()
        raise ConfigError(f"viser {viser.__version__} starts its server in an unknown way; use viser 1.1.1.")
    # Any page could ask viser to publish itself through a server of its makers.
    for message in (viser._messages.ShareUrlRequest, viser._messages.ShareUrlDisconnect):
        server._websock_server.unregister_handler(message)
    return server


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"--port {port}: cannot be used on {HOST} ({reason}); end the program that has it, or choose another port."
        ) from error
    return listener


class _Guarded:
    """Stands in for `websockets.asyncio.server.serve`: the same, on our socket and for our page only."""

    def __init__(self, listener: socket.socket) -> None:
        self._serve, self._listener = websockets.asyncio.server.serve, listener
        self._port = int(listener.getsockname()[1])
        self.is_installed = False

    def serve(
        self, handler: Any, _host: str, _port: int, *, process_request: Callable, **options: Any
    ) -> Any:
        """A server whose requests are looked at before viser sees them."""

        def checked(connection: Any, request: Request) -> Response | None:
            is_websocket = "upgrade" in request.headers
            headers = {name.lower(): ", ".join(request.headers.get_all(name)) for name in request.headers}
            sentence = refusal(headers, self._port, is_websocket)
            if sentence:
                body = sentence.encode()
                about = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
                return Response(http.HTTPStatus.FORBIDDEN, "Forbidden", Headers(**about, **HEADERS), body)
            answer: Response | None = process_request(connection, request)
            if answer is not None:
                answer.headers.update(HEADERS)
            return answer

        self.is_installed = True
        options["logger"] = _quiet()
        return self._serve(handler, sock=self._listener, process_request=checked, **options)


def _quiet() -> logging.Logger:
    """Refused and broken-off connections are no news for the terminal."""
    logger = logging.getLogger("tacrefine.viewer.page")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
