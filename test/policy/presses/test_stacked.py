"""Networks that are computed together give what each gives alone."""

from __future__ import annotations

import torch

from tacrefine.policy.batches import TensorGroups, batch_loss
from tacrefine.policy.network import AXES, NetworkSettings, PolicyNetwork
from tacrefine.policy.presses.stacked import StackedNetworks

SIZE, GROUPS, TAXELS, JOINTS, USED = 4, 3, 9, 2, 2


def test_the_loss_and_gradient_of_a_stack_are_those_of_its_networks():
    torch.manual_seed(0)
    settings = NetworkSettings(width=16, encoder_width=24, pair_width=24, pair_layers=3)
    networks = [PolicyNetwork([(1, TAXELS)], JOINTS, settings) for _ in range(3)]
    count = GROUPS * SIZE
    tactile, joints = torch.randn(3, count, TAXELS), torch.randn(3, count, JOINTS)
    coordinates = torch.zeros(3, count, AXES)
    coordinates[..., :USED] = 0.01 * torch.randn(3, count, USED)
    observable = torch.zeros(count, AXES)
    observable[:, :USED] = 1.0
    for network in networks:
        network.coordinate_scale[:USED] = torch.tensor([0.01, 0.02])
        network.joint_mean.copy_(torch.tensor([0.3, -0.1]))
    stacked = StackedNetworks(networks)
    partner = torch.arange(count).view(GROUPS, SIZE).roll(2, dims=1).flatten()
    absolute, increment = stacked.loss(tactile, joints, coordinates, partner, USED, 0.5)
    (0.7 * absolute + increment).backward()
    for number, network in enumerate(networks):
        groups = TensorGroups(
            tactile[number], joints[number], coordinates[number], torch.ones(count, 1), observable, SIZE
        )
        batch_loss(network, groups, [2], 0.5, 0.7)[0].backward()
        for name, parameter in network.named_parameters():
            torch.testing.assert_close(stacked.weights[name].grad[number], parameter.grad, msg=name)
