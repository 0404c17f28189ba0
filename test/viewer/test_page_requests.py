"""The page's server answers its own page on 127.0.0.1 and nobody else."""

import http.client
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import viser
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tacrefine.errors import ConfigError
from tacrefine.viewer.page.guard import refusal
from tacrefine.viewer.page.server import open_server

VERSION = f"viser-v{viser.__version__}"


@pytest.fixture(scope="module")
def server() -> Iterator[SimpleNamespace]:
    opened = open_server(0)
    yield SimpleNamespace(port=opened.get_port(), viser=opened)
    opened.stop()


def get(port: int, **headers: str) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("GET", "/", skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    text = body.decode("utf-8", "replace") if answer.status != 200 else ""
    return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}


def open_websocket(port: int, origin: str | None, host: str = "") -> None:
    headers = {"Host": host} if host else {}
    with connect(
        f"ws://127.0.0.1:{port}/",
        origin=origin,  # type: ignore[arg-type]
        additional_headers=headers,
        subprotocols=[VERSION],  # type: ignore[list-item]
        proxy=None,
        max_size=None,
    ) as socket:
        assert socket.recv(20)


def test_the_page_is_served_and_cannot_be_put_into_a_frame(server: SimpleNamespace) -> None:
    for host in ("127.0.0.1", "localhost"):
        status, _, headers = get(server.port, Host=f"{host}:{server.port}")
        assert status == 200
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    open_websocket(server.port, f"http://127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1.evil.example:{port}"]
)
def test_a_request_for_another_host_is_refused(server: SimpleNamespace, host: str) -> None:
    status, text, _ = get(server.port, Host=host.format(port=server.port))
    assert status == 403
    assert "not to the host" in text
    with pytest.raises(InvalidStatus) as refused:
        open_websocket_by_hand(server.port, host.format(port=server.port))
    assert refused.value.response.status_code == 403


def open_websocket_by_hand(port: int, host: str) -> None:
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        connect(
            f"ws://{host if ':' in host else host + ':80'}/",
            sock=plain,
            origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
            subprotocols=[VERSION],  # type: ignore[list-item]
            proxy=None,
        ),
    ):
        pass


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}", None]
)
def test_a_websocket_from_another_origin_or_none_is_refused(
    server: SimpleNamespace, origin: str | None
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_websocket(server.port, origin and origin.format(port=server.port))
    assert refused.value.response.status_code == 403


def test_a_page_of_another_origin_cannot_even_fetch_it(server: SimpleNamespace) -> None:
    status, text, _ = get(server.port, Origin="http://evil.example")
    assert status == 403
    assert "another origin" in text


def test_headers_that_come_twice_are_refused() -> None:
    assert refusal({"host": "127.0.0.1:8610, evil.example"}, 8610, False)
    assert refusal({"host": "127.0.0.1:8610", "origin": "http://127.0.0.1:8610, http://x"}, 8610, True)
    assert not refusal({"host": "127.0.0.1:8610", "origin": "http://127.0.0.1:8610"}, 8610, True)


def test_nothing_listens_beyond_this_machine(server: SimpleNamespace) -> None:
    assert server.viser.get_host() == "127.0.0.1"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)


def test_no_page_can_ask_for_a_public_address(server: SimpleNamespace) -> None:
    handled = {kind.__name__ for kind in server.viser._websock_server._incoming_handlers}
    assert not {name for name in handled if "Share" in name}


def test_a_port_in_use_is_one_sentence(server: SimpleNamespace) -> None:
    with pytest.raises(
        ConfigError, match=rf"--port {server.port}: cannot be used on 127.0.0.1 \(Address already"
    ):
        open_server(server.port)
