"""Loads and stores that the compiler may reorder freely: what lets a loop with table look-ups vectorise.

Uses numba's inside, which may change: `docs/explanation/compiled_kernels.md` explains it, and :mod:`.plain_memory` has
the same functions without.

LLVM vectorises a loop that reads a table at computed places and stores into another array only if it knows that the two
don't overlap, and for computed places no check at run time can tell it. So reads of what a kernel never writes go
through :func:`take` and stores through :func:`put`; scoped alias metadata says that they never meet. Only use them on
C-contiguous one-dimensional arrays that really don't overlap.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _read_only_scope(builder):
    module = builder.module
    domain = module.add_metadata([ir.MetaDataString(module, "tacrefine")])
    scope = module.add_metadata([ir.MetaDataString(module, "tacrefine: read only"), domain])
    return module.add_metadata([scope])


def _data(context, builder, array_type, array):
    return context.make_array(array_type)(context, builder, array).data


@intrinsic
def take(_context, array, shift, index):
    """``array[shift + index]`` of an array that no kernel writes; ``shift`` the same for a whole loop, both int32."""

    def generate(context, builder, signature, values):
        base = builder.gep(_data(context, builder, signature.args[0], values[0]), [values[1]], inbounds=True)
        load = builder.load(builder.gep(base, [values[2]], inbounds=True))
        load.set_metadata("alias.scope", _read_only_scope(builder))
        return load

    return array.dtype(array, shift, index), generate


@intrinsic
def read(_context, array, index):
    """``array[index]`` of an array that no kernel writes."""

    def generate(context, builder, signature, values):
        load = builder.load(
            builder.gep(_data(context, builder, signature.args[0], values[0]), [values[1]], inbounds=True)
        )
        load.set_metadata("alias.scope", _read_only_scope(builder))
        return load

    return array.dtype(array, index), generate


@intrinsic
def get(_context, array, index):
    """``array[index]`` of an array that :func:`put` writes."""

    def generate(context, builder, signature, values):
        place = builder.gep(_data(context, builder, signature.args[0], values[0]), [values[1]], inbounds=True)
        load = builder.load(place)
        load.set_metadata("noalias", _read_only_scope(builder))
        return load

    return array.dtype(array, index), generate


@intrinsic
def put(_context, array, index, value):
    """``array[index] = value`` into an array that is never given to :func:`take` or :func:`read`."""

    def generate(context, builder, signature, values):
        place = builder.gep(_data(context, builder, signature.args[0], values[0]), [values[1]], inbounds=True)
        store = builder.store(values[2], place)
        store.set_metadata("noalias", _read_only_scope(builder))
        return context.get_dummy_value()

    return types.void(array, index, array.dtype), generate


def _extreme(name):
    def typed(_context, a, b):
        def generate(_context, builder, _signature, values):
            kind = values[0].type
            function = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(kind, [kind, kind]), f"llvm.{name}.f32"
            )
            return builder.call(function, values, fastmath=("fast",))

        return types.float32(types.float32, types.float32), generate

    return typed


# Python's own min and max become comparisons in which LLVM does not see a reduction.
least = intrinsic(_extreme("minnum"))
"""Smaller of two float32."""
most = intrinsic(_extreme("maxnum"))
"""Larger of two float32."""


@intrinsic
def pick(_context, condition, a, b):
    """``a if condition else b`` of float32, always without a branch."""

    def generate(_context, builder, _signature, values):
        return builder.select(*values)

    return types.float32(types.boolean, types.float32, types.float32), generate


@intrinsic
def whole(_context, value):
    """A float32 without its fraction, as float32 (towards zero)."""

    def generate(_context, builder, _signature, values):
        return builder.sitofp(builder.fptosi(values[0], ir.IntType(32)), values[0].type)

    return types.float32(types.float32), generate


@intrinsic
def as_index(_context, value):
    """A float32 that holds a whole number, as int32."""

    def generate(_context, builder, _signature, values):
        return builder.fptosi(values[0], ir.IntType(32))

    return types.int32(types.float32), generate


def signed_field(above, width):
    """A function that reads the signed field of so many bits below the topmost ``above`` of an int32, as float32."""

    def typed(_context, word):
        def generate(_context, builder, _signature, values):
            kind = values[0].type
            raised = builder.shl(values[0], ir.Constant(kind, above))
            return builder.sitofp(builder.ashr(raised, ir.Constant(kind, 32 - width)), ir.FloatType())

        return types.float32(word), generate

    return intrinsic(typed)


__all__ = ["as_index", "get", "least", "most", "pick", "put", "read", "signed_field", "take", "whole"]
