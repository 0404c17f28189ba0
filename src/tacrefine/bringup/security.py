"""SROS2 policies with least privilege, made from what each node uses; docs/how_to/secure.md tells how to use them.

`python -m tacrefine.bringup.security DIR` writes the shipped ones, `tacrefine security` those of a certain bringup.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.interfaces import DRIVERS, PEOPLE, Interfaces, interfaces_of
from tacrefine.bringup.parameters import NODE_PARAMETERS
from tacrefine.errors import ConfigError

SUFFIX = ".policy.xml"
GROUPS = (
    ("topic", ("publish", "subscribe")),
    ("service", ("reply", "request")),
    ("action", ("execute", "call")),
)
"""element of the policy, and the directions it has"""


def policy(enclave: str, node: str, namespace: str, uses: Interfaces) -> str:
    """One enclave with one profile, in the form of SROS2's policy 0.2.0. Whatever is not named is denied."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<policy version="0.2.0">', "  <enclaves>"]
    lines += [f"    <enclave path={quoteattr(enclave)}>", "      <profiles>"]
    lines += [f"        <profile ns={quoteattr('/' + namespace.strip('/'))} node={quoteattr(node)}>"]
    for element, directions in GROUPS:
        for direction in directions:
            names = sorted(getattr(uses, direction))
            if names:
                lines += [f'          <{element}s {direction}="ALLOW">']
                lines += [f"            <{element}>{name}</{element}>" for name in names]
                lines += [f"          </{element}s>"]
    lines += ["        </profile>", "      </profiles>", "    </enclave>", "  </enclaves>", "</policy>", ""]
    return "\n".join(lines)


def enclave_of(node: str, namespace: str = "") -> str:
    """Path of a node's enclave in the keystore."""
    return "/" + "/".join(part for part in ("tacrefine", namespace.strip("/"), node) if part)


def shipped() -> dict[str, str]:
    """The policies of `config/security` by file name: each node alone, as it is with default parameters."""
    names = [name for name in (*NODE_PARAMETERS, "collector", *PEOPLE) if name != "driver"]
    files = {f"{name}{SUFFIX}": policy(enclave_of(name), name, "", interfaces_of(name)) for name in names}
    for device in DRIVERS:
        uses = interfaces_of("driver", {"driver": device})
        files[f"driver_{device}{SUFFIX}"] = policy(enclave_of("driver"), "driver", "", uses)
    return files


def of_bringup(nodes: Iterable[NodeSpec], arm_controller: str = "arm") -> dict[str, str]:
    """Policies for exactly these nodes with their parameters, and for planner, operator and emergency stop."""
    files, namespace = {}, ""
    for node in nodes:
        namespace = node.namespace
        name = node.executable
        controller = {} if name == "regrasp_server" else {"arm_controller": arm_controller}  # it has its own
        uses = interfaces_of(name, {**controller, **node.parameters})
        files[f"{name}{SUFFIX}"] = policy(enclave_of(name, namespace), name, namespace, uses)
    for name in PEOPLE:
        files[f"{name}{SUFFIX}"] = policy(enclave_of(name, namespace), name, namespace, interfaces_of(name))
    return files


def write(files: dict[str, str], folder: Path) -> list[Path]:
    """Write policies; ConfigError, and nothing written, where one of them is there with other content."""
    for name, text in files.items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise ConfigError(f"{path}: is there already and says something else; choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


if __name__ == "__main__":
    for name, text in shipped().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
