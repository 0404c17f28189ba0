"""The any-hand network for one hand: takes readings and joint positions of that hand, as any policy does."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tacrefine.hands import Hand
from tacrefine.policy.any_hand.layout import HandLayout
from tacrefine.policy.any_hand.network import AnyHandNetwork, EncodedGrasp


class HandNetwork(nn.Module):
    """An :class:`AnyHandNetwork` for one hand. Several of these may share one `core`, and then learn together."""

    taxels: Tensor
    pads: Tensor

    def __init__(self, core: AnyHandNetwork, hand: Hand) -> None:
        super().__init__()
        self.core = core
        self.layout = HandLayout(hand)
        self.register_buffer("taxels", torch.from_numpy(self.layout.taxels), persistent=False)
        self.register_buffer("pads", torch.from_numpy(self.layout.pads), persistent=False)

    @property
    def coordinate_scale(self) -> Tensor:
        """Unit of each predicted coordinate, m and rad."""
        return self.core.coordinate_scale

    @property
    def deviation_scale(self) -> Tensor:
        """Factor on the predicted standard deviations that makes one sigma cover 68 % of the errors."""
        return self.core.deviation_scale

    def fit_scaling(self, half_range: Tensor, joints: Tensor) -> None:
        """Set the unit of each coordinate; joint positions become poses of pads, which need no scaling."""
        self.core.coordinate_scale.copy_(half_range)

    def encode(self, tactile: Tensor, joints: Tensor, observable: Tensor) -> EncodedGrasp:
        """One grasp: readings ``(n, T)`` without NaN, joints ``(n, J)`` rad, mask ``(n, 6)`` of 0 and 1."""
        forces = torch.from_numpy(self.layout.forces(tactile.numpy()))
        poses = torch.from_numpy(self.layout.poses(joints.numpy()))
        layer = self.core.first_layer(self.taxels, self.pads)
        return self.core.encode(forces, poses, observable, self.pads, layer)

    def compare(self, current: EncodedGrasp, target: EncodedGrasp) -> tuple[Tensor, Tensor]:
        """Increment from current to target and its log-variance, ``(n, 6)`` each, in scaled coordinates."""
        return self.core.compare(current, target)

    def forward(
        self,
        current_tactile: Tensor,
        current_joints: Tensor,
        target_tactile: Tensor,
        target_joints: Tensor,
        observable: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Increment, its standard deviation, current coordinates, theirs: ``(n, 6)`` each in m and rad."""
        inputs = [
            torch.from_numpy(part)
            for tactile, joints in ((current_tactile, current_joints), (target_tactile, target_joints))
            for part in (self.layout.forces(tactile.numpy()), self.layout.poses(joints.numpy()))
        ]
        result: tuple[Tensor, Tensor, Tensor, Tensor] = self.core(
            *inputs, observable, self.pads, *self.core.first_layer(self.taxels, self.pads)
        )
        return result
