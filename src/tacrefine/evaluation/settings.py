"""What an evaluation is asked to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tacrefine.refine.estimator_settings import EstimatorSettings

Targets = Literal["fixed", "random"]


@dataclass(frozen=True)
class EvaluationSettings:
    """One evaluation. Names are those of descriptions, or paths.

    `frames` readings are taken in every grasp, `target_frames` when the target is shown. `model_based` names the plant
    whose mechanics are assumed when corrections are refined by simulated touch; empty: the network alone.
    """

    hand: str = "five_finger"
    objects: str = "fifteen"
    plant: str = "nominal"
    model: str = "five_finger"
    targets: Targets = "random"
    steps: int = 5
    trials: int = 50
    seed: int = 0
    frames: int = 8
    target_frames: int = 8
    model_based: str = ""
    calibrate: int = 0
    """recorded grasps of each trial's own robot that it is calibrated with before it is refined model-based; 0: none"""
    range_scale: float = 1.0
    """widens the box of targets and starts"""
    start_scale: float | None = None
    """widens the box of the starts alone; None: as `range_scale`"""
    robot_seed: int | None = None
    """every trial on this one robot of the plant; None: each on another"""
    estimator: EstimatorSettings = field(default_factory=EstimatorSettings)

    @property
    def scales(self) -> tuple[float, float]:
        """Of the box of targets and of the box of starts."""
        return self.range_scale, self.range_scale if self.start_scale is None else self.start_scale

    def as_dict(self) -> dict[str, Any]:
        """Everything, for the JSON file, where `model_based` has the key that it had from the start."""
        return {("synthesis" if key == "model_based" else key): value for key, value in asdict(self).items()}
