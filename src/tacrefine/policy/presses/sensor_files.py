"""Sensor models as named tensors, and back."""

from __future__ import annotations

import torch
from torch import Tensor

from tacrefine.policy.presses.sensor import Sensor, Term
from tacrefine.policy.presses.sensors import Sensors

ARRAYS = ("low", "high", "basis", "offset", "hyper", "places", "residuals")
TERM = ("centres", "lengths", "weights")


def packed_sensors(sensors: Sensors | None) -> dict[str, Tensor]:
    """Tensors by name; none without sensors."""
    if sensors is None:
        return {}
    found = {"sensors.contexts": torch.as_tensor(sensors.contexts)}
    for number, sensor in enumerate(sensors.sensors):
        prefix = f"sensor.{number}."
        found |= {prefix + name: torch.as_tensor(getattr(sensor, name)) for name in ARRAYS}
        found[prefix + "bandwidth"] = torch.tensor(sensor.bandwidth, dtype=torch.float64)
        for k, term in enumerate(sensor.terms):
            found |= {f"{prefix}term.{k}.{name}": torch.as_tensor(getattr(term, name)) for name in TERM}
    return {name: value.clone().contiguous() for name, value in found.items()}


def unpacked_sensors(tensors: dict[str, Tensor]) -> Sensors | None:
    """The sensors among the tensors of a model, taken from these; KeyError where some are missing."""
    contexts = tensors.pop("sensors.contexts", None)
    if contexts is None:
        return None
    arrays = {name: tensors.pop(name).numpy() for name in list(tensors) if name.startswith("sensor.")}
    found: list[Sensor] = []
    while f"sensor.{len(found)}.low" in arrays:
        prefix = f"sensor.{len(found)}."
        terms: list[Term] = []
        while f"{prefix}term.{len(terms)}.centres" in arrays:
            terms.append(Term(*(arrays[f"{prefix}term.{len(terms)}.{name}"] for name in TERM)))
        given = {name: arrays[prefix + name] for name in ARRAYS}
        found.append(Sensor(**given, terms=tuple(terms), bandwidth=float(arrays[prefix + "bandwidth"])))
    return Sensors(contexts.numpy(), tuple(found))
