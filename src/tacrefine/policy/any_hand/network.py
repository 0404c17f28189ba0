"""The network that any hand can ask: forces at places in, pose difference with its uncertainty out.

The first layer of a pad is not a table of weights but a function of where a taxel lies and which way it faces, so a
pad of any layout has one. What a pad feels is joined with its pose in the grasp (from joint positions): contact place
and normal in the grasp-centre frame mean the same on every hand. Pads meet by sums and maxima, so their number and
order are free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from tacrefine.config import Description
from tacrefine.policy.any_hand.layout import (
    HAND_SCALE,
    PAD_FEATURES,
    PAD_SCALE,
    POSE_FEATURES,
    TAXEL_FEATURES,
)
from tacrefine.policy.network import AXES, LOG_VARIANCE_RANGE

CHANNELS = 2
"""ways in which a force counts: as it is, and saturating"""
SOFT = 0.3
"""force in units of FORCE_SCALE at which the saturating one reaches a half"""
CONTACT_FEATURES = 3 + 3 + 6 + 3
DIFFERENCE_GAIN = 6.0
"""contacts of two grasps differ by a fraction of where they lie"""


class AnyHandSettings(Description):
    """Size of the network."""

    kind: Literal["any_hand"]
    taxel_width: int = Field(default=64, ge=8, le=512)
    kernel_width: int = Field(default=192, ge=8, le=1024)
    width: int = Field(default=96, ge=8, le=512)
    grasp_width: int = Field(default=256, ge=8, le=1024)
    mixes: int = Field(default=1, ge=0, le=4)


class FirstLayer(NamedTuple):
    """The first layer of one hand: weights ``(P, CHANNELS * K, kernel_width)``, bias, and what contacts are told by."""

    kernels: Tensor
    bias: Tensor
    moments: Tensor


@dataclass(frozen=True)
class EncodedGrasp:
    """What a pair needs of one grasp; the first axis is the batch.

    What a pad and the whole grasp say is there twice: as the current one of a pair, and as its target.
    """

    pads_current: Tensor
    pads_target: Tensor
    contacts: Tensor
    grasp_current: Tensor
    grasp_target: Tensor
    absolute: Tensor

    def map(self, change) -> EncodedGrasp:  # type: ignore[no-untyped-def]
        """A copy with `change` applied to every tensor."""
        return EncodedGrasp(**{name: change(value) for name, value in vars(self).items()})


class AnyHandNetwork(nn.Module):
    """Coordinates are predicted in units of `coordinate_scale` (m, rad)."""

    coordinate_scale: Tensor
    deviation_scale: Tensor
    frequencies: Tensor

    def __init__(self, settings: AnyHandSettings) -> None:
        super().__init__()
        width, hidden, kernel = settings.width, settings.grasp_width, settings.kernel_width
        frequencies = torch.tensor([0.5, 1.0, 2.0]) * torch.pi / 2
        self.register_buffer("frequencies", frequencies, persistent=False)
        places = TAXEL_FEATURES + 2 * 3 * len(frequencies) + PAD_FEATURES
        self.kernel = nn.Sequential(
            nn.Linear(places, settings.taxel_width),
            nn.ReLU(),
            nn.Linear(settings.taxel_width, settings.taxel_width),
            nn.ReLU(),
            nn.Linear(settings.taxel_width, CHANNELS * kernel),
        )
        self.kernel_bias = nn.Linear(PAD_FEATURES, kernel)
        own = kernel + POSE_FEATURES + CONTACT_FEATURES + PAD_FEATURES + AXES
        self.token = nn.Sequential(nn.Linear(own, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.mixes = nn.ModuleList(
            nn.Sequential(nn.Linear(3 * width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
            for _ in range(settings.mixes)
        )
        self.grasp = nn.Linear(2 * width + AXES, hidden)
        self.absolute_layer = nn.Linear(hidden, hidden // 2)
        self.absolute_head = nn.Linear(hidden // 2, 2 * AXES)
        self.current, self.target = nn.Linear(width, 2 * width), nn.Linear(width, 2 * width, bias=False)
        self.difference = nn.Linear(POSE_FEATURES + CONTACT_FEATURES, 2 * width, bias=False)
        self.pair_token = nn.Linear(2 * width, 2 * width)
        self.from_pads = nn.Linear(4 * width, hidden)
        self.from_current = nn.Linear(hidden, hidden, bias=False)
        self.from_target = nn.Linear(hidden, hidden, bias=False)
        self.pair = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(2))
        self.head = nn.Linear(hidden, 2 * AXES)
        self.register_buffer("coordinate_scale", torch.ones(AXES))
        self.register_buffer("deviation_scale", torch.ones(AXES))

    def first_layer(self, taxels: Tensor, pads: Tensor) -> FirstLayer:
        """What the layout of a hand makes of the first layer: taxels ``(P, K, 6)``, pads ``(P, PAD_FEATURES)``.

        It depends on nothing that is felt, so it needs to be asked for once for each hand.
        """
        count, most = taxels.shape[0], taxels.shape[1]
        waves = (taxels[..., :3, None] * self.frequencies).flatten(-2)
        every = pads[:, None].expand(-1, most, -1)
        weights = self.kernel(torch.cat([taxels, waves.sin(), waves.cos(), every], dim=-1))
        kernels = weights.view(count, most, CHANNELS, -1).transpose(1, 2).reshape(count, CHANNELS * most, -1)
        products = [taxels[..., i] * taxels[..., j] for i in range(3) for j in range(i, 3)]
        moments = torch.cat([taxels, torch.stack(products, dim=-1)], dim=-1)
        return FirstLayer(kernels, self.kernel_bias(pads), moments)

    def encode(
        self, forces: Tensor, poses: Tensor, observable: Tensor, pads: Tensor, layer: FirstLayer
    ) -> EncodedGrasp:
        """Grasps of one hand: forces ``(n, P, K)``, poses ``(n, P, 12)``, mask ``(n, 6)``; its `first_layer`."""
        n, count = forces.shape[0], forces.shape[1]
        of_pads = forces.transpose(0, 1)
        felt = torch.bmm(torch.cat([of_pads, of_pads / (of_pads + SOFT)], dim=-1), layer.kernels)
        felt = functional.relu(felt + layer.bias[:, None]).transpose(0, 1)
        contacts = torch.cat([poses, self._contacts(of_pads, poses, layer.moments)], dim=-1)
        own = [felt, contacts, pads.expand(n, -1, -1), observable[:, None].expand(-1, count, -1)]
        tokens = functional.relu(self.token(torch.cat(own, dim=-1)))
        for mix in self.mixes:
            total, most = tokens.sum(1, keepdim=True), tokens.amax(1, keepdim=True)
            around = [tokens, total.expand_as(tokens) / 4, most.expand_as(tokens)]
            tokens = tokens + functional.relu(mix(torch.cat(around, dim=-1)))
        grasp = functional.relu(
            self.grasp(torch.cat([tokens.sum(1) / 4, tokens.amax(1), observable], dim=-1))
        )
        absolute = self.absolute_head(functional.relu(self.absolute_layer(grasp)))
        return EncodedGrasp(
            pads_current=self.current(tokens),
            pads_target=self.target(tokens),
            contacts=contacts,
            grasp_current=self.from_current(grasp),
            grasp_target=self.from_target(grasp),
            absolute=absolute,
        )

    @staticmethod
    def _contacts(of_pads: Tensor, poses: Tensor, moments: Tensor) -> Tensor:
        """Of each pad: place and normal of the contact in the grasp, its spread in the pad's frame, its load.

        Forces ``(P, n, K)``.
        """
        load = of_pads.sum(-1, keepdim=True)
        mean = torch.bmm(of_pads / (load + 0.05), moments).transpose(0, 1)
        load = load.transpose(0, 1)
        place, normal, squares = mean[..., :3], mean[..., 3:6], mean[..., 6:]
        axes = poses[..., :9].reshape(poses.shape[0], poses.shape[1], 3, 3)
        turned = ((place * (PAD_SCALE / HAND_SCALE))[..., None, :] @ axes)[..., 0, :]
        facing = (normal[..., None, :] @ axes)[..., 0, :]
        outer = torch.stack([place[..., i] * place[..., j] for i in range(3) for j in range(i, 3)], dim=-1)
        strength = torch.cat([load / (load + 1.0), torch.log(load + 0.2), load / 10], dim=-1)
        touched = load / (load + 0.2)
        return torch.cat([(turned + poses[..., 9:]) * touched, facing, squares - outer, strength], dim=-1)

    def forward(
        self,
        current_forces: Tensor,
        current_poses: Tensor,
        target_forces: Tensor,
        target_poses: Tensor,
        observable: Tensor,
        pads: Tensor,
        kernels: Tensor,
        bias: Tensor,
        moments: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Increment, its standard deviation, current coordinates, theirs: ``(n, 6)`` each in m and rad."""
        n = current_forces.shape[0]
        both = self.encode(
            torch.cat([current_forces, target_forces]),
            torch.cat([current_poses, target_poses]),
            torch.cat([observable, observable]),
            pads,
            FirstLayer(kernels, bias, moments),
        )
        current, target = both.map(lambda x: x[:n]), both.map(lambda x: x[n:])
        mean, log_variance = self.compare(current, target)
        here, here_log_variance = current.absolute.chunk(2, dim=1)
        deviation = torch.exp(0.5 * log_variance) * self.deviation_scale
        here_deviation = torch.exp(0.5 * here_log_variance.clamp(*LOG_VARIANCE_RANGE))
        scale = self.coordinate_scale
        return mean * scale, deviation * scale, here * scale, here_deviation * scale

    def compare(self, current: EncodedGrasp, target: EncodedGrasp) -> tuple[Tensor, Tensor]:
        """Increment from current to target and its log-variance, ``(n, 6)`` each, in scaled coordinates."""
        own = target.absolute[:, :AXES] - current.absolute[:, :AXES]
        difference = DIFFERENCE_GAIN * (target.contacts - current.contacts)
        pads = functional.relu(current.pads_current + target.pads_target + self.difference(difference))
        pads = pads + functional.relu(self.pair_token(pads))
        hidden = self.from_pads(torch.cat([pads.sum(1) / 4, pads.amax(1)], dim=-1))
        hidden = functional.relu(hidden + current.grasp_current + target.grasp_target)
        for layer in self.pair:
            hidden = hidden + functional.relu(layer(hidden))
        mean, log_variance = self.head(hidden).chunk(2, dim=1)
        return mean + own, log_variance.clamp(*LOG_VARIANCE_RANGE)
