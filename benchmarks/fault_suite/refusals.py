"""Faults of inputs without a goal: adapters, the console's page, cells, imports. Each is refused in one sentence."""

from __future__ import annotations

import http.client
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import yaml

from fault_suite.running import Row, wanted
from tacrefine.config import share_dir
from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand

AT_ONCE_S = 2.0
"""a refusal needs no longer, on a busy machine too"""
FORBIDDEN = 403


def without_folders(sentence: str) -> str:
    """A sentence without folders of this machine."""
    return re.sub(
        rf"{re.escape(tempfile.gettempdir())}/[^/\s]+/|{re.escape(str(share_dir()))}/", "", sentence
    )


def _refused(family: str, fault: str, where: str, act: Callable[[], Any], works: Callable[[], bool]) -> Row:
    began = time.monotonic()
    said, happened = "", "taken"
    try:
        act()
    except TacrefineError as error:
        said, happened = str(error), "refused"
    except Exception as error:  # what must not happen
        happened = f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - began
    right = happened == "refused" and bool(said) and "\n" not in said and seconds <= AT_ONCE_S
    return Row(
        family, fault, where, "at once", happened, None, "untouched", seconds, seconds, 0.0, works(), right,
        without_folders(said),
    )  # fmt: skip


# ---- adapters
def _array(values: Any) -> SimpleNamespace:
    return SimpleNamespace(layout=SimpleNamespace(dim=[], data_offset=0), data=np.asarray(values, np.float32))


def adapters() -> Iterator[Row]:
    """Messages that are not what the adapter's file says, and files that do not fit the hand."""
    from tacrefine.touch import frame_from_arrays
    from tacrefine.touch.adapters import Adapter, AdapterDescription, Stamp, load_adapter

    hand = load_hand()
    joints = dict.fromkeys(hand.joint_names, 0.0)
    now, whole = Stamp(50, 0), np.zeros(hand.taxel_count)
    shipped = load_adapter("float32_multi_array", hand)
    entry = next(entry for entry in shipped.inputs if entry.kind == "touch")

    def take(message: Any) -> None:
        for reading in shipped.take(entry, message, now):
            frame_from_arrays(hand, reading.pads, joints)

    def works() -> bool:
        take(_array(whole))
        return True

    def made(**content: Any) -> Adapter:
        return Adapter(AdapterDescription.model_validate(content), hand)

    source = {
        "topic": "/t",
        "type": "std_msgs/msg/Float32MultiArray",
        "stamp": "received",
        "unit": "normalized",
    }
    messages: dict[str, Any] = {
        "too few values": _array(whole[:-1]),
        "too many values": _array(np.zeros(len(whole) + 1)),
        "no values": _array([]),
        "no such field": SimpleNamespace(layout=None),
        "text instead of numbers": SimpleNamespace(data="ninety-nine"),
        "NaN everywhere": _array(whole * np.nan),
        "infinite": _array(whole + np.inf),
        "far below zero": _array(whole - 0.5),
        "nothing at all": SimpleNamespace(),
    }
    for name, message in messages.items():
        if wanted(f"adapter: {name}", "at once"):
            yield _refused("adapters", f"adapter: {name}", "tactile", lambda m=message: take(m), works)
    tips = [pad.name for pad in hand.pads]
    files: dict[str, Callable[[], Any]] = {
        "a pad is missing": lambda: made(touch=[source | {"pads": {tips[0]: {"field": "data[0:99]"}}}]),
        "a pad of another hand": lambda: made(touch=[source | {"pads": {"nose": {"field": "data[0:99]"}}}]),
        "no such adapter": lambda: load_adapter("nosuch", hand),
        "an adapter of another hand": lambda: load_adapter("inspire_hand_ros2", hand),
    }
    for name, act in files.items():
        if wanted(f"adapter: {name}", "at once"):
            yield _refused("adapters", f"adapter: {name}", "adapter", act, works)


