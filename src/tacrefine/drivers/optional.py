"""Packages that only some drivers need, imported where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tacrefine.errors import ConfigError


def need(module: str, package: str) -> Any:
    """The module; raises ConfigError that names the package and how to get it where it is absent."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name.partition(".")[0]):
            raise
        raise ConfigError(
            f"This driver needs the package {package}, which is not here; "
            "install it with: pip install 'tacrefine[drivers]'."
        ) from None
