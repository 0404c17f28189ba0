"""The Siamese multi-branch policy: touch and joints of two grasps in, pose difference with its uncertainty out.

Every pad is a branch: an encoder shared by all pads of one shape turns its image into a token, a learned vector
says which pad it is, joints and the observable-axes mask are added. Tokens of one grasp attend to each other, then
the current grasp attends to the target. All that concerns one image alone is computed once per image, so that in
training many (current, target) pairs of the same images cost little.

This module and the training are the only ones that import torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from tacrefine.config import Description
from tacrefine.errors import ConfigError
from tacrefine.policy.layers import CrossAttention, PadEncoder, SelfAttentionBlock

AXES = 6
JOINT_DIFFERENCE_GAIN = 8.0
"""The joints of two grasps differ by a fraction of their spread."""
LOG_VARIANCE_RANGE = (-14.0, 4.0)


class NetworkSettings(Description):
    """Size of the network. `width` must be a multiple of `heads`."""

    width: int = Field(default=64, ge=4, le=512)
    encoder_width: int = Field(default=256, ge=8, le=2048)
    pair_width: int = Field(default=256, ge=8, le=2048)
    pair_layers: int = Field(default=2, ge=1, le=8)
    blocks: int = Field(default=0, ge=0, le=8)
    """self-attention across the pads of a grasp; without any, pads meet in the dense layers only"""
    cross_attention: bool = False
    """let the tokens of the current grasp ask those of the target"""
    heads: int = Field(default=4, ge=1, le=16)
    fusion: bool = True
    """pads meet before the estimate; without, each makes its own from its image and all joints, and the mean counts"""
    output: Literal["both", "absolute", "increment"] = "both"
    """`absolute`: the difference of the two grasps' own poses; `increment`: predicted from the pair alone; `both`: the
    first, corrected by the second"""
    unseen_pads: tuple[int, ...] = ()
    """numbers of pads that the network is not shown"""
    unseen_joints: tuple[int, ...] = ()
    """numbers of joints that the network is not shown"""

    @model_validator(mode="after")
    def _divides(self) -> NetworkSettings:
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads ({self.heads}), found {self.width}")
        if not self.fusion and (self.blocks or self.cross_attention):
            raise ValueError("fusion must be on where there are blocks or cross_attention, found false")
        return self


@dataclass(frozen=True)
class Encoded:
    """Everything the pair needs of one grasp; the first axis is the batch."""

    asked: tuple[Tensor, ...]
    """queries, keys and values for the cross-attention; empty without it"""
    as_current: Tensor
    as_target: Tensor
    joints: Tensor
    observable: Tensor
    absolute: Tensor

    def map(self, change) -> Encoded:  # type: ignore[no-untyped-def]
        """A copy with `change` applied to every tensor."""
        fields = dict(vars(self))
        asked = tuple(change(value) for value in fields.pop("asked"))
        return Encoded(asked=asked, **{name: change(value) for name, value in fields.items()})


class PolicyNetwork(nn.Module):
    """Pads are given as ``(rows, cols)`` in the hand's order; the network holds its own scaling.

    Coordinates are predicted in units of `coordinate_scale` (m, rad), joints are centred and scaled.
    """

    coordinate_scale: Tensor
    joint_mean: Tensor
    joint_scale: Tensor
    deviation_scale: Tensor

    def __init__(self, pads: Sequence[tuple[int, int]], joints: int, settings: NetworkSettings) -> None:
        super().__init__()
        width, hidden = settings.width, settings.pair_width
        self.fusion, self.output = settings.fusion, settings.output
        self.pads = [(rows, cols) for rows, cols in pads]
        self.sizes = [rows * cols for rows, cols in self.pads]
        shapes = sorted(set(self.pads))
        self.encoders = nn.ModuleList(
            PadEncoder(rows, cols, settings.encoder_width, width) for rows, cols in shapes
        )
        self.members = [[i for i, pad in enumerate(self.pads) if pad == shape] for shape in shapes]
        order = [i for members in self.members for i in members]
        self.restore = [order.index(i) for i in range(len(order))]
        flat = len(self.pads) * width
        self.identity = nn.Parameter(0.02 * torch.randn(len(self.pads), width))
        self.context = nn.Linear(joints + AXES, flat)
        self.blocks = nn.ModuleList(SelfAttentionBlock(width, settings.heads) for _ in range(settings.blocks))
        self.norm = nn.LayerNorm(width)
        self.cross = CrossAttention(width, settings.heads) if settings.cross_attention else None
        self.from_current = nn.Linear(flat, hidden)
        self.from_target = nn.Linear(flat, hidden, bias=False)
        self.from_attention = nn.Linear(flat, hidden, bias=False) if settings.cross_attention else None
        self.from_context = nn.Linear(2 * joints + AXES, hidden, bias=False)
        self.pair_layers = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(settings.pair_layers - 1))
        self.increment_head = nn.Linear(hidden, 2 * AXES)
        self.absolute_layer = nn.Linear(flat, hidden // 2)
        self.absolute_head = nn.Linear(hidden // 2, 2 * AXES)
        self.seen_taxels = _shown(self.sizes, settings.unseen_pads, "unseen_pads")
        self.seen_joints = _shown([1] * joints, settings.unseen_joints, "unseen_joints")
        self.register_buffer("coordinate_scale", torch.ones(AXES))
        self.register_buffer("joint_mean", torch.zeros(joints))
        self.register_buffer("joint_scale", torch.ones(joints))
        self.register_buffer("deviation_scale", torch.ones(AXES))

    def fit_scaling(self, half_range: Tensor, joints: Tensor) -> None:
        """Scale coordinates by `half_range` (6,), and joints by what they do in `joints` ``(n, J)`` rad."""
        self.coordinate_scale.copy_(half_range)
        self.joint_mean.copy_(joints.mean(0))
        self.joint_scale.copy_(joints.std(0) + 0.02)

    def encode(self, tactile: Tensor, joints: Tensor, observable: Tensor) -> Encoded:
        """One grasp: readings ``(n, T)`` without NaN, joints ``(n, J)`` rad, mask ``(n, 6)`` of 0 and 1."""
        tactile = tactile if self.seen_taxels is None else tactile * self.seen_taxels
        images = torch.split(tactile, self.sizes, dim=1)
        groups = [
            encoder(torch.stack([images[i] for i in members], dim=1))
            for encoder, members in zip(self.encoders, self.members, strict=True)
        ]
        tokens = groups[0] if len(groups) == 1 else torch.cat(groups, dim=1)[:, self.restore]
        scaled = (joints - self.joint_mean) / self.joint_scale
        scaled = scaled if self.seen_joints is None else scaled * self.seen_joints
        context = self.context(torch.cat([scaled, observable], dim=1))
        tokens = tokens + self.identity + context.view(-1, len(self.pads), self.identity.shape[1])
        for block in self.blocks:
            tokens = block(tokens)
        tokens = self.norm(tokens)
        absolute = self.absolute_head(functional.relu(self._of_pads(self.absolute_layer, tokens)))
        return Encoded(
            asked=self.cross.project(tokens) if self.cross is not None else (),
            as_current=self._of_pads(self.from_current, tokens),
            as_target=self._of_pads(self.from_target, tokens),
            joints=scaled,
            observable=observable,
            absolute=absolute if self.fusion else absolute.mean(dim=1),
        )

    def _of_pads(self, layer: nn.Linear, tokens: Tensor) -> Tensor:
        """`layer` on all tokens together ``(n, hidden)``; without fusion each pad's share ``(n, pads, hidden)``."""
        if self.fusion:
            result: Tensor = layer(tokens.flatten(1))
            return result
        weight = layer.weight.view(-1, len(self.pads), tokens.shape[2])
        each = torch.einsum("npw,hpw->nph", tokens, weight)
        return each if layer.bias is None else each + layer.bias

    def compare(self, current: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """Increment from current to target and its log-variance, ``(n, 6)`` each, in scaled coordinates.

        The difference of the two grasps' own coordinates is the first guess; the pair corrects it, since what is
        unknown of the robot (offsets, gains) is common to both and cancels.
        """
        own = target.absolute[:, :AXES] - current.absolute[:, :AXES]
        if self.output == "absolute":
            # Detached: two poses that were learned one by one are subtracted.
            variances = [
                grasp.absolute[:, AXES:].clamp(*LOG_VARIANCE_RANGE).exp() for grasp in (current, target)
            ]
            return own.detach(), torch.log(variances[0] + variances[1]).detach()
        difference = JOINT_DIFFERENCE_GAIN * (target.joints - current.joints)
        context = self.from_context(torch.cat([current.joints, difference, current.observable], dim=1))
        hidden = current.as_current + target.as_target + (context if self.fusion else context[:, None])
        if self.cross is not None and self.from_attention is not None:
            attended = self.cross(current.asked[0], target.asked[1], target.asked[2])
            hidden = hidden + self.from_attention(attended.flatten(1))
        hidden = functional.relu(hidden)
        for layer in self.pair_layers:
            hidden = hidden + functional.relu(layer(hidden))
        head = self.increment_head(hidden)
        mean, log_variance = (head if self.fusion else head.mean(dim=1)).chunk(2, dim=1)
        mean = mean if self.output == "increment" else mean + own
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)

    def forward(
        self,
        current_tactile: Tensor,
        current_joints: Tensor,
        target_tactile: Tensor,
        target_joints: Tensor,
        observable: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Increment, its standard deviation, current coordinates, theirs: ``(n, 6)`` each in m and rad."""
        tactile = torch.cat([current_tactile, target_tactile])
        joints = torch.cat([current_joints, target_joints])
        both = self.encode(tactile, joints, torch.cat([observable, observable]))
        n = current_tactile.shape[0]
        current, target = both.map(lambda x: x[:n]), both.map(lambda x: x[n:])
        mean, log_variance = self.compare(current, target)
        here, here_log_variance = current.absolute.chunk(2, dim=1)
        deviation = torch.exp(0.5 * log_variance) * self.deviation_scale
        here_deviation = torch.exp(0.5 * here_log_variance.clamp(*LOG_VARIANCE_RANGE))
        scale = self.coordinate_scale
        return mean * scale, deviation * scale, here * scale, here_deviation * scale


def _shown(sizes: Sequence[int], unseen: Sequence[int], key: str) -> Tensor | None:
    """1 for inputs that are shown, 0 for the rest; None where all are. ConfigError for a number that is not there."""
    if any(not 0 <= number < len(sizes) for number in unseen):
        raise ConfigError(
            f"Key 'network.{key}' must name numbers from 0 to {len(sizes) - 1}, found {list(unseen)}."
        )
    if not unseen:
        return None
    return torch.cat([torch.full((size,), float(i not in unseen)) for i, size in enumerate(sizes)])
