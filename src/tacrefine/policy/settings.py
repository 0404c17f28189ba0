"""What `config/training/*.yaml` may say: the settings of one training run, or of several stages of one."""

from __future__ import annotations

import os
from typing import Annotated, Any

from pydantic import Field, model_validator

from tacrefine.config import Description, Name, load_yaml, resolve
from tacrefine.data.hand_pool import HandPoolSettings
from tacrefine.documents import read_yaml
from tacrefine.errors import ConfigError
from tacrefine.objects import GraspObject, load_objects
from tacrefine.objects.pose_groups import GroupSettings
from tacrefine.policy.any_hand.network import AnyHandSettings
from tacrefine.policy.network import NetworkSettings
from tacrefine.policy.networks import AnyNetworkSettings


class TrainingSettings(Description):
    """One stage of a training; the same settings give the same weights on the same kind of machine."""

    name: Name
    """of the model: it goes to models/<name>/"""
    hand: str = "five_finger"
    hands: HandPoolSettings | None = None
    """learn from many hands instead, for a model that any hand can use; `network` must be of kind any_hand"""
    objects: str = "fifteen"
    more_objects: str | None = None
    """another object set to learn from besides, for shapes that `objects` does not have"""
    more_share: float = Field(default=0.5, gt=0, lt=1)
    """share of the groups on `more_objects`"""
    plant: str = "training"
    class_weights: dict[str, Annotated[float, Field(gt=0, le=1e6)]] = Field(default_factory=dict)
    """objects of a class are sampled so much more often than others; 1 where absent"""
    start_from: str | None = None
    """name or folder of a model with the same network, whose weights the run begins with"""
    keep_start: float = Field(default=0.0, ge=0, lt=1)
    """share of the weights it began with in those that are shipped: the mean of both keeps most of what the start could
    and of what was learned (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022)"""
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    steps: int = Field(default=20_000, ge=1, le=10**9)
    groups_per_batch: int = Field(default=32, ge=1, le=4096)
    pairs_per_image: int = Field(default=3, ge=1, le=63)
    """each grasp of a group is paired with so many others of it"""
    window_steps: int = Field(default=64, ge=1, le=10**5)
    """steps that share a set of simulated groups"""
    reuse: int = Field(default=3, ge=1, le=1000)
    """how often a simulated group is used on average, each time with other sensors and noise"""
    frames: tuple[Annotated[int, Field(ge=1, le=10_000)], ...] = Field(default=(1, 1, 3, 8), min_length=1)
    """a reading is the mean of so many frames, sampled from this list"""
    groups: GroupSettings = GroupSettings()
    network: AnyNetworkSettings = NetworkSettings()
    learning_rate: float = Field(default=1.5e-3, gt=0, le=1.0)
    warmup_steps: int = Field(default=300, ge=0, le=10**9)
    weight_decay: float = Field(default=1e-3, ge=0, le=1.0)
    gradient_clip: float = Field(default=1.0, gt=0, le=1e6)
    average: float = Field(default=0.999, ge=0, lt=1)
    """decay of the moving average of the weights, which is what is shipped"""
    beta: float = Field(default=0.5, ge=0, le=1)
    """power of the predicted variance that weights the loss, see gaussian_loss"""
    absolute_weight: float = Field(default=0.3, ge=0, le=10)
    """weight of the current grasp's own coordinates in the loss"""
    validation_groups: int = Field(default=512, ge=1, le=10**6)
    """groups that the figures in the card and the scale of the standard deviations come from"""
    checkpoint_seconds: float = Field(default=60.0, gt=0, le=1e6)
    threads: int = Field(default=1, ge=1, le=64)

    @model_validator(mode="after")
    def _network_fits(self) -> TrainingSettings:
        if self.hands is not None and not isinstance(self.network, AnyHandSettings):
            raise ValueError("network must be of kind any_hand where hands is given")
        return self


def training_objects(settings: TrainingSettings) -> tuple[list[GraspObject], dict[str, float]]:
    """All objects of a run, and how often each of them is sampled relative to the others.

    Raises ConfigError where the two sets share a name.
    """
    first = load_objects(settings.objects)
    more = load_objects(settings.more_objects) if settings.more_objects is not None else {}
    if twice := sorted(set(first) & set(more)):
        raise ConfigError(
            f"more_objects '{settings.more_objects}': {twice[0]} is in '{settings.objects}' too."
        )
    weights: dict[str, float] = {}
    for part, share in ((first, 1.0 - settings.more_share if more else 1.0), (more, settings.more_share)):
        each = {name: settings.class_weights.get(item.object_class, 1.0) for name, item in part.items()}
        weights |= {name: share * weight / sum(each.values()) for name, weight in each.items()}
    return [*first.values(), *more.values()], weights


class Training(Description):
    """A whole training: stages, each of which begins with the weights of the one before."""

    stages: tuple[TrainingSettings, ...] = Field(min_length=1)
    """in a file each entry has what differs from the keys beside `stages`, which hold for all of them"""

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, content: Any) -> Any:
        """Put the common keys into every stage."""
        stages = content.get("stages") if isinstance(content, dict) else None
        if not isinstance(stages, list) or not all(isinstance(stage, dict) for stage in stages):
            return content
        common = {key: value for key, value in content.items() if key != "stages"}
        later = {key: value for key, value in common.items() if key != "start_from"}
        return {"stages": [(common if i == 0 else later) | stage for i, stage in enumerate(stages)]}

    @model_validator(mode="after")
    def _belong_together(self) -> Training:
        first = self.stages[0]
        if first.keep_start > 0 and first.start_from is None:
            raise ValueError("keep_start needs start_from: a training from nothing has no weights to keep")
        for number, stage in enumerate(self.stages[1:], 2):
            if stage.start_from is not None:
                raise ValueError(
                    f"stage {number} begins from stage {number - 1}, so it must have no start_from"
                )
            for key in ("name", "hand", "network"):
                if getattr(stage, key) != getattr(first, key):
                    raise ValueError(f"{key} must be the same in all stages, stage {number} has another one")
        return self

    @property
    def name(self) -> str:
        """Name of the model that is trained."""
        return self.stages[0].name

    @property
    def hand(self) -> str:
        """Name or path of the hand's description."""
        return self.stages[0].hand

    def changed(self, **values: Any) -> Training:
        """The same with some settings changed in every stage."""
        return Training.model_construct(
            stages=tuple(stage.model_copy(update=values) for stage in self.stages)
        )


def load_training(name_or_path: str | os.PathLike[str]) -> Training:
    """Read `config/training/<name>.yaml` or a path, with stages or with the settings of a single one.

    Raises ConfigError with one sentence.
    """
    path = resolve("training", name_or_path)
    content = read_yaml(path, ConfigError)
    if isinstance(content, dict) and "stages" in content:
        return load_yaml(path, Training)
    return Training(stages=(load_yaml(path, TrainingSettings),))
