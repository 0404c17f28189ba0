"""Ways to spoil a file: as bytes, as a document of keys and values, and by putting something else in its place."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from random import Random
from typing import Any

CANARY = "tacrefine-fuzz-canary"
"""a file that only executed input would make, in the folder that the fuzzer works in"""
HUGE = 10**400
ODD_NUMBERS = (
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    -(2**63),
    HUGE,
    1e-320,
    1e30,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
)
ODD_TEXTS = (
    "",
    "../../../../etc/passwd",
    "/etc/passwd",
    "..",
    "a/b",
    "name\nwith a line",
    "\x1b[2Jcleared",
    "x" * 5000,
    "%s%n{0}",
    "$(touch " + CANARY + ")",
    "; touch " + CANARY,
    "null",
    "\u202egnp.exe",
)
ODD_VALUES: tuple[Any, ...] = (None, True, [], {}, [[]], [None], {"": 0}, [1, 2, 3], *ODD_NUMBERS, *ODD_TEXTS)


class Bomb:
    """Unpickled, it leaves the canary."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return (open, (CANARY, "w"))


def other_content(random: Random) -> bytes:
    """Something else under the right name: pickles, archives, bombs, nothing at all."""
    deep = random.choice((b"[", b"{a: ", b'{"a":', b"- "))
    return random.choice(
        (
            b"",
            b"\n",
            pickle.dumps(Bomb()),
            pickle.dumps({"name": "five_finger", "weights": [0.0] * 8}),
            b"PK\x03\x04" + random.randbytes(60),
            b"\x1f\x8b\x08\x00" + random.randbytes(60),
            random.randbytes(random.choice((1, 8, 4096))),
            b"\x00" * 4096,
            b"\xff\xfe" + "name: x".encode("utf-16-le"),
            b"\xff\xff\xff\xff\xff\xff\xff\x7f" + b"{" * 100,
            deep * 20_000,
            b"!!python/object/apply:builtins.open [" + CANARY.encode() + b", w]\n",
            b"name: !!python/object/new:os.system [touch " + CANARY.encode() + b"]\n",
            aliases(),
            b"&a [*a]\n",
            b"name: 2001-99-99\n",
            b"name: !!timestamp soon\nage: !!float ''\n",
            b"name: " + b"9" * 6000 + b"\n",
        )
    )


def aliases(levels: int = 12) -> bytes:
    """A few lines that stand for ten to the `levels` values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines).encode()


def spoiled_bytes(data: bytes, random: Random) -> bytes:
    """Truncated, bits flipped, zeroed, doubled, cut out, or with numbers blown up."""
    if not data:
        return random.randbytes(8)
    way = random.randrange(6)
    at = random.randrange(len(data))
    length = min(len(data) - at, random.choice((1, 4, 16, 256, 4096)))
    if way == 0:
        return data[:at]
    if way == 1:
        changed = bytearray(data)
        for _ in range(random.choice((1, 1, 2, 8, 64))):
            changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
        return bytes(changed)
    if way == 2:
        return data[:at] + bytes(length) + data[at + length :]
    if way == 3:
        return data[: at + length] + data[at:]
    if way == 4:
        return data[:at] + data[at + length :]
    head = min(at, random.choice((8, 64, 512, at + 1)))  # lengths and counts stand at the front
    return data[:head] + random.choice((b"\xff", b"\x7f")) * 8 + data[head + 8 :]


def spoiled_document(content: Any, random: Random) -> Any:
    """A copy in which one value, or a few, are odd, missing, doubled, or called by another name."""
    content = copy.deepcopy(content)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        places = list(_places(content))
        if not places:
            return random.choice(ODD_VALUES)
        holder, key = random.choice(places)
        way = random.randrange(8)
        if way < 5:
            holder[key] = _odd_for(holder[key], random)
        elif way == 5:
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(random.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
        elif way == 6:
            holder[random.choice((f"{key}x", "__class__", "../x", 7, "x" * 3000))] = holder.pop(key)
        else:
            holder[random.choice(ODD_TEXTS)] = random.choice(ODD_VALUES)
    return content


def spoiled_json(data: bytes, random: Random) -> bytes:
    """A JSON file whose document was spoiled."""
    return json.dumps(spoiled_document(json.loads(data), random)).encode()


def spoiled_yaml(data: bytes, random: Random) -> bytes:
    """A YAML file whose document was spoiled."""
    import yaml

    return yaml.safe_dump(spoiled_document(yaml.safe_load(data), random), sort_keys=False).encode()


def _odd_for(value: Any, random: Random) -> Any:
    """Often of the same kind, so that it gets past the first check."""
    if isinstance(value, int | float) and not isinstance(value, bool) and random.random() < 0.7:
        if abs(value) > 1e15:  # odd already
            return random.choice(ODD_NUMBERS)
        factor = random.choice((-1, 0, 1e-6, 1e3, 1e9, 1e300))
        return random.choice((*ODD_NUMBERS, value * factor, value + 1))
    if isinstance(value, str) and random.random() < 0.7:
        return random.choice(ODD_TEXTS)
    return random.choice(ODD_VALUES)


def _places(content: Any) -> Any:
    """Every holder and key below `content`."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield content, key
            yield from _places(value)
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield content, index
            yield from _places(value)
