"""What a plant's YAML may say. Every number is a value, or a distribution that each robot takes its own from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from tacrefine.config import Description, Name


class Number(Description):
    """A value, ``{uniform: [low, high]}`` or ``{log_uniform: [low, high]}``."""

    uniform: tuple[float, float] | None = None
    log_uniform: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _is_one_interval(self) -> Number:
        if (self.uniform is None) == (self.log_uniform is None):
            raise ValueError("a distribution is {uniform: [low, high]} or {log_uniform: [low, high]}")
        low, high = self.bounds
        if low > high:
            raise ValueError(f"a distribution needs low <= high, found [{low}, {high}]")
        if self.log_uniform is not None and low <= 0:
            raise ValueError(f"log_uniform needs low > 0, found {low}")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value."""
        interval = self.uniform if self.uniform is not None else self.log_uniform
        assert interval is not None
        return interval

    def sample(self, rng: np.random.Generator) -> float:
        """Return one sample from the distribution."""
        low, high = self.bounds
        if self.uniform is not None:
            return float(rng.uniform(low, high))
        return math.exp(rng.uniform(math.log(low), math.log(high)))


def _from_value(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Number(uniform=(float(value), float(value)))
    return value


@dataclass(frozen=True)
class Bounds:
    """What a number of a plant may be: lowest and highest value, and the unit ("share": of full scale or of all)."""

    low: float
    high: float
    unit: str

    def check(self, number: Number) -> Number:
        """The number; raises ValueError where it can lie outside."""
        if number.bounds[0] < self.low or number.bounds[1] > self.high:
            raise ValueError(f"must lie in [{self.low}, {self.high}]")
        return number


def _number(low: float, high: float, unit: str) -> Any:
    bounds = Bounds(low, high, unit)
    return Annotated[Number, BeforeValidator(_from_value), AfterValidator(bounds.check), bounds]


def constant(value: float) -> Number:
    """The same value in every sample."""
    return Number(uniform=(value, value))


class Section(Description):
    """A part of a plant; what stands below a key here stands in the reference too."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Mechanics(Section):
    """How skin, fingers and object press on each other."""

    taxel_stiffness: _number(50.0, 5000.0, "N/m") = constant(600.0)  # type: ignore[valid-type]
    """Stiffness of the spring under each taxel."""
    contact_stiffness: _number(100.0, 1e5, "N/m") = constant(4970.0)  # type: ignore[valid-type]
    """Stiffness of the contact itself at the surface (quasistatic only; MuJoCo's follows from its solver settings)."""
    backing_stiffness: _number(1e3, 1e7, "N/m") = constant(1e5)  # type: ignore[valid-type]
    """Stiffness of the stiff core behind the taxels (quasistatic model only)."""
    closing_torque: _number(0.1, 10.0, "factor") = constant(1.0)  # type: ignore[valid-type]
    """Factor on the closing drives' torque limits."""
    friction: _number(0.0, 3.0, "factor") = constant(0.5)  # type: ignore[valid-type]
    """Coulomb coefficient between skin and object (elastic model only)."""
    fingertip_offset: tuple[_number(0.0, 0.01, "m"), _number(0.0, 0.01, "m"), _number(0.0, 0.01, "m")] = (  # type: ignore[valid-type]
        constant(0.0),
        constant(0.0),
        constant(0.0),
    )
    """One standard deviation of each finger's pads' displacement along the pad's x, y, z."""


class SensorNoise(Section):
    """What the taxels add to the force."""

    noise: _number(0.0, 1.0, "share") = constant(0.0)  # type: ignore[valid-type]
    """Standard deviation of each frame's noise, as a share of full scale."""
    taxel_gain: _number(0.0, 0.9, "share") = constant(0.0)  # type: ignore[valid-type]
    """Half width of the uniform spread of the taxels' gains about 1."""
    finger_gain: _number(0.0, 0.9, "share") = constant(0.0)  # type: ignore[valid-type]
    """Half width of the uniform spread of the fingers' gains about 1."""
    dead_fraction: _number(0.0, 0.5, "share") = constant(0.0)  # type: ignore[valid-type]
    """Share of taxels that read nothing (NaN)."""
    hysteresis: _number(0.0, 0.9, "share") = constant(0.0)  # type: ignore[valid-type]
    """Share of the reading that follows the force with play (half of full scale wide)."""
    threshold: _number(0.0, 0.5, "share") = constant(0.0)  # type: ignore[valid-type]
    """Share of full scale below which a taxel reads zero."""
    zero: _number(0.0, 0.2, "share") = constant(0.0)  # type: ignore[valid-type]
    """Standard deviation of each taxel's zero as a share of full scale; every grasp has other zeros."""
    drift: _number(0.0, 0.1, "share") = constant(0.0)  # type: ignore[valid-type]
    """Standard deviation of the step, as a share of full scale, that each taxel's zero makes from grasp to grasp."""
    creep: _number(-0.5, 0.9, "share") = constant(0.0)  # type: ignore[valid-type]
    """Share of the reading that comes with time under load and goes with time after it; below zero it relaxes."""
    creep_time: _number(0.05, 3600.0, "s") = constant(5.0)  # type: ignore[valid-type]
    """Time constant of creep and relaxation."""
    cross_talk: _number(0.0, 0.8, "share") = constant(0.0)  # type: ignore[valid-type]
    """Share of the force on a taxel that its neighbours on the same pad read instead."""
    saturation: _number(0.05, 1.0, "share") = constant(1.0)  # type: ignore[valid-type]
    """Share of full scale that no reading exceeds."""
    resolution: _number(0.0, 0.2, "share") = constant(0.0)  # type: ignore[valid-type]
    """Smallest change of a reading as a share of full scale; 0: the hand's own counts."""
    repeats: _number(0.0, 0.95, "share") = constant(0.0)  # type: ignore[valid-type]
    """Share of frames that repeat the frame before, because the sensor is slower than it is read."""

    @property
    def changed(self) -> list[str]:
        """Those of :data:`LATER` that are not at their defaults."""
        return [name for name in LATER if getattr(self, name) != SensorNoise.model_fields[name].default]


LATER = (
    "threshold",
    "zero",
    "drift",
    "creep",
    "creep_time",
    "cross_talk",
    "saturation",
    "resolution",
    "repeats",
)
"""Sensor properties that plants did not always have: without them, a plant's robots are what they were before."""


class JointNoise(Section):
    """What the joint encoders add; of a joint that slides, 70 mm (a finger's length) for every radian."""

    bias: _number(0.0, 0.2, "rad") = constant(0.0)  # type: ignore[valid-type]
    """One standard deviation of each joint's constant offset."""
    noise: _number(0.0, 0.2, "rad") = constant(0.0)  # type: ignore[valid-type]
    """Standard deviation of each frame's noise."""


class WristRepeatability(Section):
    """How far the arm ends from where it was sent."""

    position: _number(0.0, 0.01, "m") = constant(0.0)  # type: ignore[valid-type]
    """One standard deviation along each axis after every move."""
    rotation: _number(0.0, 0.2, "rad") = constant(0.0)  # type: ignore[valid-type]
    """One standard deviation about each axis after every move."""


class RobotUncertainty(Description):
    """One standard deviation of what calibration found."""

    log_taxel_stiffness: float = Field(default=0.03, gt=0.0)
    log_contact_stiffness: float = Field(default=0.1, gt=0.0)
    log_closing_torque: float = Field(default=0.03, gt=0.0)
    fingertip_offset: tuple[float, float, float] = (2e-5, 2e-5, 2e-5)
    """m, along the pad's x, y, z"""
    log_finger_gain: float = Field(default=0.01, gt=0.0)
    joint_bias: float = Field(default=0.0005, gt=0.0)
    """rad"""
    model_error: float = Field(default=0.006, gt=0.0, lt=0.5)
    """what of this robot's touch the quasistatic model leaves unexplained, share of full scale"""


class RobotDescription(Description):
    """One concrete robot, as calibration found it: every sample of the plant is this one."""

    fingertip_offsets: dict[str, tuple[float, float, float]]
    """m, of each finger's pads along the pad's x, y, z; by finger"""
    taxel_gains: dict[str, list[float]]
    """gain of each taxel, row-major; by pad"""
    dead_taxels: dict[str, list[int]] = Field(default_factory=dict)
    """row-major indices of the taxels that read nothing; by pad"""
    joint_biases: dict[str, float]
    """rad, or m where it slides; by joint"""
    uncertainty: RobotUncertainty = RobotUncertainty()


class PlantDescription(Description):
    """Everything that a plant's YAML says."""

    name: Name
    description: str = Field(description="one sentence for tables and reports")
    tactile_model: Literal["quasistatic", "elastic"]
    mechanics: Mechanics = Mechanics()
    sensor: SensorNoise = SensorNoise()
    joints: JointNoise = JointNoise()
    wrist: WristRepeatability = WristRepeatability()
    robot: RobotDescription | None = None
