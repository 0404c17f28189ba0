"""The command line: one page for each verb, from the same application that runs it."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer

from reference_pages.page import Page, table
from tacrefine.cli import VERBS, build_app

FOLDER = "reference/cli"
HELP = "--help"
PLACEHOLDERS = {int: "NUMBER", float: "NUMBER", Path: "PATH", str: "TEXT"}


def pages() -> list[Page]:
    """A list of all verbs, then one page for each."""
    verbs = [Page(f"{FOLDER}/{verb}.md", verb, _verb(verb)) for verb in VERBS]
    return [Page(f"{FOLDER}/all_commands.md", "All commands", _overview()), *verbs]


def command_of(verb: str) -> Any:
    """The verb as the command line knows it, with `params` and, for a group, `commands`."""
    return typer.main.get_command(build_app(verb)).commands[verb]  # type: ignore[attr-defined]


def _overview() -> str:
    rows = ((f"[`tacrefine {name}`]({name}.md)", verb.help) for name, verb in VERBS.items())
    return f"""# All commands

Each has `--help`, a progress bar where it takes long, and `--json FILE` where it measures something.

{table(("command", "what it does"), rows)}

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | the job itself ended without success |
| 2 | wrong use or bad input, told in one sentence |
| 130 | interrupted |

Programs that measure (`python benchmarks/...`) are listed under [Benchmarks](../benchmarks.md).
"""


def _verb(verb: str) -> str:
    command = command_of(verb)
    if not hasattr(command, "commands"):
        return f"# tacrefine {verb}\n\n{_described(f'tacrefine {verb}', command)}"
    parts = [
        f"## tacrefine {verb} {name}\n\n{_described(f'tacrefine {verb} {name}', inner)}"
        for name, inner in command.commands.items()
    ]
    return f"# tacrefine {verb}\n\n{VERBS[verb].help}\n\n" + "\n".join(parts)


def _described(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and HELP not in p.opts]
    words = [name, *(_usage(p) for p in arguments), *(["[OPTIONS]"] if options else [])]
    parts = [f"    {' '.join(words)}", (command.help or "").strip()]
    if arguments:
        parts.append(
            table(("argument", "meaning"), ((f"`{_placeholder(p)}`", p.help or "") for p in arguments))
        )
    if options:
        hints = get_type_hints(command.callback)
        rows = ((_names(p, hints[p.name]), _default(p), p.help or "") for p in options)
        parts.append(table(("option", "default", "meaning"), rows))
    return "\n\n".join(parts) + "\n"


def _placeholder(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _usage(parameter: Any) -> str:
    name = _placeholder(parameter) + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _names(parameter: Any, hint: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return names if bool in _kinds(hint) else f"{names} {_value(hint)}"


def _kinds(hint: Any) -> tuple[Any, ...]:
    """The types of a hint, without None and without what holds several of them."""
    inner = get_args(hint)
    return tuple(kind for part in inner for kind in _kinds(part)) if inner else (hint,)


def _value(hint: Any) -> str:
    """What an option takes, in capitals, or its choices."""
    for kind in _kinds(hint):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return " or ".join(f"`{choice.value}`" for choice in kind)
        if kind in PLACEHOLDERS:
            return PLACEHOLDERS[kind]
    raise TypeError(f"an option of the type {hint} has no name for its values yet")


def _default(parameter: Any) -> str:
    value = parameter.default
    if parameter.required:
        return "required"
    if value is None or value == "" or callable(value) or value == []:
        return ""
    if isinstance(value, bool) or parameter.is_flag:
        return "on" if value else "off"
    if isinstance(value, Enum):
        value = value.value
    return f"`{value if isinstance(value, str | Path) else json.dumps(value)}`"
