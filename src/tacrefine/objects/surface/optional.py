"""Packages of the extra ``mesh``, imported where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tacrefine.errors import ConfigError


def package(name: str) -> Any:
    """The package; ConfigError that says how to install it where it is missing."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"Reading a mesh needs the package {name}; install it with: pip install 'tacrefine[mesh]'."
        ) from error
