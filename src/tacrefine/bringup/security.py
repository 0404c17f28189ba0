"""SROS2 policies with least privilege, made from what each node uses; docs/how_to/secure.md tells how to use them.

`tacrefine.bringup.generated` writes the shipped ones, `tacrefine security` those of a certain bringup.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.interfaces import Interfaces
from tacrefine.bringup.registry import NODES, PACKAGE, clients
from tacrefine.errors import ConfigError
from tacrefine.parameters import specs

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
    return "/" + "/".join(part for part in (PACKAGE, namespace.strip("/"), node) if part)


def shipped() -> dict[str, str]:
    """The policies of `config/security` by file name: each node alone, as it is with default parameters."""
    files = {}
    for entry in NODES.values():
        kinds = specs(entry.parameters)[entry.kinds].choices if entry.kinds else ("",)
        for kind in kinds:
            uses = entry.interfaces({entry.kinds: kind} if kind else {})
            file = f"{entry.name}{'_' if kind else ''}{kind}{SUFFIX}"
            files[file] = policy(enclave_of(entry.name), entry.name, "", uses)
    return files | _of_clients("")


def of_bringup(nodes: Iterable[NodeSpec], arm_controller: str = "arm") -> dict[str, str]:
    """Policies for exactly these nodes with their parameters, and for planner, operator and emergency stop."""
    files, namespace = {}, ""
    for node in nodes:
        namespace = node.namespace
        controller = {} if node.executable == "regrasp_server" else {"arm_controller": arm_controller}
        uses = node.entry.interfaces({**controller, **node.parameters})
        files[f"{node.name}{SUFFIX}"] = policy(node.enclave, node.name, namespace, uses)
    return files | _of_clients(namespace)


def _of_clients(namespace: str) -> dict[str, str]:
    return {
        f"{name}{SUFFIX}": policy(enclave_of(name, namespace), name, namespace, uses)
        for name, uses in clients().items()
    }


def write(files: dict[str, str], folder: Path) -> list[Path]:
    """Write policies; raises ConfigError, and writes nothing, where one exists with other content."""
    for name, text in files.items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") != text:
            raise ConfigError(f"{path}: exists already with other content; choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]
