"""One topic with touch: its messages become readings of pads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError, TouchError
from tacrefine.hands import Hand, Pad
from tacrefine.touch.adapters.description import RECEIVED, PadField, Reading, TouchSource
from tacrefine.touch.adapters.paths import FieldPath
from tacrefine.touch.adapters.readings import Stamp, stamp_of
from tacrefine.touch.frame import NEWTON, NORMALIZED, RAW, PadReading

UNITS = {"counts": RAW, "newton": NEWTON, "pascal": NEWTON, "normalized": NORMALIZED}
ZERO = np.float32(0.0)


class StampField:
    """Reads the stamp of a message, or takes the time at which it arrived."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._path = None if text == RECEIVED else FieldPath(text)

    def of(self, message: Any, received: Stamp) -> Stamp:
        """The stamp; TouchError in half a sentence where the message has none."""
        if self._path is None:
            return received
        try:
            value = self._path.value(message)
        except TouchError as error:
            raise TouchError(
                f"{error}; name the field with the stamp, or say 'stamp: {RECEIVED}' for the time of arrival"
            ) from None
        return stamp_of(value, self._text)


class TouchTopic:
    """Reads one topic of touch for a hand; ConfigError where its description does not fit the hand.

    `where` names the file and the entry, for sentences.
    """

    def __init__(self, source: TouchSource, hand: Hand, where: str) -> None:
        self.topic = source.topic
        self._stamp = StampField(source.stamp)
        self._sequence = FieldPath(source.sequence) if source.sequence else None
        self._blocks = list(_blocks(source, hand, where))
        self.pads = tuple(pad.name for block in self._blocks for pad in block.pads)

    def read(self, message: Any, received: Stamp) -> tuple[Stamp, int | None, list[PadReading]]:
        """Stamp, the device's count if it has one, and pads; TouchError in half a sentence."""
        sequence = None if self._sequence is None else int(self._sequence.value(message))
        pads: list[PadReading] = []
        for block in self._blocks:
            block.read(message, pads)
        return self._stamp.of(message, received), sequence, pads


class _Block:
    """The values of one field, which are those of one pad or of several, one after the other."""

    def __init__(
        self,
        path: str,
        tangential: tuple[str, str] | None,
        pads: Sequence[Pad],
        how: Reading,
        unit: str,
        hand: Hand,
        where: str,
    ) -> None:
        self.pads, self._hand, self._path = pads, hand, FieldPath(path)
        self._tangential = [
            (FieldPath(part.removeprefix("-")), np.float32(-1.0 if part.startswith("-") else 1.0))
            for part in tangential or ()
        ]
        self._components = 1 + len(self._tangential)
        self._check_components(where)
        listed = how.order if isinstance(how.order, tuple) else None
        self._count = sum(pad.size for pad in pads)
        self._least = 0
        if listed is not None and len(pads) == 1:
            self._count, self._least = 0, max(listed, default=0) + 1
        order = np.concatenate([start + _order(pad, how, where) for pad, start in _starts(pads)])
        self._order = None if self._count and np.array_equal(order, np.arange(self._count)) else order
        self._rest: NDArray[np.float32] | np.float32 = ZERO
        if isinstance(how.rest, tuple):
            self._rest = np.array(how.rest, np.float32)
            self._check_length(len(how.rest), "rest", where)
        elif how.rest is not None:
            self._rest = np.float32(how.rest)
        self._dead = list(how.dead_taxels or ())
        if self._count and self._dead and max(self._dead) >= self._count:
            raise ConfigError(
                f"{where}: dead_taxels has {max(self._dead)}; the field has values 0 to {self._count - 1}."
            )
        self._unit = UNITS[unit]
        self._factors = [self._factor(pad, how, unit, where) for pad in pads]

    def read(self, message: Any, found: list[PadReading]) -> None:
        """Add this field's pads; TouchError where there are not as many values as taxels."""
        values = self._values(message, self._path, self._rest)
        more = [sign * self._values(message, path, ZERO) for path, sign in self._tangential]
        start = 0
        for pad, factor in zip(self.pads, self._factors, strict=True):
            part = slice(start, start + pad.size)
            start += pad.size
            data = values[part] if factor == 1.0 else values[part] * factor
            if more:
                data = np.stack([data, *(abs(factor) * each[part] for each in more)], axis=1).ravel()
            found.append(PadReading(pad.name, pad.rows, pad.cols, self._unit, data, self._components))

    def _values(
        self, message: Any, path: FieldPath, rest: NDArray[np.float32] | np.float32
    ) -> NDArray[np.float32]:
        """One component of every taxel, in the order of the pads."""
        values = path.numbers(message)
        if len(values) != self._count if self._count else len(values) < self._least:
            raise TouchError(self._wrong_count(path, len(values)))
        if self._dead or rest is not ZERO:
            values = values - rest
            values[self._dead] = np.nan
        return values if self._order is None else values[self._order]

    def _factor(self, pad: Pad, how: Reading, unit: str, where: str) -> np.float32:
        factor = (how.scale or 1.0) * (how.sign or 1)
        if how.full_scale is not None:
            if unit != "counts":
                raise ConfigError(f"{where}: full_scale goes with the unit counts, not with {unit}.")
            self._unit = NORMALIZED
            factor /= how.full_scale
        if how.taxel_area is not None and unit != "pascal":
            raise ConfigError(f"{where}: taxel_area goes with the unit pascal, not with {unit}.")
        if unit == "pascal":
            factor *= how.taxel_area or pad.row_pitch * pad.col_pitch
        return np.float32(factor)

    def _check_length(self, length: int, key: str, where: str) -> None:
        if self._count and length != self._count:
            raise ConfigError(
                f"{where}: {key} has {length} numbers; the field '{self._path.text}' has {self._count} values."
            )

    def _check_components(self, where: str) -> None:
        for pad in self.pads:
            if pad.components == self._components:
                continue
            key = "give 'tangential' with two more paths" if pad.components > 1 else "leave out 'tangential'"
            raise ConfigError(
                f"{where}: pad '{pad.name}' of hand '{self._hand.name}' has {pad.components} force component"
                f"{'s' if pad.components > 1 else ''} a taxel; {key}."
            )

    def _wrong_count(self, path: FieldPath, count: int) -> str:
        names = ", ".join(f"'{pad.name}'" for pad in self.pads[:6]) + (", ..." if len(self.pads) > 6 else "")
        if not self._count:
            return f"field '{path.text}' gives {count} values; order asks for value {self._least - 1}"
        if len(self.pads) == 1:
            pad = self.pads[0]
            taxels = f"pad {names} of hand '{self._hand.name}' has {pad.rows} x {pad.cols} taxels"
        else:
            taxels = f"pads {names} of hand '{self._hand.name}' have {self._count} taxels"
        return f"field '{path.text}' gives {count} values; {taxels}"


