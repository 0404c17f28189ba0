"""The functions of :mod:`.vector_memory` in ordinary numba, for a numba in which those do not compile.

The same results but for rounding, at two thirds of the speed on analytic shapes and a quarter on grids.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tacrefine.sim.quasistatic.distance import INLINED, F


@njit(**INLINED)
def take(array, shift, index):
    """``array[shift + index]``."""
    return array[shift + index]


@njit(**INLINED)
def read(array, index):
    """``array[index]``."""
    return array[index]


@njit(**INLINED)
def get(array, index):
    """``array[index]`` of an array that :func:`put` writes."""
    return array[index]


@njit(**INLINED)
def put(array, index, value):
    """``array[index] = value``."""
    array[index] = value


@njit(**INLINED)
def least(a, b):
    """Smaller of two float32."""
    return a if a < b else b


@njit(**INLINED)
def most(a, b):
    """Larger of two float32."""
    return a if a > b else b


@njit(**INLINED)
def pick(condition, a, b):
    """``a if condition else b``."""
    return a if condition else b


@njit(**INLINED)
def whole(value):
    """A float32 without its fraction, as float32 (towards zero)."""
    return F(np.int32(value))


@njit(**INLINED)
def as_index(value):
    """A float32 that holds a whole number, as int32."""
    return np.int32(value)


def signed_field(above, width):
    """A function that reads the signed field of so many bits below the topmost ``above`` of an int32, as float32."""
    below, span = 32 - above - width, 1 << width

    @njit(**INLINED)
    def field(word):
        value = (np.int64(word) >> below) & (span - 1)
        return F(np.int32(value - span if value >= span >> 1 else value))

    return field
