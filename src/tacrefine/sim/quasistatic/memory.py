"""Loads, stores and selections of the kernels: those that vectorise, or plain ones where numba does not take them."""

from __future__ import annotations

from tacrefine.sim.quasistatic.cache import plain_kernels

if plain_kernels():
    from tacrefine.sim.quasistatic.plain_memory import (
        as_index,
        get,
        least,
        most,
        pick,
        put,
        read,
        signed_field,
        take,
        whole,
    )
else:
    from tacrefine.sim.quasistatic.vector_memory import (
        as_index,
        get,
        least,
        most,
        pick,
        put,
        read,
        signed_field,
        take,
        whole,
    )

__all__ = ["as_index", "get", "least", "most", "pick", "put", "read", "signed_field", "take", "whole"]