def _starts(pads: Sequence[Pad]) -> Iterator[tuple[Pad, int]]:
    start = 0
    for pad in pads:
        yield pad, start
        start += pad.size


def _order(pad: Pad, how: Reading, where: str) -> NDArray[np.int64]:
    """Of each taxel of the pad, row by row, which of its values it is."""
    if isinstance(how.order, tuple):
        if len(how.order) != pad.size:
            raise ConfigError(
                f"{where}: order has {len(how.order)} numbers; pad '{pad.name}' has {pad.size} taxels."
            )
        if how.flip_rows or how.flip_columns:
            raise ConfigError(f"{where}: a listed order is complete; leave out flip_rows and flip_columns.")
        return np.array(how.order, np.int64)
    rows, cols = np.indices((pad.rows, pad.cols))
    rows = pad.rows - 1 - rows if how.flip_rows else rows
    cols = pad.cols - 1 - cols if how.flip_columns else cols
    index = cols * pad.rows + rows if how.order == "columns" else rows * pad.cols + cols
    return np.asarray(index, np.int64).ravel()


def _blocks(source: TouchSource, hand: Hand, where: str) -> Iterator[_Block]:
    by_name = {pad.name: pad for pad in hand.pads}

    def pad_of(name: str) -> Pad:
        if name not in by_name:
            raise ConfigError(
                f"{where}: pads names '{name}'; hand '{hand.name}' has {', '.join(sorted(by_name))}."
            )
        return by_name[name]

    if not isinstance(source.pads, dict):
        names = source.pads or tuple(by_name)
        assert source.field is not None
        pads = [pad_of(name) for name in names]
        yield _Block(source.field, source.tangential, pads, source, source.unit, hand, where)
        return
    for name, entry in source.pads.items():
        field = entry if isinstance(entry, PadField) else PadField(field=entry)
        own = field.model_dump(exclude_none=True)
        inherited = source.model_dump(include=set(Reading.model_fields), exclude_none=True)
        how = PadField(**(inherited | own))
        place = f"{where}.pads.{name}"
        yield _Block(field.field, field.tangential, [pad_of(name)], how, source.unit, hand, place)