# ---- the console
def console() -> Iterator[Row]:
    """Requests from elsewhere to the page of `tacrefine view`."""
    from tacrefine.viewer.page.server import open_server

    server = open_server(0)
    port = server.get_port()

    def status(**headers: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest("GET", "/", skip_host="Host" in headers)
        for key, value in headers.items():
            connection.putheader(key, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def works() -> bool:
        return status(Host=f"127.0.0.1:{port}") == http.client.OK

    requests = {
        "another host": {"Host": "evil.example"},
        "another host with our port": {"Host": f"evil.example:{port}"},
        "another port": {"Host": "127.0.0.1:1"},
        "another origin": {"Origin": "http://evil.example"},
        "no origin at all (null)": {"Origin": "null"},
        "our origin over https": {"Origin": f"https://127.0.0.1:{port}"},
    }
    try:
        for name, headers in requests.items():
            if not wanted(f"console: {name}", "at once"):
                continue
            began = time.monotonic()
            code = status(**headers)
            seconds = time.monotonic() - began
            yield Row(
                "console", f"console: {name}", "page", "at once", f"HTTP {code}", None, "untouched", seconds,
                seconds, 0.0, works(), code == FORBIDDEN and seconds <= AT_ONCE_S, "",
            )  # fmt: skip
        if wanted("console: port in use", "at once"):
            yield _refused("console", "console: port in use", "page", lambda: open_server(port), works)
    finally:
        server.stop()


# ---- descriptions and imports
def files() -> Iterator[Row]:
    """Cells, hands and tables that are wrong."""
    with tempfile.TemporaryDirectory(prefix="tacrefine-faults-") as scratch:
        folder = Path(scratch)
        for name, act in {**_cells(folder), **_hands(folder), **_tables(folder)}.items():
            if wanted(name, "at once"):
                yield _refused("files", name, name.partition(":")[0], act, lambda: True)


def _changed(kind: str, name: str, folder: Path, **changes: Any) -> Path:
    """A shipped YAML file with other values at its top."""
    from tacrefine.config import resolve

    content = yaml.safe_load(resolve(kind, name).read_text())
    path = folder / f"{name}-{len(list(folder.iterdir()))}.yaml"
    path.write_text(yaml.safe_dump(content | changes))
    return path


def _cells(folder: Path) -> dict[str, Callable[[], Any]]:
    from tacrefine.sim.world.cell import load_cell

    return {
        "cell: no such cell": lambda: load_cell("nosuch"),
        "cell: an unknown key": lambda: load_cell(_changed("cells", "table", folder, gravty=9.81)),
        "cell: text for a number": lambda: load_cell(
            _changed("cells", "table", folder, table={"friction": "ice"})
        ),
        "cell: a body without mass": lambda: load_cell(
            _changed("cells", "table", folder, body={"mass": 0.0})
        ),
        "cell: a table and no body": lambda: load_cell(_changed("cells", "table", folder, body=None)),
        "cell: a body that falls": lambda: load_cell(_changed("cells", "table", folder, table=None)),
    }


def _hands(folder: Path) -> dict[str, Callable[[], Any]]:
    return {
        "hand: no fingers": lambda: load_hand(_changed("hands", "leap_grid", folder, fingers=[])),
        "hand: fingers are a number": lambda: load_hand(_changed("hands", "leap_grid", folder, fingers=4)),
        "hand: an unknown key": lambda: load_hand(_changed("hands", "leap_grid", folder, toes=5)),
    }


def _tables(folder: Path) -> dict[str, Callable[[], Any]]:
    import pyarrow.parquet  # noqa: F401 - loading the package is no part of a refusal's time

    from tacrefine.data.presses.description import TableDescription
    from tacrefine.data.presses.presses import presses_of
    from tacrefine.data.presses.table import read_table

    told = {
        "name": "skin",
        "taxels": {"columns": ["m*"], "rest": 0.0, "full_scale": 1.0},
        "coordinates": [{"name": "x", "column": "px", "unit": "mm"}],
        "group_by": "session",
    }
    head = "m0,m1,session,px\n"
    rows = [f"0.{n},0.{n},s{n % 2},{n}.0" for n in range(8)]

    def imported(name: str, text: str | bytes, **changes: Any) -> Callable[[], Any]:
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return lambda: presses_of(read_table(path), TableDescription.model_validate(told | changes))

    whole = head + "\n".join(rows)
    return {
        "import: an empty table": imported("empty.csv", ""),
        "import: a head and no rows": imported("head.csv", head),
        "import: a row that breaks off": imported("torn.csv", whole[:-6]),
        "import: text among the readings": imported("text.csv", whole.replace("0.3", "much")),
        "import: no such column": imported("column.csv", whole.replace("px", "qx")),
        "import: no readings": imported("touch.csv", whole.replace("m0", "a").replace("m1", "b")),
        "import: not Parquet": imported("bytes.parquet", b"PAR1 and no more"),
        "import: not NPZ": imported("bytes.npz", b"PK\x03\x04 and no more"),
        "import: no such file": lambda: read_table(folder / "nosuch.csv"),
        "import: another kind of file": imported("table.xlsx", "text"),
    }
