"""Checks of this machine and its installation; each takes what it judges, so that a test can make it up."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from tacrefine.config import share_dir
from tacrefine.doctor.findings import Finding, note, ok, problem
from tacrefine.errors import TacrefineError

OLDEST, NEWEST = (3, 11), (3, 13)
SETUP = "run 'make setup', then '. scripts/env.sh'; on a ROS 2 install 'colcon build', then '. install/setup.bash'"
LEAST_DISK = 1.0e9
"""bytes"""
LAST_DOMAIN = 101
EARLIEST = 1_735_689_600
"""s, the year 2025: a clock before it was never set"""
SEGMENT = re.compile(r"fastdds_[0-9a-f]{16}")
YOUNG = 10.0
"""s"""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - only looked at
LOCAL = "LOCALHOST"


def python_version(version: tuple[int, int] = (sys.version_info[0], sys.version_info[1])) -> Finding:
    """Whether this interpreter is one that is supported."""
    name = ".".join(map(str, version))
    if OLDEST <= version <= NEWEST:
        return ok("python", f"Python {name}")
    allowed = " to ".join(".".join(map(str, v)) for v in (OLDEST, NEWEST))
    return problem(
        "python", f"Python {name} is not supported", f"use Python {allowed}; PYTHON=... make setup"
    )


def built(has_interfaces: bool, has_rclpy: bool) -> Finding:
    """Whether ROS is there and the interfaces are built."""
    if not has_rclpy:
        return problem("ROS 2", "rclpy is not there, so no node can start", SETUP)
    if not has_interfaces:
        return problem("interfaces", "tacrefine's messages are not built, or not on the path", SETUP)
    return ok("ROS 2", "rclpy and tacrefine's interfaces are there")


def outdated(sources: Mapping[str, float], made: float) -> Finding:
    """Whether an interface file is newer (s) than what was built of it."""
    newer = sorted(name for name, changed in sources.items() if changed > made)
    if newer:
        return problem(
            "interfaces", f"{newer[0]} changed since the interfaces were built", "run 'make build'"
        )
    return ok("interfaces", "as new as their sources")


def compiler(names: Mapping[str, str | None], header: Path, is_built: bool) -> Finding:
    """A compiler (None: not found) and Python's headers are needed only to build the interfaces."""
    missing = [name for name, path in names.items() if path is None]
    missing += [] if header.is_file() else [str(header)]
    if not missing:
        return ok("compiler", ", ".join(str(path) for path in names.values()))
    remedy = "install it (Debian, Ubuntu: apt install g++ python3-dev), or set CC and CXX"
    if is_built:
        return note("compiler", f"{missing[0]} is missing; needed only to build the interfaces again", remedy)
    return problem("compiler", f"{missing[0]} is missing, and the interfaces are not built yet", remedy)


def domain(text: str | None) -> Finding:
    """Return the finding on ROS_DOMAIN_ID."""
    if not text:
        return ok("domain", "ROS_DOMAIN_ID is not set, so it is 0")
    if not text.isdecimal() or int(text) > LAST_DOMAIN:
        return problem(
            "domain", f"ROS_DOMAIN_ID is '{text}'", f"set it to a number from 0 to {LAST_DOMAIN}, or unset it"
        )
    return ok("domain", f"ROS_DOMAIN_ID is {text}")


def discovery(environment: Mapping[str, str]) -> Finding:
    """Who may find our nodes."""
    wide, peers = (
        environment.get("ROS_AUTOMATIC_DISCOVERY_RANGE", ""),
        environment.get("ROS_STATIC_PEERS", ""),
    )
    secure = environment.get("ROS_SECURITY_ENABLE") == "true" and (
        environment.get("ROS_SECURITY_STRATEGY") == "Enforce"
    )
    if secure:
        return ok("discovery", "SROS2 is enforced")
    if wide in ("", LOCAL, "OFF") and not peers:
        how = wide or f"not set; tacrefine's own nodes take {LOCAL}"
        return ok("discovery", f"ROS_AUTOMATIC_DISCOVERY_RANGE is {how}: nodes stay on this machine")
    what = (
        f"ROS_AUTOMATIC_DISCOVERY_RANGE is {wide}"
        if wide not in ("", LOCAL, "OFF")
        else "ROS_STATIC_PEERS is set"
    )
    return problem(
        "discovery",
        f"{what} and SROS2 is not enforced: whoever is in the network may command arm and hand",
        f"export ROS_AUTOMATIC_DISCOVERY_RANGE={LOCAL} and unset ROS_STATIC_PEERS, or follow docs/how_to/secure.md",
    )


