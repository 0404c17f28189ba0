"""ROS parameter files, read without ROS: what a file says about each node, with every name checked.

ROS itself ignores a misspelt node or parameter and lets the defaults run. Here every section has to match a node and
every name a parameter of it, or the file is refused with the nearest name. Sections match as in ROS: `/left/policy`
names one node, `*` stands for one part of the path and `**` for any number of them, and later sections win.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tacrefine.bringup import renamed
from tacrefine.bringup.registry import NODES
from tacrefine.config import share_dir
from tacrefine.documents import did_you_mean, quoted, read_yaml
from tacrefine.errors import ConfigError
from tacrefine.parameters import Spec, check, specs

KEY = "ros__parameters"
OF_EVERY_NODE = {"use_sim_time": Spec("use_sim_time", False, "", "take the time from /clock")}
"""parameters that ROS itself gives to a node"""
SHIPPED = "config/refine"
YES, NO = ("y", "Y"), ("n", "N")
"""what YAML 1.1 and ROS take for true and false, and PyYAML for text"""


@dataclass(frozen=True)
class Section:
    """One section of a file: `pattern` as it is written, and the parameters below it."""

    pattern: str
    values: Mapping[str, Any]

    @property
    def parts(self) -> list[str]:
        """The parts of the pattern's path."""
        return [part for part in self.pattern.split("/") if part]

    def matches(self, full_name: str) -> bool:
        """Whether it is about the node of this full name, for example /left/refine_server."""
        return _match(self.parts, [part for part in full_name.split("/") if part])


class ParameterFile:
    """A file that was read; raises ConfigError in one sentence where it is no ROS parameter file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        content = read_yaml(path, ConfigError)
        if not isinstance(content, dict):
            raise ConfigError(
                f"{path}: not a ROS parameter file; the top level must name nodes, like 'refine_server:'."
            )
        self.sections = list(self._sections(content, ""))

    def check(self, tables: Mapping[str, type]) -> None:
        """Raise ConfigError unless every section matches a node of `tables` (by full name) and every name is known.

        A section for nodes of any name may give parameters that only some of them have.
        """
        for section in self.sections:
            matched = [table for name, table in tables.items() if section.matches(name)]
            if not matched:
                raise ConfigError(f"{self.path}: {_no_node(section, tables)}")
            known = set(OF_EVERY_NODE).union(*(specs(table) for table in matched))
            for name in section.values:
                if name not in known:
                    raise ConfigError(
                        f"{self.path}: section '{section.pattern}' gives '{quoted(name)}', which is no parameter of "
                        f"{_names(tables, section)}{renamed.hint(name, known)}"
                    )

    def parameters_of(self, full_name: str, table: type) -> dict[str, Any]:
        """What the file gives to one node, each value in the type of its parameter; later sections win.

        Raises ConfigError in one sentence for a value that does not fit.
        """
        known = specs(table) | OF_EVERY_NODE
        found = {}
        for section in self.sections:
            if section.matches(full_name):
                for name, value in section.values.items():
                    if name in known:
                        found[name] = self._value(known[name], value, section)
        return found

    def _value(self, spec: Spec, value: Any, section: Section) -> Any:
        try:
            return check(spec, _as_ros_reads(spec, value))
        except ConfigError as error:
            raise ConfigError(f"{self.path}: section '{section.pattern}': {error}") from None

    def _sections(self, content: Mapping[Any, Any], above: str) -> Iterator[Section]:
        for key, below in content.items():
            name = f"{above}/{str(key).strip('/')}" if above else str(key)
            if not isinstance(key, str) or not key.strip("/") or key == KEY:
                raise self._misshapen(name)
            if not isinstance(below, dict) or not below:
                raise self._misshapen(name)
            if KEY in below:
                values = below[KEY]
                if not isinstance(values, dict) or not all(isinstance(entry, str) for entry in values):
                    raise self._misshapen(name)
                yield Section(name, values)
            yield from self._sections({entry: part for entry, part in below.items() if entry != KEY}, name)

    def _misshapen(self, name: str) -> ConfigError:
        return ConfigError(
            f"{self.path}: section '{quoted(name)}' is none of a ROS parameter file; it needs '{KEY}:' and below it "
            "names and values."
        )


def find_parameter_file(name_or_path: str) -> Path:
    """The file at this path, or the shipped one of this name; raises ConfigError that lists those."""
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path
    folder = share_dir() / SHIPPED
    shipped = {file.name: file for file in sorted(folder.glob("*.yaml"))}
    found = shipped.get(name_or_path) or shipped.get(f"{name_or_path}.yaml")
    if found is None:
        raise ConfigError(f"params_file {name_or_path}: no such file; shipped are {', '.join(shipped)}")
    return found


def parameters_for(executable: str, path: Path) -> dict[str, Any]:
    """Parameters that a ROS parameter file gives to a node, whatever its namespace.

    Sections for other nodes of the package may be there too. Raises ConfigError in one sentence where the file cannot
    be read, names something unknown or says nothing about the node.
    """
    entry = NODES[executable]
    file = ParameterFile(path)
    file.sections = [Section(section.parts[-1], section.values) for section in file.sections]
    file.check({f"/{other.name}": other.parameters for other in NODES.values()})
    found = file.parameters_of(f"/{entry.name}", entry.parameters)
    found.pop("use_sim_time", None)
    if not found:
        raise ConfigError(f"{path}: no section of {entry.name} or /** with {KEY} in it.")
    return found


def _as_ros_reads(spec: Spec, value: Any) -> Any:
    """A value as ROS reads it where PyYAML reads something else: 1e-3 is a number, y is true, a date is text."""
    if spec.kind is float and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    if spec.kind is bool and value in (*YES, *NO):
        return value in YES
    if spec.kind is str and value is None:
        return ""
    return str(value) if spec.kind is str and isinstance(value, date) else value


def _match(pattern: list[str], name: list[str]) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "**":
        return any(_match(pattern[1:], name[start:]) for start in range(len(name) + 1))
    return bool(name) and pattern[0] in ("*", name[0]) and _match(pattern[1:], name[1:])


def _names(tables: Iterable[str], section: Section) -> str:
    return " or ".join(name for name in tables if section.matches(name))


def _no_node(section: Section, tables: Iterable[str]) -> str:
    """Why a section matches no node that is started."""
    last, started = section.parts[-1], list(tables)
    there = f"started are {', '.join(started)}"
    if last in renamed.NODES:
        return f"section '{section.pattern}': the node is called '{renamed.NODES[last]}' now; rename the section."
    here = [name for name in started if name.rpartition("/")[2] == last]
    if here:
        return (
            f"section '{section.pattern}' matches no node, since it has another namespace; {there}: write '{here[0]}' "
            f"or '/**/{last}'."
        )
    if any(entry.name == last for entry in NODES.values()):
        return f"section '{section.pattern}' is about a node that is not started here; {there}."
    names = {name.rpartition("/")[2]: name for name in started}
    return f"section '{section.pattern}' matches no node; {there}{did_you_mean(last, names)}"
