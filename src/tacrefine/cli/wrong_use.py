"""What the command line says of a wrong use: one sentence with what was typed and what is allowed."""

from __future__ import annotations

import difflib
import sys
from typing import Any

from pydantic import ValidationError

NUMBERS = {"int_parsing": "a whole number", "int_from_float": "a whole number", "float_parsing": "a number"}
"""what is allowed where pydantic reports these types of error"""


def tell_wrong_use(error: Any) -> None:
    """Write one sentence about a usage error of typer to stderr, or the help where nothing was asked for."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    context = error.ctx
    command = context.command_path if context is not None else "tacrefine"
    sentence = " ".join(_sentence(error).split()).rstrip(".?")
    print(f"{command}: {sentence}; see {command} --help", file=sys.stderr)


def _sentence(error: Any) -> str:
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return f"{_name(error)} {_violation(cause)}"
    possibilities = getattr(error, "possibilities", None)
    if possibilities:
        near = difflib.get_close_matches(error.option_name, possibilities, n=1, cutoff=0.0)
        return f"{error.message}, did you mean {near[0]}"
    return str(error.format_message())


def _name(error: Any) -> str:
    if error.param_hint is None and error.param is None:
        return "a value"
    hint = error.param_hint if error.param_hint is not None else error.param.get_error_hint()
    return hint if isinstance(hint, str) else " or ".join(hint)


def _violation(error: ValidationError) -> str:
    first = error.errors()[0]
    found, message = (
        repr(first["input"]),
        first["msg"].removeprefix("Value error, ").removeprefix("Input should be "),
    )
    if first["type"] in NUMBERS:
        return f"is {found}, allowed is {NUMBERS[first['type']]}"
    if first["type"] == "value_error":
        return f"is refused: {message}" if found in message else f"is {found}: {message}"
    return f"is {found}, allowed is a value {message}"
