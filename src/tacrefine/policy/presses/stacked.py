"""Several policy networks of one pad, computed as one batch of matrix products."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from tacrefine.policy.layers import IMAGE_GAIN
from tacrefine.policy.loss import gaussian_loss
from tacrefine.policy.network import AXES, JOINT_DIFFERENCE_GAIN, LOG_VARIANCE_RANGE, PolicyNetwork


class StackedNetworks:
    """M networks of one pad that are alike but for their weights; `weights` are theirs by name, (M, ...) each.

    What it computes is what :class:`PolicyNetwork` computes with `output: both`, without attention.
    """

    def __init__(self, networks: list[PolicyNetwork]) -> None:
        self._networks = networks
        self._moments: Tensor = networks[0].encoders[0].get_buffer("moments")
        self._scale = networks[0].coordinate_scale
        self._joints = (networks[0].joint_mean, networks[0].joint_scale)
        self._epsilon = networks[0].norm.eps
        self._layers = len(networks[0].pair_layers)
        own = [dict(network.named_parameters()) for network in networks]
        self.weights: dict[str, Tensor] = {
            name: torch.stack([parameters[name].detach() for parameters in own]).requires_grad_()
            for name in own[0]
        }

    def store(self, weights: Mapping[str, Tensor]) -> None:
        """Give these weights to the networks."""
        with torch.no_grad():
            for number, network in enumerate(self._networks):
                for name, parameter in network.named_parameters():
                    parameter.copy_(weights[name][number])

    def loss(
        self, tactile: Tensor, joints: Tensor, coordinates: Tensor, partner: Tensor, axes: int, beta: float
    ) -> tuple[Tensor, Tensor]:
        """Losses of the presses' own coordinates and of the increments to `partner`, summed over the networks.

        `tactile` (M, n, T), `joints` (M, n, J), `coordinates` (M, n, 6) of which the first `axes` count; `partner` (n,)
        is the row of the press that each is paired with.
        """
        absolute, mean, log_variance = self.forward(tactile, joints, partner, axes)
        truth = coordinates[..., :axes] / self._scale[:axes]
        own, own_log_variance = absolute[..., :axes], absolute[..., AXES : AXES + axes]
        weight = torch.ones(())
        members = len(tactile)
        # Each loss is a mean over presses, axes and networks: all networks have equally many.
        first = gaussian_loss(
            own, own_log_variance.clamp(*LOG_VARIANCE_RANGE), truth, weight.expand_as(truth), beta
        )
        second = gaussian_loss(
            mean[..., :axes],
            log_variance[..., :axes].clamp(*LOG_VARIANCE_RANGE),
            truth[:, partner] - truth,
            weight.expand_as(truth),
            beta,
        )
        return first * members, second * members

    def forward(
        self, tactile: Tensor, joints: Tensor, partner: Tensor, axes: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Own coordinates with log-variances (M, n, 12), increments to `partner` (M, n, 6), their log-variances."""
        sums = tactile @ self._moments
        total = sums[..., :1].abs()
        ratios = 2.0 * sums[..., 1:] / (total + 0.5)
        shown = torch.cat([tactile * IMAGE_GAIN, ratios, torch.log(total + 0.2)], dim=-1)
        hidden = functional.relu(self._linear("encoders.0.first", shown))
        scaled = (joints - self._joints[0]) / self._joints[1]
        observable = torch.zeros(AXES)
        observable[:axes] = 1.0
        seen = observable.expand(*scaled.shape[:2], AXES)
        token = self._linear("encoders.0.token", hidden) + self.weights["identity"]
        token = token + self._linear("context", torch.cat([scaled, seen], dim=-1))
        token = functional.layer_norm(token, token.shape[-1:], eps=self._epsilon)
        token = token * self.weights["norm.weight"][:, None] + self.weights["norm.bias"][:, None]
        absolute = self._linear("absolute_head", functional.relu(self._linear("absolute_layer", token)))
        pair = self._linear("from_current", token) + self._linear("from_target", token)[:, partner]
        difference = JOINT_DIFFERENCE_GAIN * (scaled[:, partner] - scaled)
        pair = functional.relu(
            pair + self._linear("from_context", torch.cat([scaled, difference, seen], dim=-1))
        )
        for number in range(self._layers):
            pair = pair + functional.relu(self._linear(f"pair_layers.{number}", pair))
        mean, log_variance = self._linear("increment_head", pair).chunk(2, dim=-1)
        own = absolute[..., :AXES]
        return absolute, mean + own[:, partner] - own, log_variance

    def _linear(self, name: str, values: Tensor) -> Tensor:
        weight = self.weights[name + ".weight"].transpose(1, 2)
        bias = self.weights.get(name + ".bias")
        return values @ weight if bias is None else torch.baddbmm(bias[:, None], values, weight)