def clock(now: float) -> Finding:
    """Whether the system's time (s since 1970) can be true."""
    if now < EARLIEST:
        day = time.strftime("%Y-%m-%d", time.gmtime(now))
        return problem(
            "clock", f"this machine believes that it is {day}", "set its clock, best by NTP (chrony)"
        )
    return ok("clock", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now)))


def disk(free: Mapping[str, int]) -> Finding:
    """Free bytes by folder."""
    short = [(name, size) for name, size in free.items() if size < LEAST_DISK]
    if short:
        name, size = short[0]
        return problem(
            "disk",
            f"{size / 1e9:.2f} GB are left for {name}",
            "free some; a minute of recording takes 0.1 GB",
        )
    return ok("disk", ", ".join(f"{size / 1e9:.0f} GB left for {name}" for name, size in free.items()))


def shared_memory(left: Sequence[Path]) -> Finding:
    """Segments of Fast DDS whose owner is gone."""
    if not left:
        return ok("shared memory", "nothing is left over in it")
    size = sum(path.stat().st_size for path in left) / 1e6
    return problem(
        "shared memory",
        f"{len(left)} segments of Fast DDS ({size:.0f} MB) belong to no process any more; killed nodes leave them",
        f"with no node running: rm -f {left[0].parent}/fastdds_* {left[0].parent}/sem.fastdds_*",
    )


def model(name: str, hand: str) -> Finding:
    """Whether a model is whole and made for the hand, both by name or path."""
    from tacrefine.hands import load_hand
    from tacrefine.policy import load_policy

    try:
        policy = load_policy(name, load_hand(hand))
    except TacrefineError as error:
        remedy = "choose another with model:=..., train one (docs/how_to/train.md), or fetch it again"
        return problem("model", str(error).rstrip("."), remedy)
    return ok("model", f"{policy.model_id} fits hand {policy.hand.name}")


def left_over(folder: Path = SHARED_MEMORY, now: float | None = None) -> list[Path]:
    """Segments of Fast DDS, old enough not to be in the making, whose owner holds its lock no longer."""
    now = time.time() if now is None else now
    found = []
    for lock in sorted(folder.glob("fastdds_*_el")):
        segment = lock.with_name(lock.name.removesuffix("_el"))
        if SEGMENT.fullmatch(segment.name) is None or not segment.exists():
            continue
        try:
            with open(lock, "rb") as stream:
                if now - lock.stat().st_mtime < YOUNG:
                    continue
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            continue  # held by its owner, of another user, or just gone
        found.append(segment)
    return found


def check_machine(hand: str, model_name: str) -> Iterator[Finding]:
    """Every check of this machine."""
    yield python_version()
    has_interfaces = find_spec("tacrefine.msg") is not None
    yield built(has_interfaces, find_spec("rclpy") is not None)
    folders = [share_dir() / name for name in ("msg", "srv", "action")]
    sources = {str(path.name): path.stat().st_mtime for folder in folders for path in folder.glob("*.*")}
    stamp = share_dir() / "install" / "built"
    if has_interfaces and stamp.is_file():
        yield outdated(sources, stamp.stat().st_mtime)
    tools = {
        name: shutil.which(os.environ.get(variable, name).split()[0]) for name, variable in TOOLS.items()
    }
    yield compiler(tools, Path(sysconfig.get_path("include")) / "Python.h", has_interfaces)
    yield domain(os.environ.get("ROS_DOMAIN_ID"))
    yield discovery(os.environ)
    yield clock(time.time())
    yield disk(
        {str(place): shutil.disk_usage(place).free for place in dict.fromkeys((Path.home(), Path.cwd()))}
    )
    yield shared_memory(left_over())
    yield model(model_name, hand)


TOOLS = {"c++": "CXX", "cc": "CC"}
